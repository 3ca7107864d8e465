"""The engine: requests in, answers out; together where the check proved that this changes nothing, else one by one."""

import sys
import traceback
from collections import deque
from collections.abc import Callable
from time import perf_counter_ns
from types import GeneratorType
from typing import Any

from .connections import Request
from .encoding.json_codec import dumps, lower_recursion, unanswerable
from .errors import RequestRefused, Unwritable
from .frames import ARROW, BESIDE, MAX_FRAME_BYTES, MLFLOW_CSV, MLFLOW_JSON, NATIVE, RESPONSE, SCORES, V2
from .hints import missing_variable, missing_variable_hint
from .inputs import plan_inputs
from .inputs.memory import ArrayMemory
from .inputs.request_inputs import RequestInputs
from .loaders.event_loop import settled
from .model import LoadedModel, SignatureFields
from .outputs import ROWS, TABLE, BatchOutputs, Yielding, declared_types
from .overload import Pace
from .parameters.schema import Parameters
from .protocols import WireProtocol
from .protocols.arrow import ArrowStream
from .protocols.beside import ParamsBeside
from .protocols.mlflow import MlflowCsv, MlflowJson
from .protocols.native import Native
from .protocols.v2 import OpenInference
from .scores.recorded import ModelWithScores, WithScores
from .streams import ChunkStream, Streams, collect_stream

_GENERATOR_EXPRESSION = "<genexpr>"
_LARGEST_PAYLOAD = MAX_FRAME_BYTES - RESPONSE.size


