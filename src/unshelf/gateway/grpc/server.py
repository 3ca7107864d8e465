"""The gRPC server of a gateway: the same callers, models, limits and records as over HTTP, in the protocol's own messages."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import grpc
from google.protobuf.message import DecodeError

import unshelf
from unshelf.contracts.problems import encode_problem
from unshelf.contracts.protocols import frames
from unshelf.gateway.access.callers import authenticate
from unshelf.gateway.access.shares import Holder, SharedRoom
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.grpc.listening import ListeningSockets
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
from unshelf.gateway.grpc.reading import MessageReads
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
_CALLS = 8192
"""Calls at a time, of which no key gets more than its share."""
_UNSENT_BYTES = 512 << 20
"""Bytes of answers that callers have not taken yet."""
_SMALL_BYTES = 64 << 10
"""Answers up to this size are not counted: what calls there may be bounds them."""
_IDENTITY_ONLY = 1
_CONNECTION_SECONDS = 20.0
"""How long a connection takes calls, a tenth more or less; its client then opens another, and nothing is lost. There is no other way to
have clients go elsewhere: a server that stops drops the calls that reach it in that moment."""
_LAST_CONNECTION_SECONDS = 1.1 * _CONNECTION_SECONDS + 3.0
"""When every connection has been renewed for certain, with time for its client to hear of it."""
_LOOK_SECONDS = 0.5
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

    async def read(self) -> Any:
        """The message, as bytes; another object where none comes."""

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        """Call this once the caller has the answer, or is gone."""

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


Answer = Callable[[Caller, Context], Awaitable[Any]]

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
        self._calls = SharedRoom(_CALLS, "gRPC calls")
        self._unsent = SharedRoom(_UNSENT_BYTES, "answers that were not read yet")
        self._reads = MessageReads(budget)
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
                ("grpc.max_connection_age_ms", round(_CONNECTION_SECONDS * 1000)),
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
        # Requests come as bytes, so that nothing of a stranger's is parsed, and as streams of one message, which is not read before its
        # caller is known.
        handlers = {
            name: grpc.stream_unary_rpc_method_handler(self._guarded(answer)) for name, answer in answers.items()
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        self._listening = ListeningSockets(self._server.add_insecure_port(self._address))
        await self._server.start()

    async def leave(self, seconds: float) -> None:
        """Leave new connections to other gateways, and answer those that are open until they are renewed.

        Then wait up to `seconds` for calls under way. `stop` may be called meanwhile."""
        await self._listening.close()
        until = self._loop.time() + _LAST_CONNECTION_SECONDS
        while await asyncio.to_thread(self._listening.connections) and self._loop.time() < until:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_SECONDS)
        await self.stop(seconds)

    async def stop(self, seconds: float) -> None:
        """Take no more calls, and wait up to `seconds` for those under way."""
        await self._server.stop(seconds)
        if self._running:
            await asyncio.wait(self._running, timeout=seconds)

    def _guarded(self, answer: Answer) -> Callable[[Any, Context], Awaitable[bytes]]:
        async def handle(_messages: Any, context: Context) -> bytes:
            holder: Holder | None = None
            try:
                if self._watcher.is_stale():
                    await self._watcher.catch_up()
                caller = authenticate(_metadata(context, "authorization"), self._watcher)
                entering = self._calls.holder(caller.key.id, caller.key.name, "")
                self._calls.hold(1, entering)
                holder = entering
                response = await answer(caller, context)
                return self._counted(bytes(response.SerializeToString()), caller, context)
            except ProblemError as problem:
                refused = problem.with_traceback(None)  # its frames hold the message
            except Exception:
                logger.exception("a gRPC call failed inside the gateway")
                refused = ProblemError("internal_error", "The server failed; its log has the reason.")
            finally:
                if holder is not None:
                    self._calls.release(1, holder)
            return await _abort(context, refused.with_traceback(None))

        return handle

    def _counted(self, response: bytes, caller: Caller, context: Context) -> bytes:
        """Count an answer until its caller has it. Raises ProblemError."""
        size = len(response)
        if size > _SMALL_BYTES:
            holder = self._unsent.holder(caller.key.id, caller.key.name, "")
            self._unsent.hold(size, holder)
            context.add_done_callback(lambda _: self._unsent.release(size, holder))
        return response

    async def _read(self, caller: Caller, context: Context) -> bytes:
        """The message of a call. Raises ProblemError."""
        key = caller.key
        return await self._reads.read(key.id, self._budget.holder(key.id, key.name, ""), context.read)

    async def _server_live(self, _caller: Caller, _context: Context) -> Any:
        return ServerLiveResponse(live=True)

    async def _server_ready(self, _caller: Caller, _context: Context) -> Any:
        return ServerReadyResponse(ready=self._ready())

    async def _server_metadata(self, _caller: Caller, _context: Context) -> Any:
        return ServerMetadataResponse(name="unshelf", version=unshelf.__version__, extensions=[])

    async def _model_ready(self, caller: Caller, context: Context) -> Any:
        asked = _parsed(ModelReadyRequest, await self._read(caller, context))
        destination = self._pipeline.find(caller, reference_of(asked.name, asked.version or None))
        return ModelReadyResponse(ready=not destination.main().paused)

    async def _model_metadata(self, caller: Caller, context: Context) -> Any:
        asked = _parsed(ModelMetadataRequest, await self._read(caller, context))
        destination = self._pipeline.find(caller, reference_of(asked.name, asked.version or None))
        return ModelMetadataResponse(**model_metadata(destination))

    async def _model_infer(self, caller: Caller, context: Context) -> Any:
        seconds = context.time_remaining()
        asked = PredictRequest(
            caller=caller, reference="", protocol=GRPC, content_type=_CONTENT_TYPE, traceparent=_metadata(context, "traceparent"),
            timeout=None if seconds is None else f"{max(seconds, _LEAST_SECONDS):f}",
        )  # fmt: skip
        body = GrpcBody(await self._read(caller, context), self._budget, asked.holder_of(self._budget))
        # A caller who hangs up ends this call, but not the prediction, which is recorded in any case.
        running = self._loop.create_task(self._pipeline.run(asked, body))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        outcome = await asyncio.shield(running)
        context.set_trailing_metadata((("x-prediction-id", outcome.id),))
        if outcome.refusal is not None:
            raise outcome.refusal
        return response_of(outcome.output, outcome.output_header, model=outcome.model, version=outcome.version)


class GrpcBody:
    """A ModelInferRequest, which names its model itself; see RequestBody."""

    def __init__(self, request: bytes, budget: BodyBudget, holder: Holder) -> None:
        self._request = request
        self._budget = budget
        self._holder = holder
        self._held = 0
        self._message: Any = None

    async def drain(self) -> None:
        """Do nothing: the whole message is here."""

    async def read(self, prediction: Prediction) -> None:
        """Fill in the reference; the body only in `parse`, when it is known what of it must not be recorded. Raises ProblemError."""
        request, self._request = self._request, b""  # held once, in one form at a time
        self._budget.hold(len(request), self._holder)
        self._held = len(request)
        self._message = _parsed(ModelInferRequest, request)
        del request
        prediction.reference = self._message.model_name
        prediction.reference = reference_of(self._message.model_name, self._message.model_version or None)

    def parse(self, prediction: Prediction) -> None:
        """Write the body as the Open Inference Protocol's JSON with binary tensors. Raises ProblemError."""
        prediction.wire_protocol = frames.V2
        prediction.body, prediction.header = request_body(self._message)
        self._message = None

    def release(self) -> None:
        """Give back the memory that `read` counted."""
        self._budget.release(self._held, self._holder)


def _parsed(message: Any, request: bytes) -> Any:
    # Raised outside of the handler: an error that is held by one in hand would hold the message with its frames.
    with contextlib.suppress(DecodeError):
        return message.FromString(request)
    raise ProblemError("malformed_request", f"The request is no {message.DESCRIPTOR.full_name}.")


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
