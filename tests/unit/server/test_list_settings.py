"""Lists among the settings: each entry is checked when the server starts."""

import pytest

from unshelf.server.settings import read_settings


def test_entries_are_separated_by_commas() -> None:
    given = "project/credit=/run/secrets/credit, model/risk/KEY=env:RISK_KEY"
    settings = read_settings(secrets_from=given, data_hosts="db.example.org:5432", data_folders="shared=/srv/shared")
    assert settings.secrets_from == ["project/credit=/run/secrets/credit", "model/risk/KEY=env:RISK_KEY"]
    assert (settings.data_hosts, settings.data_folders) == (["db.example.org:5432"], ["shared=/srv/shared"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"secrets_from": "/run/secrets"},
        {"secrets_from": "credit=/run/secrets"},
        {"secrets_from": "project/credit=secrets"},
        {"secrets_from": "model/Bad Name=/x"},
        {"secrets_from": "project/credit=env:"},
        {"data_hosts": "*"},
        {"data_folders": "shared=here"},
        {"trusted_proxies": "nginx"},
        {"trusted_proxies": "10.0.0.5/8"},
    ],
)
def test_a_wrong_entry_stops_the_start_by_its_name(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=f"--{next(iter(wrong))}"):
        read_settings(**wrong)
