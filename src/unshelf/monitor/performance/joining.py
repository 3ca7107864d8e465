"""The join of a day's records with labels: piece by piece, so that memory does not grow with the day."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.monitor.performance.estimates.confidence import bins_of, confidence_sums
from unshelf.monitor.performance.estimates.loss import PREDICTION, LossSums, loss_sums, places_of, size_of
from unshelf.monitor.performance.labels_file import Labels, target_of
from unshelf.monitor.performance.messages import JoinRoles
from unshelf.monitor.performance.ranking.queries import RankedRows
from unshelf.monitor.performance.recorded.rows import RecordedRows, aligned, numbers_in, rows_of, scores_of
from unshelf.monitor.performance.sums import (
    OTHERS,
    QualitySums,
    Slices,
    classified,
    estimated,
    probabilities_in,
    scored,
    summed,
)
from unshelf.monitor.windows.counting import hours_of
from unshelf.monitor.windows.kinds import recorded_columns
from unshelf.monitor.windows.window import input_column, output_column
from unshelf.records.archive.arrow_schemas import SCORES
from unshelf.records.labels.label import NUMBERS_OF_TRUTHS, TRUTHS, class_name

MOST_VALUES = 50
"""Values of a slice in a piece of records; rarer ones are put together."""
_ANSWERED = 200


class JoinColumns(NamedTuple):
    """The columns of a file that a join reads, by their names there; None: the file has none."""

    prediction: str | None
    scores: str | None
    key: str | None
    slices: dict[str, str]
    inputs: dict[str, str | None]
    """Inputs that a model of the loss looks at."""
    query: str | None = None
    """The input that tells the query of a row, of a ranking."""

    def names(self) -> list[str]:
        """Return all of them, with the prediction's id."""
        found = [self.prediction, self.scores, self.key, *self.slices.values(), *self.inputs.values(), self.query]
        return ["id", *dict.fromkeys(name for name in found if name is not None)]


def columns_in(schema: Any, roles: JoinRoles) -> JoinColumns:
    """Return where the columns of roles lie in a file."""
    known = recorded_columns(schema)

    def of(side: Callable[[str], str], name: str | None) -> str | None:
        return None if name is None else known.get(side(name))

    slices = {name: found for name in roles.slices if (found := of(input_column, name)) is not None}
    scores = of(output_column, roles.scores)
    if scores is None and roles.scores is not None and SCORES in schema.names:
        scores = SCORES  # recorded beside the answer
    inputs = {name: of(input_column, name) for name in roles.edges if name != PREDICTION}
    return JoinColumns(
        of(output_column, roles.prediction), scores, of(input_column, roles.key), slices, inputs,
        of(input_column, roles.query),
    )  # fmt: skip


