"""`/models/{model}/predictions/{id}`: poll, fetch and cancel deferred predictions."""

import asyncio
import re

from unshelf.contracts.deferred import DeferredAnswer, DeferredRequest, is_deferred_id
from unshelf.contracts.permissions import Permission
from unshelf.gateway.access.callers import authorize
from unshelf.gateway.deferred.runner import DeferredRunner
from unshelf.gateway.deferred.submit import RETRY_SECONDS
from unshelf.gateway.deferred.views import finished, unfinished
from unshelf.gateway.errors import NO_SNIFF, ProblemError
from unshelf.gateway.http.exchange import Exchange
from unshelf.gateway.http.response import Response
from unshelf.gateway.predict.content_types import JSON
from unshelf.gateway.predict.open_inference import not_allowed
from unshelf.gateway.routing.index import Caller

PREDICTIONS = "/predictions/"
_PATH = re.compile(r"/models/([^/]+)/predictions/([^/]+)(/answer)?")
_CANCEL_SECONDS = 2.0
_POLL_SECONDS = 0.02
Found = tuple[DeferredRequest, bool] | tuple[DeferredAnswer, bytes]


class DeferredRoute:
    """Answers at any gateway, whichever accepted the request and whichever runs it."""

    def __init__(self, runner: DeferredRunner) -> None:
        self._runner = runner
        self._store = runner.store

    async def handle(self, exchange: Exchange, caller: Caller) -> None:
        """Answer one request. Raises ProblemError."""
        path, method = exchange.path, exchange.method
        match = _PATH.fullmatch(path)
        if match is None:
            raise ProblemError(
                "not_found", "There is nothing at this address.", hint="docs/reference/http.md lists the addresses."
            )
        model, id, wants_answer = match[1], match[2], match[3] is not None
        authorize(caller, model, self._runner.table)
        allowed = ("GET",) if wants_answer else ("GET", "DELETE")
        if method not in allowed:
            raise not_allowed(method, *allowed)
        if method == "DELETE":
            exchange.respond(await self._end(caller, model, id))
            return
        about, more = await self._find(caller, model, id)
        if wants_answer:
            if isinstance(about, DeferredRequest):
                raise ProblemError(
                    "conflict", "This prediction is not finished.", hint="Poll it until its status says so.",
                    retry_after=RETRY_SECONDS,
                )  # fmt: skip
            exchange.respond(Response(about.status, tuple(about.headers), bytes(more)))
            return
        exchange.respond(_shown(200, about, more))

    async def _end(self, caller: Caller, model: str, id: str) -> Response:
        """Cancel a prediction that is not finished; remove the answer of one that is."""
        about, more = await self._find(caller, model, id)
        if isinstance(about, DeferredAnswer):
            await asyncio.to_thread(self._store.remove_answer, id)
            return Response(204, (), b"")
        try:
            await asyncio.to_thread(self._store.cancel, id)
        except OSError:
            raise ProblemError("unavailable", "The server can't note this at the moment.", retry_after=5) from None
        self._runner.look()
        deadline = asyncio.get_running_loop().time() + _CANCEL_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if self._store.has_answer(id):
                about, more = await self._find(caller, model, id)
                break
            await asyncio.sleep(_POLL_SECONDS)
        return _shown(200 if isinstance(about, DeferredAnswer) else 202, about, more)

    async def _find(self, caller: Caller, model: str, id: str) -> Found:
        """The request or its answer. Raises ProblemError (not_found), the same for a missing one and another caller's."""
        found = await asyncio.to_thread(self._look_up, id) if is_deferred_id(id) else None
        if found is not None:
            about = found[0]
            is_theirs = about.key == caller.key.id or Permission.DEFERRED_MANAGE in caller.key.permissions
            if about.model == model and is_theirs:
                return found
        raise ProblemError(
            "not_found", f"There is no deferred prediction {id[:40]!a} of {model!r}.",
            hint="Its answer was fetched, removed, or kept for as long as the operator keeps answers; or another key asked for it.",
        )  # fmt: skip

    def _look_up(self, id: str) -> Found | None:
        # An answer gets its name before its request goes, so what moves meanwhile is met at the second look.
        return self._store.answer(id) or self._store.find(id) or self._store.answer(id)


def _shown(status: int, about: DeferredRequest | DeferredAnswer, more: bool | bytes) -> Response:
    headers = [("content-type", JSON), NO_SNIFF]
    if isinstance(about, DeferredAnswer):
        body = finished(about, bytes(more))
    else:
        body = unfinished(about, running=bool(more))
        headers.append(("retry-after", str(RETRY_SECONDS)))
    return Response(status, tuple(headers), body)
