"""The gRPC server of a gateway: the same callers, models, limits and records as over HTTP, in the protocol's own messages."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import grpc
from google.protobuf.message import DecodeError

import unshelf
from unshelf.contracts.problems import encode_problem
from unshelf.contracts.protocols import frames
from unshelf.gateway.access.callers import authenticate
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.grpc.messages import (
    SERVICE,
    ModelInferRequest,
    ModelMetadataRequest,
    ModelMetadataResponse,
    ModelReadyRequest,
    ModelReadyResponse,
    ServerLiveResponse,
    ServerMetadataResponse,
    ServerReadyResponse,
)
from unshelf.gateway.grpc.tensors import request_body, response_of
from unshelf.gateway.predict.body_reader import BodyBudget
from unshelf.gateway.predict.content_types import GRPC
from unshelf.gateway.predict.open_inference import model_metadata, reference_of
from unshelf.gateway.predict.outcome import Outcome
from unshelf.gateway.predict.pipeline import PredictionPipeline
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.routing.index import Caller, RoutingWatcher

_CONTENT_TYPE = "application/grpc"
_OVERHEAD_BYTES = 1 << 20
"""Room in a message for names and shapes, beside the largest body."""
_STREAMS = 1024
"""Calls that one connection may have open."""
_IDENTITY_ONLY = 1
_LEAST_SECONDS = 0.001
_STATUS = {
    400: grpc.StatusCode.INVALID_ARGUMENT, 401: grpc.StatusCode.UNAUTHENTICATED, 403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND, 413: grpc.StatusCode.RESOURCE_EXHAUSTED, 415: grpc.StatusCode.INVALID_ARGUMENT,
    422: grpc.StatusCode.INVALID_ARGUMENT, 429: grpc.StatusCode.RESOURCE_EXHAUSTED, 500: grpc.StatusCode.INTERNAL,
    503: grpc.StatusCode.UNAVAILABLE, 504: grpc.StatusCode.DEADLINE_EXCEEDED,
}  # fmt: skip
"""HTTP status of a problem → gRPC status."""


class Context(Protocol):
    """The part of grpc.aio.ServicerContext that this server uses."""

    def invocation_metadata(self) -> Sequence[tuple[str, str | bytes]] | None:
        """The metadata that the caller sent."""

    def trailing_metadata(self) -> Sequence[tuple[str, str | bytes]] | None:
        """The metadata given to `set_trailing_metadata`."""

    def set_trailing_metadata(self, metadata: tuple[tuple[str, str | bytes], ...]) -> None:
        """Send this after the answer."""

    def time_remaining(self) -> float | None:
        """Seconds until the caller gives up; None: never."""

    async def abort(self, code: Any, details: str, trailing_metadata: tuple[tuple[str, str | bytes], ...]) -> None:
        """End the call with an error, by raising."""


Answer = Callable[[Caller, bytes, Context], Awaitable[Any]]

logger = logging.getLogger(__name__)


class GrpcServer:
    """Serves `inference.GRPCInferenceService` on a port that all gateways share."""

    def __init__(
        self,
        pipeline: PredictionPipeline,
        watcher: RoutingWatcher,
        budget: BodyBudget,
        *,
        ready: Callable[[], bool],
        host: str,
        port: int,
        max_body_bytes: int,
    ) -> None:
        self._pipeline = pipeline
        self._watcher = watcher
        self._budget = budget
        self._ready = ready
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._running: set[asyncio.Task[Outcome]] = set()
        self._loop = asyncio.get_running_loop()
        self._server = grpc.aio.server(
            options=[
                ("grpc.so_reuseport", 1),
                ("grpc.max_receive_message_length", max_body_bytes + _OVERHEAD_BYTES),
                ("grpc.max_send_message_length", -1),
                ("grpc.max_concurrent_streams", _STREAMS),
                # A compressed message is measured before it is opened, so none is.
                ("grpc.compression_enabled_algorithms_bitset", _IDENTITY_ONLY),
            ]
        )

    async def start(self) -> None:
        """Listen. Raises RuntimeError when the port can't be had."""
        answers: dict[str, Answer] = {
            "ServerLive": self._server_live,
            "ServerReady": self._server_ready,
            "ServerMetadata": self._server_metadata,
            "ModelReady": self._model_ready,
            "ModelMetadata": self._model_metadata,
            "ModelInfer": self._model_infer,
        }
        # Requests come as bytes, so that nothing of a stranger's is parsed.
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(self._guarded(answer)) for name, answer in answers.items()
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        self._server.add_insecure_port(self._address)
        await self._server.start()

    async def stop(self, seconds: float) -> None:
        """Take no more calls, and wait up to `seconds` for those under way."""
        await self._server.stop(seconds)
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    def _guarded(self, answer: Answer) -> Callable[[bytes, Context], Awaitable[bytes]]:
        async def handle(request: bytes, context: Context) -> bytes:
            try:
                if self._watcher.is_stale():
                    await self._watcher.catch_up()
                caller = authenticate(_metadata(context, "authorization"), self._watcher)
                response = await answer(caller, request, context)
                return bytes(response.SerializeToString())
            except ProblemError as problem:
                refused = problem
            except Exception:
                logger.exception("a gRPC call failed inside the gateway")
                refused = ProblemError("internal_error", "The server failed; its log has the reason.")
            return await _abort(context, refused)

        return handle

    async def _server_live(self, _caller: Caller, _request: bytes, _context: Context) -> Any:
        return ServerLiveResponse(live=True)

    async def _server_ready(self, _caller: Caller, _request: bytes, _context: Context) -> Any:
        return ServerReadyResponse(ready=self._ready())

    async def _server_metadata(self, _caller: Caller, _request: bytes, _context: Context) -> Any:
        return ServerMetadataResponse(name="unshelf", version=unshelf.__version__, extensions=[])

    async def _model_ready(self, caller: Caller, request: bytes, _context: Context) -> Any:
        asked = _parsed(ModelReadyRequest, request)
        destination = self._pipeline.find(caller, reference_of(asked.name, asked.version or None))
        return ModelReadyResponse(ready=not destination.main().paused)

    async def _model_metadata(self, caller: Caller, request: bytes, _context: Context) -> Any:
        asked = _parsed(ModelMetadataRequest, request)
        destination = self._pipeline.find(caller, reference_of(asked.name, asked.version or None))
        return ModelMetadataResponse(**model_metadata(destination))

    async def _model_infer(self, caller: Caller, request: bytes, context: Context) -> Any:
        seconds = context.time_remaining()
        asked = PredictRequest(
            caller=caller, reference="", protocol=GRPC, content_type=_CONTENT_TYPE, traceparent=_metadata(context, "traceparent"),
            timeout=None if seconds is None else f"{max(seconds, _LEAST_SECONDS):f}",
        )  # fmt: skip
        # A caller who hangs up ends this call, but not the prediction, which is recorded in any case.
        running = self._loop.create_task(self._pipeline.run(asked, GrpcBody(request, self._budget)))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        outcome = await asyncio.shield(running)
        context.set_trailing_metadata((("x-prediction-id", outcome.id),))
        if outcome.refusal is not None:
            raise outcome.refusal
        return response_of(outcome.output, outcome.output_header, model=outcome.model, version=outcome.version)


