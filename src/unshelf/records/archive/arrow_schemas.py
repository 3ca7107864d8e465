"""Records as Arrow tables: fixed columns of facts, and beside them the typed columns of the version's signature."""

import struct
from array import array
from collections.abc import Sequence
from itertools import accumulate, chain, repeat
from typing import Any

import pyarrow as pa
from msgspec.structs import astuple

from unshelf.codecs.columns import ANSWERS, REQUESTS, TypedColumns, types_of
from unshelf.contracts.records import Common, Own, PredictionRecord, Sheet, pack_scores
from unshelf.contracts.signature import Signature
from unshelf.records.selection import addressed_by

SEGMENT = "segment"
"""The column that names the segment a record was written to, without ending."""
OFFSET = "segment_offset"
"""The column of a record's place in that segment, as `contracts.records` says."""
_FACTS = [
    pa.field("id", pa.string()),
    pa.field("time", pa.timestamp("ns")),  # UTC
    pa.field("model", pa.string()),
    pa.field("version", pa.int32()),
    pa.field("reference", pa.string()),
    pa.field("protocol", pa.string()),
    pa.field("key", pa.string()),
    pa.field("purpose", pa.string()),
    pa.field("status", pa.int32()),
    pa.field("code", pa.string()),
    pa.field("latency_us", pa.int64()),
    pa.field("queue_us", pa.int64()),
    pa.field("predict_us", pa.int64()),
    pa.field("batch_rows", pa.int64()),
    pa.field("attempts", pa.int32()),
    pa.field("generation", pa.int64()),
    pa.field("trace", pa.string()),
    pa.field("content_type", pa.string()),
    pa.field("input", pa.binary()),
    pa.field("input_header", pa.int64()),
    pa.field("input_size", pa.int64()),
    pa.field("input_sha256", pa.string()),
    pa.field("params", pa.binary()),
    pa.field("output", pa.binary()),
    pa.field("output_header", pa.int64()),
    pa.field(SEGMENT, pa.string()),
    pa.field(OFFSET, pa.int64()),
]
SCORES = "scores"
"""The column of scores that a version records beside its answers: for each row of a request a list with a number for each class."""
SCORES_FIELD = pa.field(SCORES, pa.list_(pa.list_(pa.float32())))
_HEAD = struct.Struct("<I")
FACTS = [str(field.name) for field in _FACTS]
_BARE = "output"
"""The name that workers give to an answer without one."""


def schema_of(signature: Signature | None) -> Any:
    """Return the columns of a version's file: the facts, then `in_<name>` and `out_<name>` (`out` for an answer without a name), each
    a list with one value a row of the request; and `scores`, where the version records them."""
    fields = list(_FACTS)
    if signature is not None:
        fields += [pa.field(f"in_{name}", pa.list_(kind)) for name, kind in types_of(signature.inputs).items()]
        if signature.outputs is not None:
            fields += [pa.field(_out(name), pa.list_(kind)) for name, kind in types_of(signature.outputs).items()]
        if signature.scores is not None:
            fields.append(SCORES_FIELD)
    return pa.schema(fields)


class Tables:
    """Makes tables of the records of one version."""

    def __init__(self, signature: Signature | None) -> None:
        self.schema = schema_of(signature)
        self._sides: list[TypedColumns] = []
        if signature is not None:
            self._sides.append(TypedColumns(signature.inputs, REQUESTS))
            if signature.outputs is not None:
                self._sides.append(TypedColumns(signature.outputs, ANSWERS))
        self._classes = len(signature.scores.classes) if signature is not None and signature.scores is not None else 0

    def table(self, segment: str, places: Sequence[int], sheets: Sequence[Sheet]) -> Any:
        """Return the records of sheets, which lie at these places in a segment, as a table of the schema. At least one."""
        owned = zip(*map(astuple, chain.from_iterable(sheet.own for sheet in sheets)), strict=True)
        own = dict(zip(Own.__struct_fields__, owned, strict=True))
        own |= {"time": own["time_ns"], SEGMENT: (segment,) * len(places), OFFSET: tuple(places)}
        shared = zip(*(astuple(sheet.common) for sheet in sheets), strict=True)
        common = dict(zip(Common.__struct_fields__, shared, strict=True))
        if not all(common["version"]):
            facts = zip(common["model"], common["version"], common["reference"], strict=True)
            common["model"] = tuple(addressed_by(*each)[0] for each in facts)
        sheet_of_row = pa.array(
            chain.from_iterable(repeat(n, len(sheet.own)) for n, sheet in enumerate(sheets)), pa.int32()
        )
        arrays = [
            _array(own[field.name], field.type) if field.name in own
            else _array(common[field.name], field.type).take(sheet_of_row)
            for field in _FACTS
        ]  # fmt: skip
        for side in self._sides:
            arrays += side.arrays(sheets)
        if self._classes:
            arrays.append(scores_array(own[SCORES], self._classes))
        return pa.table(arrays, schema=self.schema)


def _array(values: tuple[Any, ...], kind: Any) -> Any:
    """Return an Arrow array. Zeros and empty values, which most records have in many fields, take a fraction of the time."""
    return pa.array(values, kind) if any(values) else pa.repeat(pa.scalar(values[0], kind), len(values))


def record_of(row: dict[str, Any]) -> PredictionRecord:
    """Return the record of a row whose `time` is nanoseconds."""
    facts = {name: value for name, value in row.items() if name not in ("time", SEGMENT, OFFSET, SCORES)}
    return PredictionRecord(time_ns=row["time"], scores=_packed(row.get(SCORES)), **facts)


def scores_array(scores: Sequence[bytes], classes: int) -> Any:
    """Return the scores of records (see contracts.records) as the column has them; null where there are none for these classes."""
    width = 4 * classes
    good = [
        len(each) > _HEAD.size and each[:4] == _HEAD.pack(classes) and not (len(each) - 4) % width for each in scores
    ]
    rows = [(len(each) - 4) // width if is_good else 0 for each, is_good in zip(scores, good, strict=True)]
    data = b"".join(each[4:] for each, is_good in zip(scores, good, strict=True) if is_good)
    numbers = pa.Array.from_buffers(pa.float32(), len(data) // 4, [None, pa.py_buffer(data)])
    inner = pa.ListArray.from_arrays(pa.array(range(0, len(data) // 4 + 1, classes), pa.int32()), numbers)
    starts = accumulate(rows, initial=0)
    offsets = [start if is_good else None for start, is_good in zip(starts, [*good, True], strict=True)]
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner)


def _packed(rows: list[list[float]] | None) -> bytes:
    """Return scores as a record has them."""
    return pack_scores(rows) if rows else b""


def scores_of(record: PredictionRecord) -> list[list[float]] | None:
    """Return a record's scores, a list of numbers a row; None: it has none."""
    if len(record.scores) <= _HEAD.size:
        return None
    classes, numbers = _HEAD.unpack_from(record.scores)[0], array("f", record.scores[_HEAD.size :])
    if not classes or len(numbers) % classes:
        return None
    return [list(numbers[start : start + classes]) for start in range(0, len(numbers), classes)]


def _out(name: str) -> str:
    return "out" if name == _BARE else f"out_{name}"