class DayJoin:
    """Joins the records of a day with labels."""

    def __init__(self, roles: JoinRoles, ids: Labels, keys: Labels) -> None:
        self._roles = roles
        self._ids, self._keys = ids, keys
        self._parts: dict[int, dict[str, list[QualitySums]]] = {}
        self._found: set[int] = set()
        self.strays: dict[int, int] = {}
        """Number → rows of the request, of labels that name a row which their request has not."""

    def add(self, records: Any, columns: JoinColumns) -> None:
        """Take a table of records."""
        answered = records.filter(pc.equal(records.column("status"), _ANSWERED)).combine_chunks()
        if not answered.num_rows:
            return
        rows = rows_of(answered, columns.prediction, columns.scores, max(1, len(self._roles.classes)))
        if rows is None or not len(rows.record):
            return
        self._note_strays(rows)
        place, is_of_id = self._matched(rows, columns)
        hours = hours_of(answered)[rows.record]
        slices = {name: _texts(aligned(rows, column)) for name, column in columns.slices.items()}
        matched = np.flatnonzero(place >= 0)
        values = self._values(place, is_of_id, matched)
        kind = _RankedUse if self._roles.task == "ranking" else _Use
        use = kind(self._roles, rows, columns, matched, values)
        ambiguous = self._ambiguous(rows, hours)
        for hour in np.unique(hours).tolist():
            is_own = hours == hour
            of_hour = self._parts.setdefault(hour, {})
            total = use.sums(is_own)
            total.ambiguous = ambiguous.get(hour, 0)
            total.losses = use.losses(is_own)
            of_hour.setdefault("", []).append(total)
            for name, texts in slices.items():
                for text, is_in in _by_value(texts, is_own):
                    of_hour.setdefault(f"{name}={text}", []).append(use.sums(is_in))
        self._compact()

    def truths(self, rows: RecordedRows, columns: JoinColumns) -> list[str | None]:
        """Return the label of each row as JSON; None: it has none. Nothing is summed."""
        place, is_of_id = self._matched(rows, columns)
        found: list[str | None] = [None] * len(rows.record)
        for labels, wanted in ((self._ids, is_of_id), (self._keys, ~is_of_id)):
            where = np.flatnonzero(wanted & (place >= 0))
            texts = labels.table.column("value").take(pa.array(place[where])).to_pylist() if len(where) else []
            for index, text in zip(where.tolist(), texts, strict=True):
                found[index] = text
        return found

    def hours(self) -> dict[int, Slices]:
        """Return the sums of each hour."""
        return {hour: {name: summed(parts) for name, parts in of_hour.items()} for hour, of_hour in self._parts.items()}

    def joined(self) -> list[int]:
        """Return the numbers of the labels whose prediction was found, of those for which it had not been."""
        return sorted(self._found)

    def _compact(self) -> None:
        for of_hour in self._parts.values():
            for name, parts in of_hour.items():
                if len(parts) > 1:
                    of_hour[name] = [summed(parts)]

    def _matched(self, rows: RecordedRows, columns: JoinColumns) -> tuple[np.ndarray, np.ndarray]:
        """Return the place of each row's label among those of ids or of keys (-1: none), and whether it is of an id.

        Where a row has both, the label that was received later counts."""
        none = np.full(len(rows.record), -1)
        by_id, by_key = none, none
        if self._ids.table.num_rows:
            ids = rows.records.column("id").take(pa.array(rows.record))
            found = _places(target_of(ids, pa.array(rows.row)), self._ids.targets)
            names_row = self._ids.table.column("names_row").to_numpy()
            is_clear = (rows.counts[rows.record] == 1) | names_row[np.maximum(found, 0)]
            by_id = np.where((found >= 0) & is_clear, found, -1)
        if self._keys.table.num_rows and columns.key is not None:
            by_key = _places(texts_of(aligned(rows, columns.key)), self._keys.targets)
        later = _numbers(self._ids, by_id) >= _numbers(self._keys, by_key)
        is_of_id = (by_id >= 0) & later
        for labels, places in ((self._ids, by_id), (self._keys, by_key)):
            self._note(labels, places)
        return np.where(is_of_id, by_id, by_key), is_of_id

    def _note(self, labels: Labels, places: np.ndarray) -> None:
        used = np.unique(places[places >= 0])
        if len(used):
            those = labels.table.take(pa.array(used))
            self._found.update(those.filter(pc.invert(those.column("is_joined"))).column("number").to_pylist())

    def _note_strays(self, rows: RecordedRows) -> None:
        """Note the labels of rows beyond those of their requests."""
        labels = self._ids.table.filter(pc.greater(self._ids.table.column("row"), 0))
        if not labels.num_rows:
            return
        request = _places(labels.column("target").combine_chunks(), rows.records.column("id").combine_chunks())
        counts = np.where(request >= 0, rows.counts[np.maximum(request, 0)], np.iinfo(np.int64).max)
        beyond = np.flatnonzero(labels.column("row").to_numpy() >= counts)
        numbers = labels.column("number").to_numpy()
        self.strays |= {int(numbers[each]): int(counts[each]) for each in beyond}

    def _ambiguous(self, rows: RecordedRows, hours: np.ndarray) -> dict[int, int]:
        """Return how many requests of several rows in each hour have a label that names none of them."""
        many = np.flatnonzero(rows.counts > 1)
        if not len(many) or not self._ids.table.num_rows:
            return {}
        unnamed = self._ids.table.filter(pc.invert(self._ids.table.column("names_row"))).column("target")
        if not len(unnamed):
            return {}
        ids = rows.records.column("id").take(pa.array(many))
        hit = many[pc.is_in(ids, value_set=unnamed.combine_chunks()).to_numpy(zero_copy_only=False)]
        hour_of = dict(zip(rows.record.tolist(), hours.tolist(), strict=True))
        found: dict[int, int] = {}
        for record in hit.tolist():
            found[hour_of[record]] = found.get(hour_of[record], 0) + 1
        return found

    def _values(self, place: np.ndarray, is_of_id: np.ndarray, matched: np.ndarray) -> list[Any]:
        """Return the truths of the matched rows."""
        found: list[Any] = [None] * len(matched)
        for labels, wanted in ((self._ids, is_of_id[matched]), (self._keys, ~is_of_id[matched])):
            where = np.flatnonzero(wanted)
            texts = labels.table.column("value").take(pa.array(place[matched][where])).to_pylist() if len(where) else []
            for index, text in zip(where.tolist(), texts, strict=True):
                found[index] = json.loads(text)
        return found


