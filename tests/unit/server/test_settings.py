"""Settings: read from the environment, checked when made, each with its place in the reference."""

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from unshelf.server.settings import Settings, read_settings

REFERENCE = Path(__file__).parents[3] / "docs/reference/settings.md"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("UNSHELF_"):
            monkeypatch.delenv(name)


def test_every_setting_has_its_heading_in_the_reference_and_no_other_has() -> None:
    headings = re.findall(r"^## UNSHELF_(\w+)$", REFERENCE.read_text(), re.MULTILINE)
    assert sorted(heading.lower() for heading in headings) == sorted(Settings.model_fields)


def test_every_description_stands_in_the_reference() -> None:
    text = REFERENCE.read_text()
    for name, field in Settings.model_fields.items():
        assert field.description
        assert field.description in text, name


def test_the_environment_sets_and_the_command_line_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_PORT", "9000")
    monkeypatch.setenv("UNSHELF_MAX_BODY_BYTES", "1000")
    assert (Settings().port, Settings().max_body_bytes) == (9000, 1000)
    assert Settings(port=9001).port == 9001


def test_the_home_folder_is_absolute_whatever_was_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert Settings().home == tmp_path / ".unshelf"
    assert Settings(home=Path("here")).home == tmp_path / "here"


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", "70000"), ("port", "http"), ("gateways", "0"), ("max_body_bytes", "0"), ("log_level", "LOUD")],
)
def test_a_value_that_can_not_be_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"UNSHELF_{name.upper()}", value)
    with pytest.raises(ValidationError, match=name):
        Settings()


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ({}, ["localhost", "127.0.0.1", "::1"]),
        ({"host": "192.168.1.5"}, ["localhost", "127.0.0.1", "::1", "192.168.1.5"]),
        ({"host": "0.0.0.0"}, None),
        ({"allowed_hosts": "models.example.com"}, ["models.example.com", "localhost", "127.0.0.1", "::1"]),
        (
            {"host": "0.0.0.0", "allowed_hosts": "models.example.com, localhost"},
            ["models.example.com", "localhost", "127.0.0.1", "::1"],
        ),
        ({"allowed_hosts": "*"}, None),
    ],
)
def test_which_host_names_are_accepted(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], accepted: list[str] | None
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"UNSHELF_{name.upper()}", value)
    assert Settings().accepted_hosts == accepted


def test_tiers_of_the_environment_change_and_add_to_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_TIERS", '{"xl": {"cpu": 8, "memory_bytes": 34359738368, "threads": 8}}')
    tiers = Settings().tiers
    assert list(tiers) == ["small", "medium", "large", "xl"]
    assert tiers["xl"].threads == 8


@pytest.mark.parametrize(
    "given",
    ['{"xl": {"cpu": 8}}', '{"xl": {"cpu": 0, "memory_bytes": 1e10, "threads": 1}}', '{"xl": {"ram": 1}}', "[]"],
)
def test_a_tier_that_can_not_be_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("UNSHELF_TIERS", given)
    with pytest.raises(ValidationError, match="tiers"):
        Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "tcp://10.96.0.5:8000"), ("PORT", "udp://[fd00::5]:53"), ("GRPC_PORT", "tcp://10.96.0.7:9000")],
)
def test_what_kubernetes_says_of_a_service_is_passed_over_with_a_word(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, variable: str, value: str
) -> None:
    monkeypatch.setenv(f"UNSHELF_{variable}", value)
    assert (Settings().port, Settings().grpc_port) == (8000, 0)
    assert f"UNSHELF_{variable}={value}" in caplog.text


@pytest.mark.parametrize("value", ["tcp://", "tcp:8000", "http://10.96.0.5:8000", "8000x"])
def test_any_other_text_is_no_port(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("UNSHELF_PORT", value)
    with pytest.raises(ValidationError, match="port"):
        Settings()


def test_a_user_without_a_home_folder_is_asked_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda _uid: (_ for _ in ()).throw(KeyError("nobody knows this user")))
    with pytest.raises(ValidationError, match="no home folder"):
        Settings()


def test_hosts_and_folders_of_data_are_lists_that_are_checked() -> None:
    settings = read_settings(data_hosts="db.example.org:5432, 10.0.0.0/8", data_folders="shared=/srv/shared")
    assert settings.data_hosts == ["db.example.org:5432", "10.0.0.0/8"]
    assert settings.data_folders == ["shared=/srv/shared"]
    for wrong in ({"data_hosts": "*"}, {"data_folders": "shared=relative"}, {"data_folders": "/srv"}):
        with pytest.raises(ValueError, match="is no"):
            read_settings(**wrong)
