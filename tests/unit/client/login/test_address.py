"""Which server is meant, and who gets the token of the home folder: its own server, and nobody else."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.client.errors import Unauthenticated, UnshelfError
from unshelf.client.login.address import find_token, find_url, running_url
from unshelf.contracts.home import Home

ADDRESS = "http://127.0.0.1:8123"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder that a server was killed on: its address is still there, and nobody holds the lock."""
    (tmp_path / "run").mkdir()
    (tmp_path / "admin-token").write_text("of-the-file\n")
    (tmp_path / "run" / "address").write_text(ADDRESS)
    (tmp_path / "run" / "lock").touch()
    return tmp_path


@pytest.fixture
def running(home: Path) -> Iterator[dict[str, str]]:
    """The environment of a caller while a server holds the home folder."""
    lock = os.open(home / "run" / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    yield {"UNSHELF_HOME": str(home)}
    os.close(lock)


def test_the_address_is_the_argument_the_variable_the_running_servers_or_the_default(running: dict[str, str]) -> None:
    assert find_url("http://given:1/", running) == "http://given:1"
    assert find_url(None, running | {"UNSHELF_URL": "http://h:1/"}) == "http://h:1"
    assert find_url(None, running) == ADDRESS
    assert find_url(None, {"UNSHELF_HOME": "/nowhere"}) == "http://127.0.0.1:8000"


@pytest.mark.parametrize("wrong", ["localhost:8000", "ftp://h", "http://", "nonsense"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(UnshelfError, match="no address") as caught:
        find_url(wrong, {"UNSHELF_HOME": "/nowhere"})
    assert caught.value.code == "invalid_url"


def test_a_given_token_goes_before_the_variable_and_that_before_the_file(running: dict[str, str]) -> None:
    variable = running | {"UNSHELF_TOKEN": "of-the-environment"}
    assert find_token(ADDRESS, "given", variable) == "given"
    assert find_token(ADDRESS, None, variable) == "of-the-environment"
    assert find_token(ADDRESS, None, running) == "of-the-file"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8124", "http://[::1]:8123", "https://127.0.0.1:8123", "http://127.0.0.1", "http://a.example"],
)
def test_the_files_token_is_for_the_running_servers_address_alone(running: dict[str, str], url: str) -> None:
    with pytest.raises(Unauthenticated, match="No token for"):
        find_token(url, None, running)


def test_a_stale_address_gets_no_token(home: Path) -> None:
    """Given a server that was killed, when somebody else took its port, then the token is not sent there."""
    assert running_url(Home(home)) is None
    with pytest.raises(Unauthenticated, match="no server runs on it"):
        find_token(ADDRESS, None, {"UNSHELF_HOME": str(home)})


def test_localhost_becomes_the_servers_own_address(running: dict[str, str]) -> None:
    """`localhost` may lead to ::1, where another user can listen on the same port."""
    url = find_url("http://localhost:8123", running)
    assert (url, find_token(url, None, running)) == (ADDRESS, "of-the-file")
    assert find_url("http://localhost:9", running) == "http://localhost:9"


def test_looking_for_the_server_leaves_its_lock_alone(home: Path) -> None:
    running_url(Home(home))
    lock = os.open(home / "run" / "lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert running_url(Home(home)) == ADDRESS
    os.close(lock)


def test_an_unreadable_token_file_is_named(running: dict[str, str], home: Path) -> None:
    (home / "admin-token").unlink()
    with pytest.raises(Unauthenticated, match="admin-token can't be read") as caught:
        find_token(ADDRESS, None, running)
    assert "UNSHELF_TOKEN" in caught.value.hint
