"""The engine: requests in, answers out; together where the check proved that this changes nothing, else one by one."""

import traceback
from collections import deque
from collections.abc import Callable
from time import perf_counter_ns
from types import GeneratorType
from typing import Any

from .connections import Request
from .errors import Refused
from .frames import ARROW, MAX_FRAME_BYTES, MLFLOW_CSV, MLFLOW_JSON, NATIVE, RESPONSE, V2
from .inputs import plan_inputs
from .inputs.memory import ArrayMemory
from .inputs.parts import Part
from .jsontext import dumps
from .model import Model, SignatureFields
from .outputs import Prediction, Yielding
from .protocols import WireProtocol
from .protocols.arrow import ArrowStream
from .protocols.mlflow import MlflowCsv, MlflowJson
from .protocols.native import Native
from .protocols.v2 import OpenInference
from .streams import Stream, Streams, heard_out

_LARGEST_PAYLOAD = MAX_FRAME_BYTES - RESPONSE.size


class Engine:
    """One loaded model behind all protocols."""

    def __init__(
        self,
        model: Model,
        signature: SignatureFields,
        *,
        name: str,
        version: int,
        batchable: bool = False,
        max_batch_rows: int = 1024,
        max_batch_bytes: int = 1 << 24,
        out_of_memory: Callable[[], None] | None = None,
        kept_bytes: int = 0,
    ) -> None:
        """`out_of_memory` is called when the model met a MemoryError; where that is due to its tier it does not return.
        `kept_bytes`: memory that may be kept between requests for large inputs."""
        self._out_of_memory = out_of_memory
        self._model = model
        self._batchable = batchable
        self._max_rows = max_batch_rows
        self._max_bytes = max_batch_bytes
        self._memory = ArrayMemory(kept_bytes)
        self._inputs = plan_inputs(signature["inputs"], self._memory)
        self._protocols: dict[int, WireProtocol] = {
            NATIVE: Native(self._inputs),
            MLFLOW_JSON: MlflowJson(self._inputs),
            MLFLOW_CSV: MlflowCsv(self._inputs),
            V2: OpenInference(self._inputs, model=name, version=version),
            ARROW: ArrowStream(self._inputs, model=name, version=version),
        }
        self.streams = Streams(self._protocols, self._raised)
        """The answers of models that yield, which go on between calls of `work`."""

    def work(self, waiting: deque[Request]) -> int:
        """Answer one batch from the front of the queue, into the out-buffers of its connections; how many were answered."""
        before = len(waiting)
        batch: list[Request] = []
        parts: list[Part] = []
        rows = size = 0
        while waiting:
            request = waiting[0]
            part = request.part or self._read(request)
            if part is None:
                waiting.popleft()
                continue
            if batch:
                full = rows + part.rows > self._max_rows or size + request.size > self._max_bytes
                if full or part.group != parts[0].group:
                    break
            batch.append(request)
            parts.append(part)
            waiting.popleft()
            rows += part.rows
            size += request.size
            if not self._batchable:
                break
        if batch:
            self._answer(batch, parts, rows)
        return before - len(waiting)

    def read(self, protocol: int, body: bytes, header: int = 0) -> tuple[Part, Any]:
        """A body's inputs, and what its answer must know; raises Refused."""
        reader = self._protocols.get(protocol)
        if reader is None:
            raise Refused(415, "unsupported_media_type", f"Protocol {protocol} is not known to this worker.")
        return reader.read(body, header)

    def predict(self, parts: list[Part], rows: int) -> Prediction:
        """The model's answer for these inputs together; raises Refused (500) with whatever the model raised as its cause."""
        inputs = self._inputs.build(parts)
        try:
            answer = self._model.predict(inputs)
            return Prediction(answer, rows) if type(answer) is not GeneratorType else Yielding(answer, rows)
        except BaseException as error:  # a model that calls sys.exit() must not end its worker
            raise self._raised(error) from error

    def hear_out(self, parts: list[Part], rows: int) -> Prediction:
        """As `predict`; of a model that yields, the answer that its chunks make together."""
        prediction = self.predict(parts, rows)
        if prediction.generator is None:
            return prediction
        try:
            return heard_out(prediction.generator)
        except Refused:
            raise
        except BaseException as error:
            raise self._raised(error) from error

    def rest(self) -> float | None:
        """Let go of memory that no request has wanted for long; the seconds until there will be some (None: there is none)."""
        return self._memory.rest()

    def _raised(self, error: BaseException) -> Refused:
        """What is answered when the model raised this; called while it is being handled."""
        if self._out_of_memory is not None and isinstance(error, MemoryError):
            self._out_of_memory()
        return Refused(
            500, "model_error", f"The model raised {type(error).__name__}.", traceback=traceback.format_exc()
        )

    def _read(self, request: Request) -> Part | None:
        """The request's inputs, or None when it was answered with what is wrong with them."""
        try:
            request.part, request.context = self.read(request.protocol, request.body, request.header)
        except Refused as refused:
            _refuse(request, refused)
        except Exception:  # a fault of ours must cost one request, not the worker
            _refuse(request, _internal())
        request.body = b""
        return request.part

    def _answer(self, batch: list[Request], parts: list[Part], rows: int) -> None:
        started = perf_counter_ns()
        try:
            prediction = self.predict(parts, rows)
            failure = None
        except Refused as refused:
            failure = refused
        except Exception:
            failure = _internal()
        took = (perf_counter_ns() - started) // 1000
        if len(batch) > 1 and (failure is not None or not prediction.per_row):
            for request, part in zip(batch, parts, strict=True):  # so that only the guilty one fails
                self._answer([request], [part], part.rows)
            return
        if failure is None and prediction.generator is not None:
            queue = (started - batch[0].arrived) // 1000
            self.streams.begin(Stream(batch[0], prediction.generator, rows=rows, queue=queue))
            return
        start = 0
        for request, part in zip(batch, parts, strict=True):
            queue = (started - request.arrived) // 1000
            if failure is not None:
                _refuse(request, failure, rows=rows, queue=queue, predict=took)
                continue
            stop = start + part.rows
            try:
                payload, header = self._protocols[request.protocol].write(prediction, start, stop, request.context)
                if len(payload) > _LARGEST_PAYLOAD:
                    raise Refused(
                        500, "model_error", f"The model's answer is too large to be sent: {len(payload)} bytes."
                    )
                request.connection.answer(request.id, 200, payload, header=header, rows=rows, queue=queue, predict=took)
            except Refused as refused:
                _refuse(request, refused, rows=rows, queue=queue, predict=took)
            except BaseException:  # reading an answer can run the model's code, too
                _refuse(request, _internal(), rows=rows, queue=queue, predict=took)
            start = stop


def _refuse(request: Request, refused: Refused, *, rows: int = 0, queue: int = 0, predict: int = 0) -> None:
    payload = dumps(refused.fields()).encode()
    request.connection.answer(request.id, refused.status, payload, rows=rows, queue=queue, predict=predict)


def _internal() -> Refused:
    """The answer for a fault of our own, called while it is being handled; MemoryError is the likeliest."""
    return Refused(500, "internal_error", "The worker failed on this request.", traceback=traceback.format_exc())