class _Use:
    """Truths and answers of the matched rows of a table, as sums of any of its rows."""

    def __init__(
        self, roles: JoinRoles, rows: RecordedRows, columns: JoinColumns, matched: np.ndarray, values: Sequence[Any]
    ) -> None:
        self._matched = matched
        self._is_number = roles.task == "regression"
        self._classes = list(roles.classes)
        self._truths: np.ndarray
        self._answers: np.ndarray
        self._scores: np.ndarray | None = None
        self._bins: np.ndarray | None = None
        self._places: np.ndarray | None = None
        self._edges = roles.edges
        if self._is_number:
            assert columns.prediction is not None  # noqa: S101 - rows are counted by it
            self._truths = np.array([_number(value) for value in values], dtype=float)
            answers = aligned(rows, columns.prediction).take(pa.array(matched))
            self._answers = np.array([_number(value) for value in answers.to_pylist()], dtype=float)
            self._good = np.isfinite(self._truths) & np.isfinite(self._answers)
            self._places = _loss_places(rows, columns, roles.edges)
            return
        scores = scores_of(rows, columns.scores, np.arange(len(rows.record)), len(self._classes))
        if scores is not None:
            self._scores = scores[matched]
            self._bins = bins_of(_confidence(rows, columns.prediction, self._classes, scores))
        self._answers, known_as = self._class_answers(rows, columns, matched)
        names = [class_name(value) for value in values]
        self._truths = np.array([known_as.get(name, name) for name in names], dtype=object)
        self._good = self._answers != None  # noqa: E711 - element by element

    def sums(self, is_in: np.ndarray) -> QualitySums:
        """Return the sums of the rows that a mask has."""
        own = is_in[self._matched]
        good = own & self._good
        truths, answers = self._truths[good], self._answers[good]
        if self._is_number:
            found = estimated(truths, answers) if len(truths) else QualitySums()
        else:
            found = classified(truths.tolist(), answers.tolist())
            if self._scores is not None and len(truths):
                found.scores = scored(truths.tolist(), self._scores[good], self._classes)
            if self._bins is not None:
                labelled: np.ndarray = np.zeros(len(is_in), dtype=bool)
                right: np.ndarray = np.zeros(len(is_in), dtype=bool)
                labelled[self._matched[good]] = True
                right[self._matched[good]] = truths == answers
                found.confidence = confidence_sums(self._bins[is_in], labelled[is_in], right[is_in])
        found.rows, found.unusable = int(is_in.sum()), int(own.sum() - good.sum())
        return found

    def losses(self, is_in: np.ndarray) -> LossSums | None:
        """Return the sums of the loss of the rows that a mask has; None: no model of it is made."""
        if self._places is None:
            return None
        good = is_in[self._matched] & self._good
        labelled: np.ndarray = np.zeros(len(is_in), dtype=bool)
        labelled[self._matched[good]] = True
        losses = np.abs(self._truths[good] - self._answers[good])
        return loss_sums(self._places[is_in], size_of(self._edges), labelled[is_in], losses)

    def _class_answers(
        self, rows: RecordedRows, columns: JoinColumns, matched: np.ndarray
    ) -> tuple[np.ndarray, Mapping[str, str]]:
        """Return the classes that were answered, None where there is none, and the names that some labels have among them: true and false
        are 1 and 0, whichever of both the model answers with."""
        if columns.prediction is not None:
            column = aligned(rows, columns.prediction).take(pa.array(matched))
            names = [None if value is None else class_name(value) for value in column.to_pylist()]
            is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
            known_as = TRUTHS if pa.types.is_boolean(column.type) else NUMBERS_OF_TRUTHS if is_number else {}
            return np.array(names, dtype=object), known_as
        found: np.ndarray = np.full(len(matched), None, dtype=object)
        if self._scores is not None:
            good = np.isfinite(self._scores).all(axis=1)
            found[good] = np.array(self._classes, dtype=object)[self._scores[good].argmax(axis=1)]
        classes = set(self._classes)
        return found, TRUTHS if classes == set(TRUTHS.values()) else NUMBERS_OF_TRUTHS if classes == set(TRUTHS) else {}


