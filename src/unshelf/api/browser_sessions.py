"""Sessions of browsers: the cookie, and what keeps other sites from using it."""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.types import Scope

from unshelf.contracts.protocols.origins import origin_authority
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.forwarded import authority
from unshelf.manage.sessions.cookies import CSRF_HEADER, SESSION_COOKIE, is_csrf_token

_SAFE_VERBS = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_CHARACTERS = 8192


class BrowserSessions:
    """Finds who is logged in, and refuses what a page of another site makes a browser send."""

    def __init__(self, authenticate: Callable[[str], Actor | None], public_url: str = "") -> None:
        """`authenticate` finds the actor of a session by its token. `public_url`: the server's address as browsers know it."""
        self.authenticate = authenticate
        self._public = origin_authority(public_url)

    def token_in(self, headers: Headers) -> str:
        """The session's token in a request's cookies; empty when there is none."""
        text = headers.get("cookie", "")
        if SESSION_COOKIE not in text or len(text) > _MOST_CHARACTERS:
            return ""
        try:
            found = SimpleCookie(text).get(SESSION_COOKIE)
        except CookieError:
            return ""
        return "" if found is None else found.value

    def fault_of(self, scope: Scope, headers: Headers, token: str) -> str:
        """Say in a sentence why a request with this session is refused; empty: it is let through."""
        origin = headers.get("origin")
        page = None if origin is None else origin_authority(origin)
        if origin is not None and (page is None or page not in (self._public, authority(headers))):
            return "A session is good only for pages of this server."
        if scope["method"] in _SAFE_VERBS or is_csrf_token(headers.get(CSRF_HEADER, ""), token):
            return ""
        return "With a session, every request that changes something needs the session's CSRF token."