class GrpcBody:
    """A ModelInferRequest, which names its model itself; see RequestBody."""

    def __init__(self, request: bytes, budget: BodyBudget) -> None:
        self._request = request
        self._budget = budget
        self._held = 0
        self._message: Any = None

    async def drain(self) -> None:
        """Do nothing: the whole message is here."""

    async def read(self, prediction: Prediction) -> None:
        """Fill in the reference; the body only in `parse`, when it is known what of it must not be recorded. Raises ProblemError."""
        self._budget.hold(len(self._request))
        self._held = len(self._request)
        self._message = _parsed(ModelInferRequest, self._request)
        prediction.reference = self._message.model_name
        prediction.reference = reference_of(self._message.model_name, self._message.model_version or None)

    def parse(self, prediction: Prediction) -> None:
        """Write the body as the Open Inference Protocol's JSON with binary tensors. Raises ProblemError."""
        prediction.wire_protocol = frames.V2
        prediction.body, prediction.header = request_body(self._message)

    def release(self) -> None:
        """Give back the memory that `read` counted."""
        self._budget.release(self._held)


def _parsed(message: Any, request: bytes) -> Any:
    try:
        return message.FromString(request)
    except DecodeError:
        raise ProblemError("malformed_request", f"The request is no {message.DESCRIPTOR.full_name}.") from None


def _metadata(context: Context, wanted: str) -> str | None:
    for name, value in context.invocation_metadata() or ():
        if name == wanted:
            return value if isinstance(value, str) else None
    return None


async def _abort(context: Context, refused: ProblemError) -> bytes:
    """End the call: `code: detail (hint)` for people, the whole problem in `problem-bin` for programs."""
    hint = f" ({refused.hint})" if refused.hint else ""
    trailing = dict(context.trailing_metadata() or ())
    problem = refused.problem(str(trailing.get("x-prediction-id", "")))
    metadata: list[tuple[str, str | bytes]] = [*trailing.items(), ("problem-bin", encode_problem(problem))]
    metadata += [(name, value) for name, value in refused.headers if name == "retry-after"]
    status = _STATUS.get(refused.status, grpc.StatusCode.UNKNOWN)
    await context.abort(status, f"{refused.code}: {refused.detail}{hint}", tuple(metadata))
    raise AssertionError("abort raises")
