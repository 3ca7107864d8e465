"""Redaction: values that a model's owner wants nowhere on disk are taken out of bodies before these are recorded.

What is kept is what is known to be harmless: the values of columns that the signature names and that are not to be redacted. A
value under any other name goes too, and a body in which the columns can't be told apart is not kept at all."""

import csv
import io
import logging
import re
from collections.abc import Callable
from typing import Any

import msgspec

from unshelf.contracts import frames
from unshelf.contracts.records import Own
from unshelf.contracts.routing import VersionRoute
from unshelf.contracts.signature import Columns, Tensors

MARK = "[redacted]"
logger = logging.getLogger(__name__)
_FORMS = ("inputs", "instances", "dataframe_split", "dataframe_records")
_FRAME_LINE = re.compile(r'  File "[^"\n]*", line \d+, in [\w<>.]+')
_ERROR_NAME = re.compile(r"[\w.]+(?=:|$)")
_TALKATIVE = frozenset({"invalid_input", "malformed_request", "model_error"})
"""Codes of problems whose words may quote the input."""
csv.field_size_limit(1 << 30)  # a body is bounded before it comes here


class _Unreadable(Exception):
    """The columns can't be told apart."""


class Redaction:
    """What is taken out of the bodies of one version."""

    def __init__(self, hidden: list[str], inputs: list[str], outputs: list[str]) -> None:
        self._hidden = frozenset(hidden)
        self._names = inputs
        self._open = frozenset(inputs) - self._hidden
        self._answers_hidden = bool(self._hidden & set(outputs))
        self._readers: dict[int, Callable[[bytes, int], tuple[bytes, int]]] = {
            frames.NATIVE: self._native,
            frames.MLFLOW_JSON: self._mlflow,
            frames.MLFLOW_CSV: self._csv,
            frames.V2: self._v2,
        }

    def apply(self, own: Own, *, kind: int, status: int) -> Own:
        """What may be written of a record. `kind`: the protocol number of its request, 0 when it has none; `status`: its
        answer's."""
        body, header = self._kept(self._readers.get(kind), own.input, own.input_header)
        answer = self._answer if status == 200 else _problem_reader(self._open, self._outputs)
        output, output_header = self._kept(answer, own.output, own.output_header)
        return msgspec.structs.replace(
            own, input=body, input_header=header, input_sha256="", output=output, output_header=output_header
        )

    @staticmethod
    def _kept(read: Callable[[bytes, int], tuple[bytes, int]] | None, body: bytes, header: int) -> tuple[bytes, int]:
        """The body without what is hidden; nothing of it when it can't be read."""
        if read is None or not body:
            return b"", 0
        try:
            return read(body, header)
        except (_Unreadable, msgspec.DecodeError, UnicodeDecodeError, csv.Error, RecursionError):
            return b"", 0
        except Exception:  # whatever it is, a body that was not understood is not written
            logger.exception("a body could not be redacted")
            return b"", 0

    # --- requests ---

    def _native(self, body: bytes, _header: int) -> tuple[bytes, int]:
        payload = _object(body)
        if payload.keys() != {"inputs"}:
            raise _Unreadable
        return msgspec.json.encode({"inputs": self._rows(payload["inputs"])}), 0

    def _mlflow(self, body: bytes, _header: int) -> tuple[bytes, int]:
        payload = _object(body)
        if len(payload) != 1 or (form := next(iter(payload))) not in _FORMS:
            raise _Unreadable
        value = payload[form]
        kept: Any
        if form == "dataframe_split":
            kept = self._split(value)
        elif form == "inputs" and isinstance(value, dict):
            kept = self._row_object(value)
        else:
            kept = self._rows(value)
        return msgspec.json.encode({form: kept}), 0

    def _split(self, value: Any) -> dict[str, Any]:
        """Without the index: nobody tells what it holds."""
        if not isinstance(value, dict):
            raise _Unreadable
        if "columns" not in value:
            return {"data": self._rows(value.get("data"))}
        names, rows = value["columns"], value.get("data")
        if not isinstance(names, list) or not isinstance(rows, list):
            raise _Unreadable
        return {"columns": names, "data": [self._row_array(row, [str(name) for name in names]) for row in rows]}

    def _csv(self, body: bytes, _header: int) -> tuple[bytes, int]:
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
        if not rows or not rows[0]:
            raise _Unreadable
        names, *lines = rows
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        for line in lines:
            writer.writerow(self._row_array(line, names) if line else line)
        return text.getvalue().encode(), 0

    def _v2(self, body: bytes, header: int) -> tuple[bytes, int]:
        payload = _object(body[:header] if header else body)
        return self._tensors(payload, "inputs", body[header:] if header else b"", self._open.__contains__)

    def _rows(self, rows: Any) -> list[Any]:
        if not isinstance(rows, list):
            raise _Unreadable
        return [self._row(row) for row in rows]

    def _row(self, row: Any) -> Any:
        if isinstance(row, dict):
            return self._row_object(row)
        if len(self._names) == 1:
            return self._harmless(row) if self._names[0] in self._open else MARK
        return self._row_array(row, self._names)

    def _row_object(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: self._harmless(value) if name in self._open else MARK for name, value in row.items()}

    def _row_array(self, row: Any, names: list[str]) -> list[Any]:
        if not isinstance(row, list) or len(row) != len(names):
            raise _Unreadable
        return [self._harmless(value) if name in self._open else MARK for name, value in zip(names, row, strict=True)]

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

    def _tensors(
        self, payload: dict[str, Any], member: str, raw: bytes, is_open: Callable[[str], bool]
    ) -> tuple[bytes, int]:
        """A V2 body whose closed tensors have lost their data, also where that follows as bytes."""
        tensors, blobs, offset = [], [], 0
        if not isinstance(payload.get(member), list):
            raise _Unreadable
        for tensor in payload[member]:
            if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
                raise _Unreadable
            parameters = tensor.get("parameters") or {}
            size = parameters.get("binary_data_size")
            if size is not None:
                if not isinstance(size, int) or not 0 <= size <= len(raw) - offset:
                    raise _Unreadable
                blob, offset = raw[offset : offset + size], offset + size
            if is_open(tensor["name"]):
                tensors.append(self._harmless(tensor))
                blobs += [blob] if size is not None else []
            else:
                kept = {name: tensor[name] for name in ("name", "shape", "datatype") if name in tensor}
                tensors.append({**kept, "data": MARK})
        if offset != len(raw):
            raise _Unreadable
        others = {name: self._harmless(value) for name, value in payload.items() if name != member}
        text = msgspec.json.encode({**others, member: tensors})
        return text + b"".join(blobs), len(text) if blobs else 0

    # --- answers ---

    def _answer(self, body: bytes, header: int) -> tuple[bytes, int]:
        if header:
            payload = _object(body[:header])
            return self._tensors(payload, "outputs", body[header:], lambda name: name not in self._hidden)
        payload = msgspec.json.decode(body)
        kept = self._outputs(payload)
        return (body if kept == payload else msgspec.json.encode(kept)), 0

    def _outputs(self, payload: Any) -> Any:
        """An answer's values without what is hidden."""
        return MARK if self._answers_hidden and _has_bare_rows(payload) else self._harmless(payload)


