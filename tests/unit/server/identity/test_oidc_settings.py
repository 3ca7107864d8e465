"""Settings of the identity provider: read from the environment, and refused at the start where they can't be."""

import json
from pathlib import Path
from typing import Any

import pytest

from unshelf.server.settings import read_settings

GOOD = {
    "oidc_issuer": "https://id.example.org/realms/staff", "oidc_client_id": "unshelf", "public_url": "https://models.example.org",
}  # fmt: skip


def test_without_an_issuer_nothing_else_is_needed() -> None:
    settings = read_settings()
    assert (settings.oidc_issuer, settings.oidc_scopes, settings.oidc_sign_up) == (
        "",
        ["openid", "profile", "email"],
        "groups",
    )


def test_lists_and_tables_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    table = tmp_path / "groups.toml"
    table.write_text('"Risk Team" = ["group:risk", "role:reviewer@project:credit"]\n')
    said = {
        "OIDC_ISSUER": GOOD["oidc_issuer"], "OIDC_CLIENT_ID": "unshelf", "PUBLIC_URL": GOOD["public_url"], "OIDC_GROUPS": str(table),
        "OIDC_SCOPES": "profile, groups", "OIDC_HOSTS": "a.example.org,b:8443", "ROLES": json.dumps({"reviewer": ["model.read"]}),
    }  # fmt: skip
    for name, value in said.items():
        monkeypatch.setenv(f"UNSHELF_{name}", value)
    settings = read_settings()
    assert settings.oidc_groups == {"Risk Team": ["group:risk", "role:reviewer@project:credit"]}
    assert settings.oidc_scopes == ["openid", "profile", "groups"]
    assert settings.oidc_hosts == ["a.example.org", "b:8443"]


@pytest.mark.parametrize(
    "issuer", ["https://id.example.org/", "https://id.example.org:8443/a", "http://localhost:9000", "http://127.0.0.1"]
)
def test_an_issuer_is_taken_as_it_is(issuer: str) -> None:
    assert read_settings(**GOOD | {"oidc_issuer": issuer}).oidc_issuer == issuer


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"oidc_issuer": "http://id.example.org"}, "https://"), ({"oidc_issuer": "id.example.org"}, "no issuer"),
        ({"oidc_issuer": "https://id.example.org?x=1"}, "no issuer"), ({"oidc_issuer": "https://a:b@id.example.org"}, "no issuer"),
        ({"oidc_client_id": ""}, "CLIENT_ID"), ({"public_url": ""}, "PUBLIC_URL"), ({"oidc_algorithms": "none"}, "can't be allowed"),
        ({"oidc_algorithms": "HS256"}, "can't be allowed"), ({"oidc_algorithms": ""}, "can't be allowed"),
        ({"oidc_groups": {"a": ["role:nothing"]}}, "no role"), ({"oidc_groups": {"a": "role:viewer"}}, "oidc_groups"),
        ({"oidc_client_secret_file": "/nothing/there"}, "can't be read"), ({"oidc_sign_up": "all"}, "oidc_sign_up"),
        ({"oidc_client_secret": "a", "oidc_client_secret_file": "/dev/null"}, "not both"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_settings(**GOOD | given)
