"""Redaction: values that a model's owner wants nowhere on disk are taken out of bodies before these are recorded.

Only what is known to be harmless is kept: the values of columns that the signature names and that are not to be redacted. A
value under any other name goes too, and a body whose columns are not known is not kept at all."""

import dataclasses
import logging
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from unshelf.codecs.body import REFUSALS, TensorBody, TensorPart, object_in
from unshelf.codecs.open_inference import OUTPUTS, PARAMETERS, PROTOCOL_PARAMETERS, read_tensors, write_tensors
from unshelf.codecs.requests import read_request, write_request
from unshelf.contracts.bundle import Recording
from unshelf.contracts.protocols import frames
from unshelf.contracts.records import Own
from unshelf.contracts.routing import VersionRoute
from unshelf.contracts.signature import Columns, Signature, Tensors

MARK = "[redacted]"
_TENSOR_DESCRIPTION = ("name", "shape", "datatype")
_TENSOR_VALUES = ("parameters", "data")
logger = logging.getLogger(__name__)
_FRAME_LINE = re.compile(r'  File "[^"\n]*", line \d+, in [\w<>.]+')
_ERROR_NAME = re.compile(r"[\w.]+(?=:|$)")
_TALKATIVE = frozenset({"invalid_input", "malformed_request", "model_error"})
"""Codes of problems whose words may quote the input."""


