"""Places for requests in control, shared out by caller: one who asks a lot leaves threads for the others."""

from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.problems import problem_response

PLACES = 40
"""Requests whose answer has not begun yet: the threads that answer them. Of these a caller may have as many as are left free."""


class CallerShares:
    """Around the routes, inside the authentication: counts a request until its answer begins, and refuses what is beyond a share.

    One caller gets half of the places, two a third each. An answer that has begun, such as a followed log, needs no place."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._held: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 429 where the caller has as many requests under way as are left for others."""
        actor = scope.get("state", {}).get("actor")
        if scope["type"] != "http" or not isinstance(actor, Actor):
            await self._app(scope, receive, send)
            return
        if self._held[actor.id] >= max(1, PLACES - self._held.total()):
            detail = f"{self._held[actor.id]} requests of yours are being answered, as many of {PLACES} places as others leave free."
            response = problem_response(
                "too_many_requests", detail, hint="Send fewer at a time, or again later.", headers={"retry-after": "1"}
            )
            await response(scope, receive, send)
            return
        self._held[actor.id] += 1
        place = [actor.id]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._leave(place)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._leave(place)

    def _leave(self, place: list[str]) -> None:
        while place:
            id = place.pop()
            self._held[id] -= 1
            if not self._held[id]:
                del self._held[id]