class Engine:
    """One loaded model behind all protocols."""

    def __init__(
        self,
        model: LoadedModel,
        signature: SignatureFields,
        *,
        name: str,
        version: int,
        output: str = ROWS,
        batchable: bool = False,
        max_batch_rows: int = 1024,
        max_batch_bytes: int = 1 << 24,
        timeout: float = 30.0,
        out_of_memory: Callable[[], None] | None = None,
        kept_bytes: int = 0,
    ) -> None:
        """`output`: `rows` or `table`, as the version declares of its answers. `timeout`: seconds that a request may take.
        `out_of_memory` is called when the model met a MemoryError; where that is due to its tier it does not return.
        `kept_bytes`: memory that may be kept between requests for large inputs."""
        self._name = name
        self._out_of_memory = out_of_memory
        self._model = model
        self._batchable = batchable and output != TABLE  # an answer for all rows can't be divided among callers
        self._whole = output == TABLE
        self._declared = declared_types(signature.get("outputs"))
        self._max_rows = max_batch_rows
        self._pace = Pace(timeout=timeout, most_rows=max_batch_rows)
        self._max_bytes = max_batch_bytes
        self._memory = ArrayMemory(kept_bytes)
        self._inputs = plan_inputs(signature["inputs"], self._memory)
        parameters = Parameters(signature.get("parameters", []))
        self._parameters = parameters or None
        protocols: dict[int, WireProtocol] = {
            NATIVE: Native(self._inputs, parameters, _types(signature["inputs"])),
            MLFLOW_JSON: MlflowJson(self._inputs, parameters),
            MLFLOW_CSV: MlflowCsv(self._inputs),
            V2: OpenInference(self._inputs, parameters, model=name, version=version),
            ARROW: ArrowStream(self._inputs, model=name, version=version),
        }
        beside = {number + BESIDE: ParamsBeside(protocol, parameters) for number, protocol in protocols.items()}
        self._protocols: dict[int, WireProtocol] = {**protocols, **beside}
        self.scores: ModelWithScores | None = None
        """The model's scores, where they are recorded beside its answers."""
        self.flags = 0
        """The flags of all answers."""
        if declared := signature.get("scores"):
            self._model = self.scores = ModelWithScores(model, declared)
            self._protocols = {number: WithScores(each, self.scores) for number, each in self._protocols.items()}
            self.flags = SCORES
        self.streams = Streams(self._protocols, self._raised)
        """The answers of models that yield, which go on between calls of `work`."""

    def work(self, waiting: deque[Request]) -> int:
        """Answer one batch from the front of the queue, into the out-buffers of its connections; how many were answered."""
        before = len(waiting)
        if self._pace.slow and before > 1 and self._pace.is_overloaded(before):
            self._refuse_late(waiting)
        batch: list[Request] = []
        parts: list[RequestInputs] = []
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

    def read(self, protocol: int, body: bytes, header: int = 0) -> tuple[RequestInputs, Any]:
        """A body's inputs, and what its answer must know; raises Refused."""
        reader = self._protocols.get(protocol)
        if reader is None:
            raise RequestRefused(415, "unsupported_media_type", f"Protocol {protocol} is not known to this worker.")
        return reader.read(body, header)

    def predict(self, parts: list[RequestInputs], rows: int) -> BatchOutputs:
        """The model's answer for these inputs together; raises Refused (500): with whatever the model raised as its
        cause, and UnusableAnswer for what it returned."""
        given: dict[str, Any] = {}
        if self._parameters is not None:
            parts, given = self._parameters.divided(parts)
        inputs = self._inputs.build(parts)
        try:
            answer = settled(self._model.predict(inputs, **given) if given else self._model.predict(inputs))
        except RequestRefused:  # a loader of ours knows what its library takes
            raise
        except BaseException as error:  # a model that calls sys.exit() must not end its worker
            raise self._raised(error) from error
        if type(answer) is GeneratorType and answer.gi_code.co_name != _GENERATOR_EXPRESSION:
            return Yielding(answer, rows)
        limit = lower_recursion()
        try:
            prediction = BatchOutputs(answer, rows, whole=self._whole, declared=self._declared)
        except (Unwritable, RecursionError) as error:
            raise unanswerable(error) from error
        except BaseException as error:  # what is read may run the model's code: a `map`, a property
            raise self._raised(error) from error
        finally:
            if limit:
                sys.setrecursionlimit(limit)
        prediction.require_rows()
        return prediction

    def inputs_of(self, part: RequestInputs) -> Any:
        """A request's inputs as the model takes them, without parameters."""
        return self._inputs.build([part])

    def predict_whole(self, parts: list[RequestInputs], rows: int) -> BatchOutputs:
        """As `predict`; of a model that yields, the answer that its chunks make together."""
        prediction = self.predict(parts, rows)
        if prediction.generator is None:
            return prediction
        try:
            return collect_stream(prediction.generator)
        except RequestRefused:
            raise
        except BaseException as error:
            raise self._raised(error) from error

    def rest(self) -> float | None:
        """Let go of memory that no request has wanted for long; the seconds until there will be some (None: there is none)."""
        return self._memory.rest()

    def _raised(self, error: BaseException) -> RequestRefused:
        """Make the answer for an error that the model raised; called while it is being handled."""
        if self._out_of_memory is not None and isinstance(error, MemoryError):
            self._out_of_memory()
        said = traceback.format_exc()
        if (variable := missing_variable(error)) is not None:
            said += f"\n{missing_variable_hint(variable, self._name)}\n"
        return RequestRefused(500, "model_error", f"The model raised {type(error).__name__}.", traceback=said)

    def _read(self, request: Request) -> RequestInputs | None:
        """The request's inputs, or None when it was answered with what is wrong with them."""
        try:
            request.part, request.context = self.read(request.protocol, request.body, request.header)
        except RequestRefused as refused:
            _refuse(request, refused)
        except Exception:  # a fault of ours must cost one request, not the worker
            _refuse(request, _internal())
        request.body = b""
        return request.part

    def _refuse_late(self, waiting: deque[Request]) -> None:
        """Answer at once those at the end of a queue that is too long for their time, so that they can try elsewhere or later.
        The first one never is: what it takes is not known before."""
        kept: list[Request] = []
        rows, now = 0, perf_counter_ns()
        for request in waiting:
            part = request.part or self._read(request)
            if part is None:
                continue
            late = self._pace.late_by(rows + part.rows, (now - request.arrived) / 1e9)
            if kept and late > 0:
                _refuse(request, self._pace.refusal(rows, late), queue=(now - request.arrived) // 1000)
                continue
            kept.append(request)
            rows += part.rows
        waiting.clear()
        waiting.extend(kept)

    def _answer(self, batch: list[Request], parts: list[RequestInputs], rows: int) -> None:
        started = perf_counter_ns()
        try:
            prediction = self.predict(parts, rows)
            failure = None
        except RequestRefused as refused:
            failure = refused
        except Exception:
            failure = _internal()
        took = (perf_counter_ns() - started) // 1000
        if took > self._pace.quick or self._pace.slow:
            self._pace.measure(rows, took)
            self._max_rows = self._pace.rows
        if len(batch) > 1 and (failure is not None or not prediction.per_row):
            for request, part in zip(batch, parts, strict=True):  # so that only the guilty one fails
                self._answer([request], [part], part.rows)
            return
        if failure is None and prediction.generator is not None:
            queue = (started - batch[0].arrived) // 1000
            self.streams.begin(ChunkStream(batch[0], prediction.generator, rows=rows, queue=queue))
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
                    raise RequestRefused(
                        500, "model_error", f"The model's answer is too large to be sent: {len(payload)} bytes."
                    )
                request.connection.answer(request.id, 200, payload, header=header, rows=rows, queue=queue, predict=took)
            except RequestRefused as refused:
                _refuse(request, refused, rows=rows, queue=queue, predict=took)
            except BaseException:  # reading an answer can run the model's code, too
                _refuse(request, _internal(), rows=rows, queue=queue, predict=took)
            start = stop


def _types(inputs: "dict[str, Any]") -> "dict[str, str]":
    return {field["name"]: field["type"] for field in inputs.get("columns") or inputs.get("tensors") or ()}


def _refuse(request: Request, refused: RequestRefused, *, rows: int = 0, queue: int = 0, predict: int = 0) -> None:
    payload = dumps(refused.fields()).encode()
    request.connection.answer(request.id, refused.status, payload, rows=rows, queue=queue, predict=predict)


def _internal() -> RequestRefused:
    """The answer for a fault of our own, called while it is being handled; MemoryError is the likeliest."""
    return RequestRefused(500, "internal_error", "The worker failed on this request.", traceback=traceback.format_exc())