class _RankedUse:
    """As _Use, of rankings."""

    def __init__(
        self, roles: JoinRoles, rows: RecordedRows, columns: JoinColumns, matched: np.ndarray, values: Sequence[Any]
    ) -> None:
        assert columns.prediction is not None and roles.task == "ranking"  # noqa: S101 - rows are counted by it
        groups = rows.record
        if columns.query is not None:  # a request may have the items of several queries
            values_of = pc.fill_null(aligned(rows, columns.query).dictionary_encode().indices, -1).to_numpy()
            _, groups = np.unique(np.stack([rows.record, values_of]), axis=1, return_inverse=True)
            groups = groups.ravel()
        self._matched = matched
        self._ranked = RankedRows(aligned(rows, columns.prediction), groups, matched, values)

    def sums(self, is_in: np.ndarray) -> QualitySums:
        """Return the sums of the rows that a mask has."""
        own = is_in[self._matched]
        used = int((own & self._ranked.good).sum())
        return QualitySums(
            rows=int(is_in.sum()), labelled=used, unusable=int(own.sum()) - used, ranking=self._ranked.sums(is_in)
        )

    def losses(self, _is_in: np.ndarray) -> LossSums | None:
        """Return nothing: no loss of rankings is learned."""
        return None


def _confidence(rows: RecordedRows, prediction: str | None, classes: Sequence[str], scores: np.ndarray) -> np.ndarray:
    """Return the probability of each row's own answer, NaN where it is not known: of a class that has no score, of no probabilities."""
    good = probabilities_in(scores)
    if prediction is None:
        found: np.ndarray = np.where(good, scores.max(axis=1), np.nan)
        return found
    places = {name: place for place, name in enumerate(classes)}
    encoded = aligned(rows, prediction).dictionary_encode()
    known = [places.get(class_name(value), -1) for value in encoded.dictionary.to_pylist()]
    own = np.array([*known, -1])[pc.fill_null(encoded.indices, len(known)).to_numpy()]
    answered: np.ndarray = np.where(good & (own >= 0), scores[np.arange(len(scores)), np.maximum(own, 0)], np.nan)
    return answered


def _loss_places(rows: RecordedRows, columns: JoinColumns, edges: Mapping[str, Sequence[float]]) -> np.ndarray | None:
    """Return the bins of each row that a model of its loss looks at; None: there is none."""
    if not edges:
        return None
    inputs = {name: numbers_in(rows, recorded) for name, recorded in columns.inputs.items()}
    return places_of({**inputs, PREDICTION: numbers_in(rows, columns.prediction)}, edges)


def _places(wanted: Any, among: Any) -> np.ndarray:
    found: np.ndarray = pc.fill_null(pc.index_in(wanted, value_set=among), -1).to_numpy().astype(np.int64)
    return found


def _numbers(labels: Labels, places: np.ndarray) -> np.ndarray:
    """Return the numbers of labels, -1 where there is none."""
    if not labels.table.num_rows:
        return np.full(len(places), -1)
    numbers = labels.table.column("number").to_numpy()
    found: np.ndarray = np.where(places >= 0, numbers[np.maximum(places, 0)], -1)
    return found


def texts_of(column: Any) -> Any:
    """Return values as the texts by which keys are written."""
    if pa.types.is_string(column.type):
        return column
    return pa.array([None if value is None else class_name(value) for value in column.to_pylist()], pa.string())


def _texts(column: Any) -> np.ndarray:
    found: np.ndarray = np.array(texts_of(column).to_pylist(), dtype=object)
    return found


def _by_value(texts: np.ndarray, is_own: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the values of a slice among some rows, and the rows that have each; missing values are in no slice."""
    counts: dict[str, int] = {}
    for text in texts[is_own].tolist():
        if text is not None:
            counts[text] = counts.get(text, 0) + 1
    kept = sorted(counts, key=lambda text: (-counts[text], text))[:MOST_VALUES]
    for text in kept:
        yield text, is_own & (texts == text)
    if len(kept) < len(counts):
        is_rest = np.array([text is not None and text not in set(kept) for text in texts.tolist()])
        yield OTHERS, is_own & is_rest


def _number(value: Any) -> float:
    """Return a value as a number, NaN where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    return float(value)
