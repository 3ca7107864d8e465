"""The CSRF token follows from the session's, and tells nothing of it."""

from unshelf.manage.sessions.cookies import csrf_token_of, is_csrf_token


def test_only_the_session_s_own_csrf_token_counts() -> None:
    token = csrf_token_of("session-1")
    assert is_csrf_token(token, "session-1")
    for given, session in (
        (token, "session-2"),
        ("", "session-1"),
        ("session-1", "session-1"),
        ("\udcff", "session-1"),
    ):
        assert not is_csrf_token(given, session)
