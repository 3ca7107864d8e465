"""The application: checks each request's address and token, and hands it to whom it belongs."""

import logging
from collections.abc import Coroutine
from typing import Any

import msgspec

from unshelf.gateway.addressing import Addressing
from unshelf.gateway.authentication import authenticate, bearer_token
from unshelf.gateway.bodies import drain
from unshelf.gateway.deferred.parts import Deferring
from unshelf.gateway.deferred.route import PREDICTIONS
from unshelf.gateway.host import Host
from unshelf.gateway.media import ARROW, MLFLOW, NATIVE, V2, is_arrow, wants_events
from unshelf.gateway.metrics.route import MetricsRoute
from unshelf.gateway.plans import Plan, plan
from unshelf.gateway.predicting import Predicting
from unshelf.gateway.problems import NO_SNIFF, Refused, answer_refused
from unshelf.gateway.proxy import Proxy
from unshelf.gateway.recorder import Recorder
from unshelf.gateway.rsgi import GONE, Headers, HTTPProtocol, Scope
from unshelf.gateway.streaming import Streaming
from unshelf.gateway.table import TableWatcher
from unshelf.gateway.v2 import V2Routes, not_allowed

logger = logging.getLogger(__name__)

_MODELS = "/models/"
_HEALTH = frozenset({"/healthz", "/readyz"})
_STRANGERS_BYTES = 1 << 20
"""How much of a refused body is read before the answer, for whoever is not known to be a friend."""


class App:
    """Asked by the HTTP server about every request."""

    def __init__(
        self,
        *,
        addressing: Addressing,
        watcher: TableWatcher,
        host: Host,
        recorder: Recorder,
        predicting: Predicting,
        deferring: Deferring,
        streaming: Streaming,
        metrics: MetricsRoute,
        proxy: Proxy,
    ) -> None:
        self._addressing = addressing
        self._watcher = watcher
        self._host = host
        self._recorder = recorder
        self._predicting = predicting
        self._deferring = deferring
        self._streaming = streaming
        self._v2 = V2Routes(predicting, self.ready)
        self._metrics = metrics
        self._proxy = proxy

    def take(self, exchange: HTTPProtocol) -> Coroutine[Any, Any, None] | None:
        """Answer a request, or give the coroutine that will: the usual prediction needs none."""
        if exchange.complete:
            plan = exchange.head.plan
            if plan is None or plan.table is not self._watcher.table:
                plan = exchange.head.plan = self._plan(exchange)
            if plan is not None and self._predicting.predict_now(exchange, plan):
                return None
        return self.answer(exchange)

    def _plan(self, exchange: HTTPProtocol) -> Plan | None:
        """What the head of a prediction comes to; None for any other request, and for one that will be refused."""
        protocol = _prediction_protocol(exchange.path)
        if not protocol or exchange.method != "POST" or "prefer" in exchange.headers:
            return None
        table = self._watcher.table
        try:
            self._addressing.check(exchange.headers.get("host"), exchange.headers.get("origin"))
            caller = authenticate(exchange.headers.get("authorization"), self._watcher)
            reference = _reference(exchange.path)
            destination = self._predicting.find(caller, reference)
            found = plan(exchange.headers, table, caller, destination, reference=reference, protocol=protocol)
        except Refused:
            return None
        # A new table that came meanwhile may know the caller no more.
        return found if table is self._watcher.table else None

    async def answer(self, proto: HTTPProtocol) -> None:
        """Answer one request, whatever happens."""
        scope = proto
        headers = scope.headers
        path = scope.path
        try:
            await self._handle(scope, path, headers, proto)
        except Refused as refused:
            await drain(headers, proto, _STRANGERS_BYTES)
            answer_refused(proto, refused, V2 if path.startswith("/v2/") else "")
        except GONE:
            return  # the client left: nobody is there to be answered
        except Exception:
            logger.exception("a request failed inside the gateway", extra={"method": scope.method, "path": path[:200]})
            answer_refused(proto, Refused("internal_error", "the server failed; its log knows why"))

    async def _handle(self, scope: Scope, path: str, headers: Headers, proto: HTTPProtocol) -> None:
        if path in _HEALTH and scope.method in ("GET", "HEAD"):
            self._health(path, proto)
            return
        self._addressing.check(headers.get("host"), headers.get("origin"))
        authorization = headers.get("authorization")
        protocol = _prediction_protocol(path)
        if protocol:
            caller = authenticate(authorization, self._watcher)
            if scope.method != "POST":
                raise not_allowed(scope.method, "POST")
            reference = _reference(path)
            if protocol == NATIVE and wants_events(headers.get("accept")):
                written = ARROW if is_arrow(headers.get("content-type") or "") else NATIVE
                await self._streaming.predict(headers, proto, caller, reference, written)
            elif "prefer" not in headers or not await self._deferring.accepting.accept(
                headers, proto, caller, reference, protocol
            ):
                await self._predicting.predict(headers, proto, caller, reference, protocol)
        elif path == "/v2" or path.startswith("/v2/"):
            caller = authenticate(authorization, self._watcher)
            await self._v2.handle(path, scope.method, headers, proto, caller)
        elif path.startswith(_MODELS) and PREDICTIONS in path:
            caller = authenticate(authorization, self._watcher)
            await self._deferring.route.handle(path, scope.method, proto, caller)
        elif path == "/metrics":
            caller = authenticate(authorization, self._watcher)
            if scope.method != "GET":
                raise not_allowed(scope.method, "GET")
            await self._metrics.answer(headers, proto, caller)
        else:
            bearer_token(authorization)
            if path in _HEALTH:
                raise not_allowed(scope.method, "GET", "HEAD")
            await self._proxy.forward(scope, headers, proto)

    def _parts(self) -> dict[str, bool]:
        return {"routing": self._watcher.loaded, "host": self._host.connected, "recording": self._recorder.working}

    def ready(self) -> bool:
        """Whether predictions can be taken."""
        return all(self._parts().values())

    def _health(self, path: str, proto: HTTPProtocol) -> None:
        headers = [("content-type", "application/json"), NO_SNIFF]
        if path == "/healthz":
            proto.response_bytes(200, headers, b'{"alive":true}')
            return
        parts = self._parts()
        ready = all(parts.values())
        body = msgspec.json.encode({"ready": ready, "parts": parts})
        proto.response_bytes(200 if ready else 503, headers, body)


def _reference(path: str) -> str:
    """The model reference in the address of a predict route."""
    return path[len(_MODELS) : path.rindex("/")]


def _prediction_protocol(path: str) -> str:
    """The protocol of a predict route; empty for any other path."""
    if path.startswith(_MODELS):
        if path.endswith("/predict"):
            return NATIVE
        if path.endswith("/invocations"):
            return MLFLOW
    return ""
