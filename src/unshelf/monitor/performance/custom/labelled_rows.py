"""Labelled rows of a day as the arrays that a metric's function gets, in one `.npz` file that holds no object."""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.monitor.performance.joining import DayJoin, JoinColumns, texts_of
from unshelf.monitor.performance.labels_file import Labels
from unshelf.monitor.performance.messages import JoinRoles
from unshelf.monitor.performance.recorded.rows import RecordedRows, aligned, rows_of, scores_of
from unshelf.monitor.windows.kinds import recorded_columns
from unshelf.monitor.windows.window import INPUT
from unshelf.records.labels.label import class_name

_ANSWERED = 200
_TRUTH, _PREDICTION, _RECORD, _QUERY, _KEY = "truth", "prediction", "record", "query", "key"
_SLICE, _SCORE = "slice ", "score "
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


class LabelledRows:
    """Collects the rows of a day that have a label; of more than are wanted a sample in which each is as likely."""

    def __init__(self, roles: JoinRoles, ids: Labels, keys: Labels, *, most: int, seed: str) -> None:
        self._roles = roles
        self._join = DayJoin(roles, ids, keys)
        self._most = most
        self._random = np.random.default_rng(zlib.crc32(seed.encode()))
        self._table: Any = None
        self._records = 0
        self.labelled = 0

    def add(self, records: Any, columns: JoinColumns) -> None:
        """Take a table of records."""
        answered = records.filter(pc.equal(records.column("status"), _ANSWERED)).combine_chunks()
        classes = max(1, len(self._roles.classes))
        rows = rows_of(answered, columns.prediction, columns.scores, classes) if answered.num_rows else None
        if rows is None or not len(rows.record):
            return
        truths = pa.array(self._join.truths(rows, columns), pa.string())
        made = {_TRUTH: truths, _RECORD: pa.array(rows.record + self._records)}
        made |= self._answers(rows, columns)
        self._records += len(rows.counts)
        if columns.query is not None:
            made[_QUERY] = texts_of(aligned(rows, columns.query))
        for name, recorded in columns.slices.items():
            made[_SLICE + name] = texts_of(aligned(rows, recorded))
        for name, recorded in recorded_columns(answered.schema).items():
            if name.startswith(INPUT):
                made[name] = aligned(rows, recorded)
        keep = pc.and_(pc.is_valid(truths), pc.is_valid(made[_PREDICTION]))
        self._take(pa.table(made).filter(keep))

    def write(self, path: Path) -> tuple[int, list[str]]:
        """Write the file; returns its rows, 0: it is not written, and the inputs that it lacks."""
        if self._table is None or not self._table.num_rows:
            return 0, []
        table = self._table.drop_columns([_KEY]).combine_chunks()
        truth, prediction, good = self._truths(table)
        table = table.filter(pa.array(good))
        if not table.num_rows:
            return 0, []
        file = _File()
        file.put_values(_TRUTH, truth[good])
        file.put_values(_PREDICTION, prediction[good])
        if self._roles.task == "ranking":
            file.arrays["groups"] = _groups(table)
        scores = [name for name in table.column_names if name.startswith(_SCORE)]
        if scores:
            file.arrays["scores"] = np.stack([table.column(name).to_numpy() for name in scores], axis=1)
        for name in table.column_names:
            if name.startswith(_SLICE):
                file.put_slice(name.removeprefix(_SLICE), table.column(name))
            elif name.startswith(INPUT):
                file.put_input(name.removeprefix(INPUT), table.column(name))
        file.write(path)
        return table.num_rows, file.left_out

    def _take(self, table: Any) -> None:
        self.labelled += table.num_rows
        table = table.append_column(_KEY, pa.array(self._random.random(table.num_rows)))
        self._table = (
            table if self._table is None else pa.concat_tables([self._table, table], promote_options="permissive")
        )
        if self._table.num_rows > 2 * self._most:
            self._table = self._drawn()

    def _drawn(self) -> Any:
        if self._table.num_rows <= self._most:
            return self._table
        keys = self._table.column(_KEY).to_numpy()
        chosen = np.sort(np.argpartition(keys, self._most)[: self._most])
        return self._table.take(pa.array(chosen)).combine_chunks()

    def finish(self) -> None:
        """Keep no more rows than are wanted."""
        if self._table is not None:
            self._table = self._drawn()

    def _answers(self, rows: RecordedRows, columns: JoinColumns) -> dict[str, Any]:
        """Return the prediction of each row, and the score of each class."""
        classes = self._roles.classes
        found: dict[str, Any] = {}
        scores = scores_of(rows, columns.scores, np.arange(len(rows.record)), len(classes))
        if scores is not None:
            found = {f"{_SCORE}{place}": pa.array(scores[:, place]) for place in range(len(classes))}
        if columns.prediction is not None:
            return {_PREDICTION: aligned(rows, columns.prediction), **found}
        answers: np.ndarray = np.full(len(rows.record), None, dtype=object)
        if scores is not None:
            good = np.isfinite(scores).all(axis=1)
            answers[good] = np.array(classes, dtype=object)[scores[good].argmax(axis=1)]
        return {_PREDICTION: pa.array(answers.tolist(), pa.string()), **found}

    def _truths(self, table: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return truths and predictions of one type, that of the predictions, and which rows have both."""
        values = [json.loads(text) for text in table.column(_TRUTH).to_pylist()]
        column = table.column(_PREDICTION)
        if self._roles.task != "classification":
            truths: np.ndarray = np.array([_number(value) for value in values])
            answers: np.ndarray = np.array([_number(value) for value in column.to_pylist()])
            return truths, answers, np.isfinite(truths) & np.isfinite(answers)
        names = [class_name(value) for value in values]
        kind = column.type
        typed: list[Any]
        if pa.types.is_boolean(kind):
            typed = [_BOOLEANS.get(name) for name in names]
        elif pa.types.is_integer(kind):
            typed = [_integer(name) for name in names]
        elif pa.types.is_floating(kind):
            typed = [value if np.isfinite(value := _float(name)) else None for name in names]
        else:
            typed = list(names)
        good: np.ndarray = np.array([value is not None for value in typed], dtype=bool)
        default: Any = "" if not pa.types.is_primitive(kind) else 0
        dtype = (
            bool
            if pa.types.is_boolean(kind)
            else int
            if pa.types.is_integer(kind)
            else float
            if pa.types.is_floating(kind)
            else object
        )
        answered = column.to_pylist() if dtype is not object else [class_name(value) for value in column.to_pylist()]
        return (
            np.array([default if value is None else value for value in typed], dtype=dtype),
            np.array(answered, dtype=dtype),
            good,
        )


class _File:
    """Arrays of a file, with what is needed to read them."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.left_out: list[str] = []
        self._texts: dict[str, list[Any]] = {}
        self._columns: dict[str, str] = {}
        self._slices: dict[str, str] = {}

    def put_values(self, name: str, values: np.ndarray) -> None:
        if values.dtype == object:
            self._put_coded(name, pa.array(values.tolist(), pa.string()))
        else:
            self.arrays[name] = values

    def put_slice(self, name: str, column: Any) -> None:
        array = f"s{len(self._slices)}"
        self._slices[name] = array
        self._put_coded(array, column)

    def put_input(self, name: str, column: Any) -> None:
        kind, array = column.type, f"c{len(self._columns)}"
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        if (
            pa.types.is_integer(kind)
            or pa.types.is_floating(kind)
            or (pa.types.is_boolean(kind) and not column.null_count)
        ):
            self.arrays[array] = column.to_numpy()
        elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            self.arrays[array] = pc.cast(column, pa.timestamp("us"), safe=False).to_numpy()
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind):
            self._put_coded(array, column)
        else:
            self.left_out.append(name)
            return
        self._columns[name] = array

    def _put_coded(self, name: str, column: Any) -> None:
        """Keep values as places in a list, -1 where there is none."""
        coded = (column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column).dictionary_encode()
        if isinstance(coded, pa.ChunkedArray):
            coded = coded.combine_chunks()
        self.arrays[name] = pc.fill_null(coded.indices, -1).to_numpy().astype(np.int32)
        self._texts[name] = coded.dictionary.to_pylist()

    def write(self, path: Path) -> None:
        facts = {"texts": self._texts, "columns": self._columns, "slices": self._slices}
        content: np.ndarray = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
        np.savez(path, allow_pickle=False, facts=content, **self.arrays)


def _groups(table: Any) -> np.ndarray:
    """Return the query of each row as a number: its request, and in it the value of the query's input."""
    records = table.column(_RECORD).to_numpy()
    queries: np.ndarray = np.zeros(len(records), dtype=np.int64)
    if _QUERY in table.column_names:
        coded = table.column(_QUERY).combine_chunks().dictionary_encode()
        queries = pc.fill_null(coded.indices, -1).to_numpy().astype(np.int64)
    _, groups = np.unique(np.stack([records, queries]), axis=1, return_inverse=True)
    found: np.ndarray = groups.ravel()
    return found


def _number(value: Any) -> float:
    """Return a value as a number, NaN where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    return float(value)


def _integer(name: str) -> int | None:
    try:
        return int(name)
    except ValueError:
        return None


def _float(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return float("nan")
