"""The home folder: private, held by one server, with one administrator's token."""

from pathlib import Path

import pytest

from unshelf.contracts.home import Home
from unshelf.server.home import BadAdminToken, HomeInUse, ensure_admin_token, hold_home, make_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "deep" / "home")
    make_home(made)
    return made


def test_nobody_else_may_look_into_it(home: Home) -> None:
    assert home.folder.stat().st_mode & 0o777 == 0o700
    assert home.run.stat().st_mode & 0o777 == 0o700


def test_the_folder_with_the_sockets_is_shut_again(home: Home) -> None:
    home.run.chmod(0o755)
    make_home(home)
    assert home.run.stat().st_mode & 0o777 == 0o700


def test_the_token_is_made_once_and_is_private(home: Home) -> None:
    token = ensure_admin_token(home)
    assert ensure_admin_token(home) == token
    assert home.admin_token.stat().st_mode & 0o777 == 0o600


def test_a_token_of_the_operators_own_is_taken(home: Home) -> None:
    home.admin_token.write_text("my-own-token-of-thirty-two-characters-or-more\n")
    home.admin_token.chmod(0o644)
    assert ensure_admin_token(home) == "my-own-token-of-thirty-two-characters-or-more"
    assert home.admin_token.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "short", "two words that are long enough to be one token"])
def test_what_can_not_be_a_token_stops_the_start(home: Home, content: str) -> None:
    home.admin_token.write_text(content)
    with pytest.raises(BadAdminToken, match="admin-token"):
        ensure_admin_token(home)


def test_a_second_holder_is_refused_with_the_one_that_holds_it(home: Home) -> None:
    with (
        hold_home(home),
        pytest.raises(HomeInUse, match=r"in use by another `unshelf up`, process \d+"),
        hold_home(home),
    ):
        pass


def test_letting_go_leaves_it_free_and_clean(home: Home) -> None:
    for _ in range(2):
        with hold_home(home) as held:
            assert not held.killed_before
