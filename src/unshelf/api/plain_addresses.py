"""Addresses that name nothing: what no name holds is refused before it reaches a database or the file system."""

from urllib.parse import unquote

from starlette.types import ASGIApp, Receive, Scope, Send

from unshelf.foundation.web.problems import problem_response


class PlainAddresses:
    """Around the routes: a path with the character NUL leads nowhere, and a query with one can't be used."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 404 or 422."""
        if scope["type"] == "http":
            if "\0" in scope["path"]:
                await problem_response("not_found", "There is nothing at this address.")(scope, receive, send)
                return
            if "\0" in unquote(scope["query_string"].decode("latin-1")):
                refusal = problem_response("invalid_input", "The query holds the character NUL.")
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)
