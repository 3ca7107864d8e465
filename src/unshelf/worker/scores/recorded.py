"""Scores beside answers: a model that is asked for both, and the answers of its protocols with the scores before them."""

import importlib
import struct
import sys
import traceback
from array import array
from typing import Any

from ..errors import CannotLoad
from ..frames import SCORES_LENGTH
from ..inputs.request_inputs import RequestInputs
from ..model import LoadedModel
from ..outputs import BatchOutputs
from ..protocols import WireProtocol
from .source import GivesScores

_HEAD = struct.Struct("<I")
_FLOAT_BYTES = 4


class NoScores(Exception):
    """The method gave no number for each row and class; the text says what it gave."""


class ModelWithScores:
    """A model whose scores are kept for the record of its latest answer. Where they fail, the answer stands and its record has none."""

    def __init__(self, model: LoadedModel, declared: "dict[str, Any]") -> None:
        """`declared`: the signature's `scores`. Raises CannotLoad for a model that has not the method any more."""
        source = model.scores_source(declared["method"]) if isinstance(model, GivesScores) else None
        if source is None:
            raise CannotLoad(f"the model has no method {declared['method']!r}, whose scores are to be recorded")
        self._model = model
        self._call = source.call
        self._classes = len(declared["classes"])
        self._values: Any = None
        if declared.get("one_pass"):
            self._values = importlib.import_module("numpy").asarray(source.classes)
        self._packed = b""
        self._has_failed = False

    def predict(self, inputs: Any, /, **parameters: Any) -> Any:
        """See LoadedModel. The scores of these rows are there until the next call."""
        self._packed = b""
        if self._values is not None and not parameters:
            scores = self._call(inputs)
            answer = self._values.take(scores.argmax(axis=1))
            self._keep(scores)
            return answer
        answer = self._model.predict(inputs, **parameters)
        try:
            self._keep(self._call(inputs))
        except BaseException:  # whatever the model's code raises, its answer stands
            self._complain()
        return answer

    def of_rows(self, rows: int, start: int, stop: int) -> bytes:
        """The scores of the rows from `start` to `stop` of the latest call, as records have them; empty: it gave none for its `rows`."""
        width = self._classes * _FLOAT_BYTES
        if not rows or len(self._packed) != rows * width:
            return b""
        return _HEAD.pack(self._classes) + self._packed[start * width : stop * width]

    def _keep(self, scores: Any) -> None:
        try:
            self._packed = packed(scores, self._classes)
        except NoScores:
            self._complain()

    def _complain(self) -> None:
        """Tell the owner once: a fault of each request would fill the log."""
        if not self._has_failed:
            self._has_failed = True
            sys.stderr.write("The scores of an answer could not be recorded; such records have none.\n")
            traceback.print_exc()


class WithScores:
    """A protocol whose answers begin with the scores of their rows, which the gateway takes off again."""

    def __init__(self, protocol: WireProtocol, model: ModelWithScores) -> None:
        self._protocol = protocol
        self._model = model

    def read(self, body: bytes, header: int) -> tuple[RequestInputs, Any]:
        """See WireProtocol."""
        return self._protocol.read(body, header)

    def write(self, prediction: BatchOutputs, start: int, stop: int, context: Any) -> tuple[bytes, int]:
        """See WireProtocol."""
        payload, header = self._protocol.write(prediction, start, stop, context)
        scores = self._model.of_rows(prediction.size, start, stop)
        return SCORES_LENGTH.pack(len(scores)) + scores + payload, header


def packed(scores: Any, classes: int) -> bytes:
    """Scores as 32-bit floats, row by row: an array (rows, classes), a DataFrame, or a list of lists. Raises NoScores."""
    if hasattr(scores, "to_numpy"):
        scores = scores.to_numpy()
    shape = getattr(scores, "shape", None)
    if shape is not None and hasattr(scores, "astype"):
        if len(shape) != 2 or shape[1] != classes:
            raise NoScores(f"an array of shape {tuple(map(int, shape))}")
        data: bytes = scores.astype("<f4").tobytes()
        return data
    if not isinstance(scores, (list, tuple)) or any(not isinstance(row, (list, tuple)) for row in scores):
        raise NoScores(f"a {type(scores).__name__}")
    if any(len(row) != classes for row in scores):
        raise NoScores(f"rows of {sorted({len(row) for row in scores})} numbers")
    floats = array("f", [float(value) for row in scores for value in row])
    if sys.byteorder == "big":
        floats.byteswap()
    return floats.tobytes()
