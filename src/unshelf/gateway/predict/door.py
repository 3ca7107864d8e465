"""The private door: predictions that the platform asks for itself, without a caller's connection behind them."""

import asyncio
import logging
from pathlib import Path

import msgspec

from unshelf.contracts.protocols import frames
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.access.shares import Holder
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.body_reader import BodyBudget
from unshelf.gateway.predict.content_types import ARROW, V2, frame_kind, json_length
from unshelf.gateway.predict.http_body import keep_beginning
from unshelf.gateway.predict.params import attach
from unshelf.gateway.predict.pipeline import PredictionPipeline
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.routing.index import Caller, RoutingWatcher
from unshelf.runtime.messages import MAX_MESSAGE_BYTES, MessageReader, MessageTooLarge, frame_message
from unshelf.runtime.private_socket import listen_privately

_HEAD_BYTES = 64 << 10
"""Room for the headers of an outcome beside its body."""

logger = logging.getLogger(__name__)
_requests: MessageReader[DoorRequest] = MessageReader(DoorRequest)


class PredictionDoor:
    """Serves the door of this gateway."""

    def __init__(
        self,
        path: Path,
        pipeline: PredictionPipeline,
        *,
        watcher: RoutingWatcher,
        budget: BodyBudget,
        recorded_arrow_bytes: int,
    ) -> None:
        self._path = path
        self._watcher = watcher
        self._pipeline = pipeline
        self._budget = budget
        self._recorded_arrow_bytes = recorded_arrow_bytes
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.Task[None]] = set()
        """Connections that wait for their next request."""
        self._stopping = False

    async def start(self) -> None:
        """Listen. Raises OSError when the socket can't be made."""
        self._server = await asyncio.start_unix_server(self._serve, sock=listen_privately(self._path))

    async def stop(self) -> None:
        """Take no more requests, and wait until those under way are answered."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        for connection in self._idle:
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None  # noqa: S101 - a server runs each connection in a task
        self._connections.add(connection)
        try:
            while not self._stopping:
                self._idle.add(connection)
                request = await _requests.read(reader)
                self._idle.discard(connection)
                writer.write(frame_message(await self._answer(request)))
                await writer.drain()
        except asyncio.CancelledError:
            pass  # the gateway is stopping, and this connection had no request
        except (EOFError, ConnectionError) as error:
            if isinstance(error, MessageTooLarge):
                logger.error("a request at the private door is too large", extra={"error": str(error)})
        except msgspec.MsgspecError as error:
            logger.error("a request at the private door can't be read", extra={"error": str(error)})
        finally:
            self._idle.discard(connection)
            self._connections.discard(connection)
            writer.close()

    async def _answer(self, asked: DoorRequest) -> DoorOutcome:
        request = PredictRequest(
            caller=Caller(KeyRoute(id=asked.actor, name=asked.actor)), reference=asked.reference, protocol=asked.protocol,
            content_type=asked.content_type, traceparent=asked.traceparent or None,
            timeout=None if asked.timeout is None else repr(asked.timeout), admitted=True, purpose=asked.purpose,
        )  # fmt: skip
        if self._watcher.is_stale():  # control may have published the version a moment ago
            await self._watcher.catch_up()
        body = DoorBody(asked, self._budget, request.holder_of(self._budget), self._recorded_arrow_bytes)
        outcome = await self._pipeline.run(request, body)
        response = outcome.response
        if len(response.body) > MAX_MESSAGE_BYTES - _HEAD_BYTES:
            return DoorOutcome(
                id=outcome.id, model=outcome.model, version=outcome.version, status=500, code="internal_error"
            )
        return DoorOutcome(
            id=outcome.id, model=outcome.model, version=outcome.version, status=outcome.status, code=outcome.code,
            headers=response.headers, body=response.body,
        )  # fmt: skip


class DoorBody:
    """A body that came whole, with its request; see RequestBody."""

    def __init__(self, asked: DoorRequest, budget: BodyBudget, holder: Holder, recorded_arrow_bytes: int) -> None:
        self._asked = asked
        self._budget = budget
        self._holder = holder
        self._recorded_arrow_bytes = recorded_arrow_bytes
        self._held = 0

    async def drain(self) -> None:
        """Do nothing: the body came with its request."""

    async def read(self, prediction: Prediction) -> None:
        """Fill in the body. Raises ProblemError."""
        body = self._asked.body
        if len(body) > self._budget.limit and self._asked.protocol != ARROW:
            raise ProblemError("body_too_large", f"A request body may have {self._budget.limit} bytes.")
        self._budget.hold(len(body), self._holder)
        self._held = len(body)
        if self._asked.protocol == ARROW:
            keep_beginning(prediction, [body], self._recorded_arrow_bytes)
        else:
            prediction.body = body

    def parse(self, prediction: Prediction) -> None:
        """Fill in how the body is written. Raises ProblemError."""
        asked = self._asked
        if asked.protocol == ARROW:
            prediction.wire_protocol, prediction.header = frames.ARROW, int(asked.arrow_answer)
        else:
            has_tensors = asked.protocol == V2 and asked.json_length > 0
            prediction.wire_protocol = frame_kind(asked.protocol, asked.content_type, binary=has_tensors)
            if has_tensors:
                prediction.header = json_length(str(asked.json_length), prediction.body)
        if asked.params:
            attach(prediction, asked.params)

    def release(self) -> None:
        """Give back the memory that `read` counted."""
        self._budget.release(self._held, self._holder)
