"""The application: checks each request's address and token, and passes it to the part that answers it."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import msgspec

from unshelf.contracts.protocols.pages import is_page_request, takes_any_origin
from unshelf.gateway.access.callers import authenticate, bearer_token
from unshelf.gateway.access.cross_origin import answer_headers, is_preflight, lets_in, preflight_answer
from unshelf.gateway.access.host_policy import HostPolicy
from unshelf.gateway.deferred.assembly import DeferredService
from unshelf.gateway.deferred.routes import PREDICTIONS
from unshelf.gateway.errors import NO_SNIFF, ProblemError, problem_response
from unshelf.gateway.http.exchange import ClientDisconnected, Exchange, Head
from unshelf.gateway.http.response import Response
from unshelf.gateway.predict.body_reader import drain
from unshelf.gateway.predict.content_types import V2
from unshelf.gateway.predict.cost import answer_with_cost
from unshelf.gateway.predict.http_body import OpenBody
from unshelf.gateway.predict.http_request import (
    is_usual,
    prediction_protocol,
    reference_in,
    resolve_request,
    streams_events,
)
from unshelf.gateway.predict.open_inference import OpenInferenceRoutes, not_allowed
from unshelf.gateway.predict.pipeline import PredictionPipeline
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.predict.sse import EventStreamRoute
from unshelf.gateway.proxy import Proxy
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.routing.index import RoutingWatcher
from unshelf.gateway.telemetry.routes import MetricsRoute
from unshelf.gateway.workers.host_client import HostClient

logger = logging.getLogger(__name__)

_MODELS = "/models/"
_API = "/api/v1/"
_OPENAPI = "/openapi.json"
_HEALTH = frozenset({"/healthz", "/readyz"})
_UNAUTHENTICATED_DRAIN_BYTES = 1 << 20
"""Bytes of a refused body that are read before the answer, where the caller may be anybody."""
_REMEMBERED_REQUESTS = 1024


class App:
    """Called by the HTTP server with every request."""

    def __init__(
        self,
        *,
        host_policy: HostPolicy,
        watcher: RoutingWatcher,
        host: HostClient,
        recorder: Recorder,
        pipeline: PredictionPipeline,
        open_body: OpenBody,
        deferred: DeferredService,
        streaming: EventStreamRoute,
        metrics: MetricsRoute,
        proxy: Proxy,
    ) -> None:
        self._host_policy = host_policy
        self._watcher = watcher
        self._host = host
        self._recorder = recorder
        self._pipeline = pipeline
        self._open_body = open_body
        self._deferred = deferred
        self._streaming = streaming
        self._open_inference = OpenInferenceRoutes(pipeline, open_body, self.ready)
        self._metrics = metrics
        self._proxy = proxy
        self._requests: dict[Head, PredictRequest] = {}
        """Usual requests by the heads that clients repeat; each is good as long as its routing table."""

    def dispatch(self, exchange: Exchange) -> Coroutine[Any, Any, None] | None:
        """Answer a request, or give the coroutine that will: the usual prediction needs none."""
        if exchange.complete:
            known = self._requests.get(exchange.head)
            if known is not None and known.table is self._watcher.table and self._pipeline.try_inline(known, exchange):
                return None
        protocol = prediction_protocol(exchange.path)
        if not protocol or exchange.method != "POST":
            return self._guarded(self._handle, exchange)
        try:
            request = self._resolve(exchange, protocol)
        except Exception as error:
            if self._watcher.is_stale():
                return self._guarded(partial(self._predict_caught_up, protocol), exchange)
            return self._refuse(exchange, error)
        if request.refusal is not None and self._watcher.is_stale():
            return self._guarded(partial(self._predict_caught_up, protocol), exchange)
        if is_usual(request, exchange.headers) and not exchange.added:
            self._remember(exchange.head, request)
            if exchange.complete and request.refusal is None and self._pipeline.try_inline(request, exchange):
                return None
        return self._guarded(partial(self._predict, request), exchange)

    async def _predict_caught_up(self, protocol: str, exchange: Exchange) -> None:
        """Answer a prediction that would have been refused before something was published. Raises ProblemError."""
        await self._watcher.catch_up()
        await self._predict(self._resolve(exchange, protocol), exchange)

    def _resolve(self, exchange: Exchange, protocol: str) -> PredictRequest:
        """The request of a predict route. Raises ProblemError where it is not even recorded."""
        headers, table = exchange.headers, self._watcher.table
        reference, origin = reference_in(exchange.path), headers.get("origin")
        if origin is not None and lets_in(table, reference, origin):
            exchange.added, origin = answer_headers(origin), None
        self._host_policy.check(headers.get("host"), origin)
        caller = authenticate(headers.get("authorization"), self._watcher)
        return resolve_request(
            self._pipeline, headers, table, caller, reference=reference, protocol=protocol, query=exchange.query_string
        )

    def _remember(self, head: Head, request: PredictRequest) -> None:
        """Keep a request for those with the same head, unless time or publishing may change what comes of it."""
        if not head.repeated or request.refusal is not None or request.caller.expires_at is not None:
            return
        if len(self._requests) >= _REMEMBERED_REQUESTS:
            self._requests.clear()
        self._requests[head] = request

    async def _predict(self, request: PredictRequest, exchange: Exchange) -> None:
        """Answer a prediction that takes time to come in, or is to be answered in pieces or later."""
        headers = exchange.headers
        if streams_events(headers, request.protocol):
            await self._streaming.predict(request, exchange)
            return
        body = self._open_body(exchange, request)
        response: Response | None = None
        if "prefer" in headers and request.refusal is None:
            response = await self._deferred.submission.submit(request, body, headers["prefer"], target=exchange.target)
        if response is None:
            response = answer_with_cost(await self._pipeline.run(request, body), headers, self._watcher.table)
        exchange.respond(response)

    async def _guarded(self, answer: Callable[[Exchange], Awaitable[None]], exchange: Exchange) -> None:
        """Answer one request, whatever happens."""
        try:
            await answer(exchange)
        except ClientDisconnected:
            return  # nobody is there to be answered
        except Exception as error:
            await self._refuse(exchange, error)

    async def _refuse(self, exchange: Exchange, error: Exception) -> None:
        """Answer a request that is no prediction, or that came to nothing."""
        if isinstance(error, ProblemError):
            await drain(exchange.headers, exchange, _UNAUTHENTICATED_DRAIN_BYTES)
            exchange.respond(problem_response(error, V2 if exchange.path.startswith("/v2/") else ""))
            return
        request = {"method": exchange.method, "path": exchange.path[:200]}
        logger.error("a request failed inside the gateway", exc_info=error, extra=request)
        exchange.respond(problem_response(ProblemError("internal_error", "The server failed; its log has the reason.")))

    async def _handle(self, exchange: Exchange) -> None:
        """Answer all that is not posted to a predict route. Raises ProblemError."""
        method, path, headers = exchange.method, exchange.path, exchange.headers
        if path in _HEALTH and method in ("GET", "HEAD"):
            self._health(exchange)
            return
        if self._pipeline.stopping is not None and not prediction_protocol(path):
            raise self._pipeline.stopping
        if self._watcher.is_stale():
            await self._watcher.catch_up()
        if prediction_protocol(path) and is_preflight(method, headers):
            self._answer_preflight(exchange)
            return
        self._host_policy.check(headers.get("host"), None if takes_any_origin(path) else headers.get("origin"))
        authorization = headers.get("authorization")
        if prediction_protocol(path):
            authenticate(authorization, self._watcher)
            raise not_allowed(method, "POST")
        if path == "/v2" or path.startswith("/v2/"):
            table = self._watcher.table
            await self._open_inference.handle(exchange, table, authenticate(authorization, self._watcher))
        elif path.startswith(_MODELS) and PREDICTIONS in path:
            caller = authenticate(authorization, self._watcher)
            await self._deferred.route.handle(exchange, caller)
        elif path == "/metrics":
            caller = authenticate(authorization, self._watcher)
            if method != "GET":
                raise not_allowed(method, "GET")
            await self._metrics.answer(exchange, caller)
        elif path.startswith(_MODELS) and path.endswith(
            _OPENAPI
        ):  # an API's address without its prefix, where generators look
            await self._proxy.forward(exchange, path=_API.rstrip("/") + path)
        else:
            is_page = is_page_request(method, path, accept=headers.get("accept"), authorization=authorization)
            if not (
                is_page or path.startswith(_API)
            ):  # control knows sessions too, and what is asked before there is a token
                bearer_token(authorization)
            if path in _HEALTH:
                raise not_allowed(method, "GET", "HEAD")
            await self._proxy.forward(exchange)

    def _answer_preflight(self, exchange: Exchange) -> None:
        """Tell a browser whether a page of its origin may call a model. Raises ProblemError (forbidden) where it may not."""
        headers, origin = exchange.headers, exchange.headers["origin"]
        if lets_in(self._watcher.table, reference_in(exchange.path), origin):
            self._host_policy.check(headers.get("host"), None)
            exchange.respond(preflight_answer(origin))
            return
        self._host_policy.check(headers.get("host"), origin)
        raise not_allowed("OPTIONS", "POST")

    def _parts(self) -> dict[str, bool]:
        return {
            "routing": self._watcher.loaded, "host": self._host.connected, "recording": self._recorder.working,
            "accepting": self._pipeline.stopping is None,
        }  # fmt: skip

    def stop(self, refusal: ProblemError) -> None:
        """Answer all further requests with this refusal, predictions with a record of it; `/readyz` says no."""
        self._pipeline.stopping = refusal

    def ready(self) -> bool:
        """Whether predictions can be taken."""
        return all(self._parts().values())

    def _health(self, exchange: Exchange) -> None:
        headers = (("content-type", "application/json"), NO_SNIFF)
        if exchange.path == "/healthz":
            exchange.respond(Response(200, headers, b'{"alive":true}'))
            return
        parts = self._parts()
        ready = all(parts.values())
        body = msgspec.json.encode({"ready": ready, "parts": parts})
        exchange.respond(Response(200 if ready else 503, headers, body))
