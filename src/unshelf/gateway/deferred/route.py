"""`/models/{model}/predictions/{id}`: polling, fetching and cancelling what was accepted to be answered later."""

import asyncio
import re

from unshelf.contracts.deferred import DeferredAnswer, DeferredRequest, is_deferred_id
from unshelf.gateway.authentication import authorize
from unshelf.gateway.deferred.accepting import RETRY_SECONDS
from unshelf.gateway.deferred.runner import Runner
from unshelf.gateway.deferred.showing import finished, unfinished
from unshelf.gateway.media import JSON
from unshelf.gateway.problems import NO_SNIFF, Refused
from unshelf.gateway.rsgi import HTTPProtocol
from unshelf.gateway.table import Caller
from unshelf.gateway.v2 import not_allowed

PREDICTIONS = "/predictions/"
_PATH = re.compile(r"/models/([^/]+)/predictions/([^/]+)(/answer)?")
_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.02
Found = tuple[DeferredRequest, bool] | tuple[DeferredAnswer, bytes]


class DeferredRoute:
    """Answers at any gateway, whoever accepted the request and whoever runs it."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._store = runner.store

    async def handle(self, path: str, method: str, proto: HTTPProtocol, caller: Caller) -> None:
        """Answer one request. Raises Refused."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise Refused(
                "not_found", "there is nothing at this address", hint="docs/reference/http.md lists the addresses"
            )
        model, id, wants_answer = match[1], match[2], match[3] is not None
        authorize(caller, model)
        allowed = ("GET",) if wants_answer else ("GET", "DELETE")
        if method not in allowed:
            raise not_allowed(method, *allowed)
        if method == "DELETE":
            await self._end(caller, model, id, proto)
            return
        about, more = await self._find(caller, model, id)
        if wants_answer:
            if isinstance(about, DeferredRequest):
                raise Refused(
                    "conflict", "this prediction is not finished", hint="poll it until its status says so",
                    retry_after=RETRY_SECONDS,
                )  # fmt: skip
            proto.response_bytes(about.status, about.headers, bytes(more))
            return
        _show(proto, 200, about, more)

    async def _end(self, caller: Caller, model: str, id: str, proto: HTTPProtocol) -> None:
        """Cancel what is not finished; of what is, remove the answer."""
        about, more = await self._find(caller, model, id)
        if isinstance(about, DeferredAnswer):
            await asyncio.to_thread(self._store.remove_answer, id)
            proto.response_empty(204, [])
            return
        try:
            await asyncio.to_thread(self._store.cancel, id)
        except OSError:
            raise Refused("unavailable", "the server can't note this at the moment", retry_after=5) from None
        self._runner.look()
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            if self._store.has_answer(id):
                about, more = await self._find(caller, model, id)
                break
            await asyncio.sleep(_PAUSE_SECONDS)
        _show(proto, 200 if isinstance(about, DeferredAnswer) else 202, about, more)

    async def _find(self, caller: Caller, model: str, id: str) -> Found:
        """What is known of it. Raises Refused (not_found), the same for what is not there and what is another's."""
        found = await asyncio.to_thread(self._look_up, id) if is_deferred_id(id) else None
        if found is not None:
            about = found[0]
            if about.model == model and (about.key == caller.key.id or caller.key.role == "admin"):
                return found
        raise Refused(
            "not_found", f"there is no deferred prediction {id[:40]!a} of {model!r}",
            hint="its answer was fetched, removed, or kept for as long as the operator keeps answers; or another key asked for it",
        )  # fmt: skip

    def _look_up(self, id: str) -> Found | None:
        # An answer gets its name before its request goes, so what moves meanwhile is met at the second look.
        return self._store.answer(id) or self._store.find(id) or self._store.answer(id)


def _show(proto: HTTPProtocol, status: int, about: DeferredRequest | DeferredAnswer, more: bool | bytes) -> None:
    headers = [("content-type", JSON), NO_SNIFF]
    if isinstance(about, DeferredAnswer):
        body = finished(about, bytes(more))
    else:
        body = unfinished(about, running=bool(more))
        headers.append(("retry-after", str(RETRY_SECONDS)))
    proto.response_bytes(status, headers, body)
