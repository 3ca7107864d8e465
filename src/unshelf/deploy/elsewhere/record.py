"""Records as they are sent, held against the signature of the version that made them."""

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from unshelf.contracts.problems import InputError
from unshelf.contracts.signature import Column, Columns, Signature

MOST_RECORDS = 10_000
"""The most records of one batch."""
LONGEST_ID = 200
_AHEAD_SECONDS = 300
"""How far a record's time may lie ahead: clocks differ."""
_SHOWN = 80
_NUMBER_TEXTS = ("NaN", "Infinity", "-Infinity")
_WHOLE = range(-(2**63), 2**64)


class RecordSent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A prediction as it is sent: one row, and its answer or its error."""

    inputs: Any
    """The row: an object by column, or an array in the order of the signature; a missing column is a gap."""
    output: Any = msgspec.UNSET
    """The answer: a value, or an object by the names of the outputs."""
    id: str | int = ""
    """The sender's id of the prediction, by which it counts once and labels find it; empty: one is made, and nothing is known again."""
    time: str | int | float | None = None
    """The moment of the prediction: ISO 8601 (UTC unless it says otherwise) or Unix seconds; null: now."""
    version: int | None = None
    """The version that predicted; null: the one of the request."""
    latency_ms: float = 0.0
    error: str = ""
    """Why there is no answer."""


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """A record that fits its signature."""

    id: str
    time_ns: int
    version: int
    latency_us: int
    inputs: Any
    output: Any
    error: str


class Unfit(Exception):
    """A record that can't be taken."""

    def __init__(self, column: str, expected: str, got: Any) -> None:
        super().__init__(column)
        self.column, self.expected = column, expected
        self.got = got if isinstance(got, str) and got.startswith("no ") else _shown(got)

    def at(self, row: int) -> InputError:
        """Return it as a fault of a batch."""
        return InputError(row=row, column=self.column, expected=self.expected, got=self.got)


def checked(sent: RecordSent, version: int, signature: Signature, *, now_ns: int, oldest_ns: int) -> CheckedRecord:
    """Return a record in the form in which it is written. Raises Unfit.

    `oldest_ns`: an older one would be removed at once, because of its age."""
    id = str(sent.id)
    if len(id) > LONGEST_ID:
        raise Unfit("id", f"at most {LONGEST_ID} characters", f"no fewer than {len(id)}")
    time_ns = now_ns if sent.time is None else _moment(sent.time)
    if time_ns > now_ns + _AHEAD_SECONDS * 1_000_000_000:
        raise Unfit("time", "a moment that has passed", sent.time)
    if time_ns < oldest_ns:
        raise Unfit("time", "a moment within the days that records are kept", sent.time)
    if not 0 <= sent.latency_ms < 1e12:
        raise Unfit("latency_ms", "milliseconds, 0 or more", sent.latency_ms)
    if sent.output is msgspec.UNSET and not sent.error:
        raise Unfit("output", "an answer, or an error that says why there is none", "no output")
    inputs = _row(sent.inputs, signature)
    output = None if sent.error else _answer(sent.output, signature)
    return CheckedRecord(id, time_ns, version, int(sent.latency_ms * 1000), inputs, output, sent.error)


def _moment(value: str | float) -> int:
    with contextlib.suppress(ValueError, OverflowError):
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            moment = read.replace(tzinfo=UTC) if read.tzinfo is None else read
            return int(moment.timestamp() * 1_000_000) * 1000
        if math.isfinite(value) and 0 <= value < 1e11:
            return int(value * 1_000_000) * 1000
    raise Unfit("time", "ISO 8601, or seconds since 1970", value)


def _row(row: Any, signature: Signature) -> Any:
    inputs = signature.inputs
    if not isinstance(inputs, Columns):
        if not isinstance(row, list | dict) or not row:
            raise Unfit("inputs", "the tensors of one row", row)
        return row
    columns = {column.name: column for column in inputs.columns}
    if isinstance(row, list):
        if len(row) != len(columns):
            raise Unfit(
                "inputs", f"{len(columns)} values, in the order of the columns", f"no more or less than {len(row)}"
            )
        row = dict(zip(columns, row, strict=True))
    if not isinstance(row, dict):
        raise Unfit("inputs", "an object by column", row)
    for name in row:
        if name not in columns:
            raise Unfit(name[:_SHOWN], f"a column of the signature: {', '.join(columns)[:500]}", "no such column")
    return {name: _value(column, row.get(name)) for name, column in columns.items()}


def _answer(answer: Any, signature: Signature) -> Any:
    outputs = signature.outputs
    if not isinstance(outputs, Columns):
        return answer
    columns = {column.name: column for column in outputs.columns}
    if isinstance(answer, Mapping) and not any(column.type == "json" for column in columns.values()):
        for name in answer:
            if name not in columns:
                raise Unfit(
                    str(name)[:_SHOWN], f"an output of the signature: {', '.join(columns)[:500]}", "no such output"
                )
        found = {name: _value(column, answer.get(name)) for name, column in columns.items()}
        return found if len(columns) > 1 or "output" not in columns else found["output"]
    if len(columns) > 1:
        raise Unfit("output", f"an object by the names {', '.join(columns)[:500]}", answer)
    ((name, column),) = columns.items()
    value = _value(column, answer)
    return value if name == "output" else {name: value}


def _value(column: Column, value: Any) -> Any:
    """Return a value of a column. Raises Unfit; a missing one is none: gaps are what monitors look for."""
    if value is None:
        return None
    fits, expected = _KINDS.get(column.type, (_is_whole, "a whole number"))
    if not fits(value):
        raise Unfit(column.name, expected, value)
    return int(value) if fits is _is_whole else value


def _is_whole(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer() and int(value) in _WHOLE
    return isinstance(value, int) and not isinstance(value, bool) and value in _WHOLE


def _is_number(value: Any) -> bool:
    return (isinstance(value, int | float) and not isinstance(value, bool)) or value in _NUMBER_TEXTS


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_moment(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "float16": (_is_number, "a number"), "float32": (_is_number, "a number"), "float64": (_is_number, "a number"),
    "string": (_is_text, "a text"), "datetime": (_is_moment, "ISO 8601"),
    "duration": (lambda value: _is_text(value) or _is_number(value), "ISO 8601, or seconds"),
    "bytes": (_is_text, "base64"), "json": (lambda _: True, "anything"),
}  # fmt: skip


def _shown(value: Any) -> str:
    try:
        return msgspec.json.encode(value).decode()[:_SHOWN]
    except (TypeError, ValueError, msgspec.MsgspecError):
        return type(value).__name__