class Redaction:
    """The redaction of the bodies of one version."""

    def __init__(
        self, hidden: list[str], inputs: list[str], outputs: list[str], parameters: Sequence[str] = ()
    ) -> None:
        self._hidden = frozenset(hidden)
        self._names = inputs
        self._open = frozenset(inputs) - self._hidden
        self._open_parameters = frozenset(parameters) - self._hidden
        self._answers_hidden = bool(self._hidden & set(outputs))
        self._keeps_scores = not self._answers_hidden

    def apply(self, own: Own, *, wire_protocol: int, status: int) -> Own:
        """Take out of a record what may not be written. `wire_protocol`: the frame's protocol number of its request, 0 when it has none;
        `status`: that of its answer."""
        body, header = self._kept(partial(self._request, wire_protocol & ~frames.BESIDE), own.input, own.input_header)
        params, _ = self._kept(self._beside, own.params, 0)
        answer = self._answer if status == 200 else _problem_reader(self._open, self._outputs)
        output, output_header = self._kept(answer, own.output, own.output_header)
        return msgspec.structs.replace(
            own,
            input=body,
            input_header=header,
            input_sha256="",
            output=output,
            output_header=output_header,
            params=params,
            scores=own.scores if self._keeps_scores else b"",  # the highest one tells the answer
        )

    @staticmethod
    def _kept(read: Callable[[bytes, int], tuple[bytes, int]], body: bytes, header: int) -> tuple[bytes, int]:
        """The body without what is hidden; nothing of it when it can't be read."""
        if not body:
            return b"", 0
        try:
            return read(body, header)
        except REFUSALS:
            return b"", 0
        except Exception:  # a body that was not understood is not written
            logger.exception("a body could not be redacted")
            return b"", 0

    # --- requests ---

    def _request(self, wire_protocol: int, body: bytes, header: int) -> tuple[bytes, int]:
        """The request without what is hidden. Raises one of REFUSALS."""
        parsed = read_request(wire_protocol, body, header)
        if isinstance(parsed, TensorBody):
            return write_tensors(self._tensors(parsed, self._open.__contains__))
        kept = parsed.mapped(self._names, self._kept_value)
        if kept.params is not None:
            kept = dataclasses.replace(kept, params=self._parameters(kept.params))
        return write_request(wire_protocol, kept)

    def _beside(self, params: bytes, _header: int) -> tuple[bytes, int]:
        """Parameters that came beside the body, without what is hidden. Raises one of REFUSALS."""
        return msgspec.json.encode(self._parameters(object_in(params))), 0

    def _parameters(self, params: dict[str, Any]) -> dict[str, Any]:
        return {name: value if name in self._open_parameters else MARK for name, value in params.items()}

    def _kept_value(self, name: str, value: Any) -> Any:
        return self._harmless(value) if name in self._open else MARK

    def _harmless(self, value: Any) -> Any:
        """A value without what is hidden inside it: a column may hold objects."""
        if isinstance(value, dict):
            hidden_data = value.get("name") in self._hidden if isinstance(value.get("name"), str) else False
            return {
                name: MARK if name in self._hidden or (hidden_data and name == "data") else self._harmless(inner)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            return [self._harmless(inner) for inner in value]
        return value

    def _tensors(self, body: TensorBody, is_open: Callable[[str], bool]) -> TensorBody:
        """The body whose closed tensors have lost their data, also where that follows as bytes."""
        others = {name: self._harmless(value) for name, value in body.others.items()}
        if isinstance(given := body.others.get(PARAMETERS), dict):
            protocol = {name: value for name, value in given.items() if name in PROTOCOL_PARAMETERS}
            others[PARAMETERS] = self._parameters(given) | protocol
        return TensorBody(body.member, [self._tensor(tensor, is_open) for tensor in body.tensors], others)

    def _tensor(self, tensor: TensorPart, is_open: Callable[[str], bool]) -> TensorPart:
        described = {name: tensor.fields[name] for name in _TENSOR_DESCRIPTION if name in tensor.fields}
        if not is_open(tensor.name):
            return TensorPart({**described, "data": MARK})
        # The protocol's own members stay, also where a hidden column has the name of one.
        values = {name: self._harmless(tensor.fields[name]) for name in _TENSOR_VALUES if name in tensor.fields}
        more = {name: value for name, value in tensor.fields.items() if name not in described | values}
        return TensorPart({**described, **self._harmless(more), **values}, tensor.raw)

    # --- answers ---

    def _answer(self, body: bytes, header: int) -> tuple[bytes, int]:
        if header:
            answer = read_tensors(body, header, OUTPUTS)
            return write_tensors(self._tensors(answer, lambda name: name not in self._hidden))
        payload = msgspec.json.decode(body)
        kept = self._outputs(payload)
        return (body if kept == payload else msgspec.json.encode(kept)), 0

    def _outputs(self, payload: Any) -> Any:
        """An answer's values without what is hidden."""
        return MARK if self._answers_hidden and _has_bare_rows(payload) else self._harmless(payload)


class Withheld(Redaction):
    """Redaction of requests whose columns are not known, since no version was chosen: no body is kept."""

    def __init__(self) -> None:
        super().__init__([], [], [])
        self._keeps_scores = False

    def apply(self, own: Own, *, wire_protocol: int, status: int) -> Own:  # noqa: ARG002
        """The record without its request."""
        return super().apply(own, wire_protocol=0, status=status)


def redaction_of(route: VersionRoute) -> Redaction | None:
    """The redaction that a version asks for; None: none."""
    return redaction_for(route.recording, route.signature)


def redaction_for(recording: Recording, signature: Signature) -> Redaction | None:
    """The redaction that these rules ask for; None: none."""
    if not recording.redact:
        return None
    hidden, inputs = recording.redact, _names(signature.inputs)
    outputs = _names(signature.outputs) if signature.outputs is not None else []
    parameters = [parameter.name for parameter in signature.parameters]
    if set(hidden) - {*inputs, *outputs, *parameters} and not _holds_objects(signature.inputs):
        # A column that there is not: what its owner wanted to hide is somewhere else.
        return Withheld()
    return Redaction(hidden, inputs, outputs, parameters)


def _holds_objects(inputs: Columns | Tensors) -> bool:
    return isinstance(inputs, Columns) and any(column.type == "json" for column in inputs.columns)


def _problem_reader(
    open_names: frozenset[str], outputs: Callable[[Any], Any]
) -> Callable[[bytes, int], tuple[bytes, int]]:
    """Reads the problem in a record: of one that may quote the input, where it happened stays, but not its words. What a
    stream gave before it failed stands beside it, and is read as `outputs` does."""

    def read(body: bytes, _header: int) -> tuple[bytes, int]:
        problem = object_in(body)
        for error in problem.get("errors") or []:
            if error.get("column") not in open_names and "got" in error:
                error["got"] = MARK
        if problem.get("code") in _TALKATIVE:
            problem |= {name: MARK for name in ("detail", "hint") if name in problem}
        if "outputs" in problem:
            problem["outputs"] = outputs(problem["outputs"])
        if "traceback" in problem:
            problem["traceback"] = _without_words(str(problem["traceback"]))
        return msgspec.json.encode(problem), 0

    return read


def _without_words(traceback: str) -> str:
    """The places of a traceback and the name of its error."""
    lines = traceback.rstrip().splitlines()
    places = [line for line in lines if _FRAME_LINE.fullmatch(line)]
    names = [match[0] for line in lines if line[:1].isalpha() and (match := _ERROR_NAME.match(line))]
    return "\n".join([*places, f"{names[-1] if names else 'Error'}: {MARK}"])


def _has_bare_rows(payload: Any) -> bool:
    """Whether an answer tells its columns by their places alone."""
    if isinstance(payload, dict):
        payload = payload.get("predictions")
    return isinstance(payload, list) and not all(isinstance(row, dict) for row in payload)


def _names(part: Columns | Tensors) -> list[str]:
    return [entry.name for entry in (part.columns if isinstance(part, Columns) else part.tensors)]
