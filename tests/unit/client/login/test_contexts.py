"""Contexts: kept for their owner alone, and each token for its own server."""

import stat
from pathlib import Path

import pytest

from unshelf.client.errors import UnshelfError
from unshelf.client.login.address import find_token, find_url
from unshelf.client.login.contexts import (
    LoginContext,
    current_context,
    read_contexts,
    remove_context,
    save_context,
    token_for,
    use_context,
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"UNSHELF_CONFIG": str(tmp_path / "config"), "HOME": str(tmp_path)}


def saved(environment: dict[str, str], name: str, url: str) -> str:
    return save_context(name, LoginContext(url=url, user="ada", token=f"token-of-{name}"), environment)


def test_the_last_login_is_the_current_one_until_another_is_used(environment: dict[str, str]) -> None:
    saved(environment, "work", "https://work.example")
    saved(environment, "home", "https://home.example")
    assert find_url(environment=environment) == "https://home.example"
    use_context("work", environment)
    found = current_context(environment)
    assert found is not None and found.url == "https://work.example"
    remove_context("work", environment)
    assert current_context(environment) is None
    assert list(read_contexts(environment).contexts) == ["home"]


def test_a_token_goes_to_its_own_server_alone(environment: dict[str, str]) -> None:
    saved(environment, "work", "https://work.example")
    assert find_token("https://work.example", environment=environment) == "token-of-work"
    for other in ("http://work.example", "https://work.example.evil", "https://other.example"):
        assert token_for(other, environment) == ""


def test_what_is_given_goes_before_what_is_kept(environment: dict[str, str]) -> None:
    saved(environment, "work", "https://work.example")
    given = {**environment, "UNSHELF_URL": "https://other.example", "UNSHELF_TOKEN": "given"}
    assert (find_url(environment=given), find_token("https://work.example", environment=given)) == (
        "https://other.example", "given",
    )  # fmt: skip


def test_without_a_keyring_the_file_is_for_its_owner_alone(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    kept = Path(saved(environment, "work", "https://work.example"))
    assert kept == Path(environment["UNSHELF_CONFIG"]) / "contexts.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_what_is_not_there_or_broken_is_said(environment: dict[str, str]) -> None:
    for act in (use_context, remove_context):
        with pytest.raises(UnshelfError, match="no context 'x'"):
            act("x", environment)
    folder = Path(environment["UNSHELF_CONFIG"])
    folder.mkdir()
    (folder / "contexts.json").write_text("{")
    with pytest.raises(UnshelfError, match=r"contexts\.json"):
        read_contexts(environment)