class Withheld(Redaction):
    """For requests of which nobody can say which version's columns they hold: no body is kept."""

    def __init__(self) -> None:
        super().__init__([], [], [])

    def apply(self, own: Own, *, kind: int, status: int) -> Own:  # noqa: ARG002
        """The record without its request."""
        return super().apply(own, kind=0, status=status)


def redaction_of(route: VersionRoute) -> Redaction | None:
    """What is taken out of the bodies of a version; None: nothing."""
    if not route.recording.redact:
        return None
    hidden, inputs = route.recording.redact, _names(route.signature.inputs)
    outputs = _names(route.signature.outputs) if route.signature.outputs is not None else []
    if set(hidden) - {*inputs, *outputs} and not _holds_objects(route.signature.inputs):
        # A column that there is not: what its owner wanted to hide is somewhere else.
        return Withheld()
    return Redaction(hidden, inputs, outputs)


def _holds_objects(inputs: Columns | Tensors) -> bool:
    return isinstance(inputs, Columns) and any(column.type == "json" for column in inputs.columns)


def _problem_reader(
    open_names: frozenset[str], outputs: Callable[[Any], Any]
) -> Callable[[bytes, int], tuple[bytes, int]]:
    """Reads the problem in a record: of one that may quote the input, where it happened stays, but not its words. What a
    stream gave before it failed stands beside it, and is read as `outputs` does."""

    def read(body: bytes, _header: int) -> tuple[bytes, int]:
        problem = _object(body)
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


def _object(body: bytes) -> dict[str, Any]:
    payload = msgspec.json.decode(body)
    if not isinstance(payload, dict):
        raise _Unreadable
    return payload


def _names(part: Columns | Tensors) -> list[str]:
    return [entry.name for entry in (part.columns if isinstance(part, Columns) else part.tensors)]
