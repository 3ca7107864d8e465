"""Sessions of browsers: the cookie that counts, and requests that other sites make."""

import pytest
from starlette.datastructures import Headers

from unshelf.api.browser_sessions import BrowserSessions
from unshelf.manage.sessions.cookies import csrf_token_of

TOKEN = "unshelf_session_x"
CSRF = csrf_token_of(TOKEN)


def sessions(public_url: str = "") -> BrowserSessions:
    return BrowserSessions(lambda _token: None, public_url)


@pytest.mark.parametrize(
    ("cookie", "found"),
    [
        (f"unshelf_session={TOKEN}", TOKEN), (f"a=1; unshelf_session={TOKEN}; b=2", TOKEN), ("", ""), ("a=1", ""),
        (f"not_unshelf_session={TOKEN}", ""), (f"unshelf_session={TOKEN}; " + "x" * 9000, ""),
    ],
)  # fmt: skip
def test_the_token_is_read_from_its_own_cookie(cookie: str, found: str) -> None:
    assert sessions().token_in(Headers({"cookie": cookie})) == found


@pytest.mark.parametrize(
    ("verb", "headers", "is_good"),
    [
        ("GET", {}, True), ("HEAD", {}, True), ("POST", {}, False), ("DELETE", {}, False), ("PROPFIND", {}, False),
        ("POST", {"x-unshelf-csrf": CSRF}, True), ("POST", {"x-unshelf-csrf": CSRF[:-1]}, False),
        ("POST", {"x-unshelf-csrf": CSRF, "origin": "http://models"}, True),
        ("POST", {"x-unshelf-csrf": CSRF, "origin": "http://models.evil"}, False),
        ("GET", {"origin": "null"}, False), ("GET", {"origin": "http://models:81"}, False),
        ("GET", {"origin": "https://models"}, True),  # a proxy may speak TLS before us
    ],
)  # fmt: skip
def test_what_changes_something_needs_the_csrf_token_and_comes_from_our_pages(
    verb: str, headers: dict[str, str], is_good: bool
) -> None:
    fault = sessions().fault_of({"method": verb}, Headers({"host": "models", **headers}), TOKEN)
    assert (fault == "") is is_good


def test_the_public_address_is_ours_too() -> None:
    headers = Headers({"host": "10.0.0.7:8000", "origin": "https://models.example.org"})
    assert sessions().fault_of({"method": "GET"}, headers, TOKEN)
    assert sessions("https://models.example.org/").fault_of({"method": "GET"}, headers, TOKEN) == ""
