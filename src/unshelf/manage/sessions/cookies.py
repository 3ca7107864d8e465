"""The cookie of a session, and the token against requests that another site makes a browser send."""

import hashlib
import hmac

SESSION_COOKIE = "unshelf_session"
CSRF_HEADER = "x-unshelf-csrf"


def csrf_token_of(session_token: str) -> str:
    """Return the CSRF token of a session: it follows from the session's own, which a page can't read."""
    return hashlib.sha256(b"csrf:" + session_token.encode()).hexdigest()


def is_csrf_token(given: str, session_token: str) -> bool:
    """Whether this is the CSRF token of the session."""
    return hmac.compare_digest(given.encode(errors="replace"), csrf_token_of(session_token).encode())
