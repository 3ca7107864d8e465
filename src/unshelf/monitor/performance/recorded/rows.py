"""Rows of recorded answers: columns of lists, one a request, as values that stand beside each other row by row."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.records.archive.arrow_schemas import SCORES


class RecordedRows(NamedTuple):
    """The rows of a table of records."""

    records: Any
    counts: np.ndarray
    """Rows of each record."""
    record: np.ndarray
    """Row → its record."""
    row: np.ndarray
    """Row → its place in the request."""


def rows_of(records: Any, prediction: str | None, scores: str | None, classes: int) -> RecordedRows | None:
    """Return the rows of a table of answered requests; None: it has no answers."""
    if prediction is not None:
        counts = _lengths(records.column(prediction))
    elif scores is not None:
        lengths = _lengths(records.column(scores))
        counts = lengths if scores == SCORES else lengths // classes
    else:
        return None
    starts = np.cumsum(counts) - counts
    record: np.ndarray = np.repeat(np.arange(len(counts)), counts)
    return RecordedRows(records, counts, record, np.arange(len(record)) - np.repeat(starts, counts))


def _lengths(column: Any) -> np.ndarray:
    lengths: np.ndarray = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    return lengths


def aligned(rows: RecordedRows, name: str) -> Any:
    """Return a column with a value a row, null in requests that have another number of values in it."""
    column = rows.records.column(name)
    lengths, values = _lengths(column), _flat(column)
    fits = (lengths == rows.counts)[rows.record]
    starts = np.cumsum(lengths) - lengths
    return values.take(pa.array(starts[rows.record] + rows.row, mask=~fits))


def _flat(column: Any) -> Any:
    values = pc.list_flatten(column)
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def scores_of(rows: RecordedRows, name: str | None, matched: np.ndarray, classes: int) -> np.ndarray | None:
    """Return the probabilities of the matched rows, NaN where they are not known; a single one is of the second class of two."""
    if name is None or classes < 2:
        return None
    column = rows.records.column(name)
    lengths, values = _lengths(column), _flat(column)
    if pa.types.is_list(values.type):  # recorded beside the answer, a list a row
        lengths, values = lengths * classes, _flat(values)
    if not pa.types.is_floating(values.type) and not pa.types.is_integer(values.type):
        return None
    numbers = pc.fill_null(pc.cast(values, pa.float64()), float("nan")).to_numpy()
    starts = np.cumsum(lengths) - lengths
    record, row = rows.record[matched], rows.row[matched]
    found: np.ndarray = np.full((len(matched), classes), np.nan)
    whole = lengths[record] == rows.counts[record] * classes
    places = (starts[record] + row * classes)[whole, None] + np.arange(classes)
    found[whole] = numbers[places]
    if classes == 2:
        single = lengths[record] == rows.counts[record]
        probability = numbers[(starts[record] + row)[single]]
        found[single] = np.stack([1 - probability, probability], axis=1)
    return found


def numbers_in(rows: RecordedRows, name: str | None) -> np.ndarray:
    values = None if name is None else aligned(rows, name)
    if values is None or not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        return np.full(len(rows.record), np.nan)
    found: np.ndarray = pc.fill_null(pc.cast(values, pa.float64()), float("nan")).to_numpy(zero_copy_only=False)
    return found
