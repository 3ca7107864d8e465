"""Rows of records that have one value of an input, as records of one row each."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.monitor.windows.kinds import recorded_columns
from unshelf.monitor.windows.window import input_column
from unshelf.records.labels.label import class_name

_ANSWERED = 200


def split_slice(slice: str) -> tuple[str, str]:
    """Return the input and the value of a slice `COLUMN=VALUE`."""
    column, _, value = slice.partition("=")
    return column, value


def rows_in(records: Any, slice: str) -> Any | None:
    """Return the answered rows that a slice has, with the columns of their requests and answers; None: it has none of them.

    Columns that have another number of values than the slice's input in a request have no value there; tensors are left out."""
    name, value = split_slice(slice)
    columns = recorded_columns(records.schema)
    own = columns.get(input_column(name))
    if own is None:
        return None
    answered = records.filter(pc.equal(records.column("status"), _ANSWERED)).combine_chunks()
    counts = _lengths(answered.column(own))
    texts = _texts(_values(answered.column(own)))
    chosen = np.flatnonzero(pc.fill_null(pc.equal(texts, value), False).to_numpy(zero_copy_only=False))
    if not len(chosen):
        return None
    record = np.repeat(np.arange(len(counts)), counts)[chosen]
    within = chosen - (np.cumsum(counts) - counts)[record]
    made = {}
    for recorded in columns.values():
        column = answered.column(recorded)
        if pa.types.is_nested(column.type.value_type):
            continue
        lengths = _lengths(column)
        starts = np.cumsum(lengths) - lengths
        fits = lengths[record] == counts[record]
        values = _values(column).take(pa.array(starts[record] + within, mask=~fits))
        made[recorded] = pa.ListArray.from_arrays(pa.array(np.arange(len(chosen) + 1), pa.int32()), values)
    return pa.table({"time": answered.column("time").take(pa.array(record)), **made})


def _lengths(column: Any) -> np.ndarray:
    found: np.ndarray = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    return found


def _values(column: Any) -> Any:
    values = pc.list_flatten(column)
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _texts(values: Any) -> Any:
    """Return values as slices are written: numbers as classes are, texts as they are."""
    if pa.types.is_string(values.type):
        return values
    coded = values.dictionary_encode()
    texts = [None if each is None else class_name(each) for each in coded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(coded.indices)
