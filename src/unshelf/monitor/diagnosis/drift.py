"""Diagnosis of a drift: its columns, and of one column the bins, slices and times that it comes from."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from unshelf.contracts.errors import NotFound, UnshelfError
from unshelf.contracts.protocols.profiles import AnyProfile, CategoryProfile, TableProfile
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.diagnosis.bins import CountableBins, ValueSql, bands, binned
from unshelf.monitor.diagnosis.contribution import bin_terms, parts_of_drift, unevenness
from unshelf.monitor.diagnosis.diagnosis import (
    BinPart,
    Change,
    ColumnDiagnosis,
    DiagnosisQuestion,
    DriftDiagnosis,
    RankedColumn,
    SliceColumn,
    SlicePart,
    StepPart,
)
from unshelf.monitor.diagnosis.records import CountedBins, CountedParts, DiagnosisQueries, count_parts, steps_of
from unshelf.monitor.diagnosis.words import words_of_column, words_of_drift
from unshelf.monitor.drift.comparison import ColumnDrift, compare
from unshelf.monitor.monitors.judging.data_checks import change_in_words
from unshelf.monitor.windows.service import WindowService
from unshelf.monitor.windows.window import INPUT

MOST_SLICE_COLUMNS = 6
"""Inputs by which rows are separated unless others are named."""
_FEW_VALUES = 50
_NOT_ARCHIVED = "Its slices and times are not known: {reason}"


class DriftDiagnoses:
    """Looks into drifts. Columns are ranked by profiles, and separated by slice and time by the records themselves."""

    def __init__(
        self, windows: WindowService, queries: DiagnosisQueries, *, roles_of: Callable[[str, int], ColumnRoles]
    ) -> None:
        """`roles_of` raises NotFound."""
        self._windows = windows
        self._queries = queries
        self._roles_of = roles_of

    def rank(self, asked: DiagnosisQuestion, changes: tuple[Change, ...]) -> DriftDiagnosis:
        """Return the columns of a window by their part in the drift from what it is held against."""
        before, against, after = self.profiles(asked)
        if after is None or before is None:
            return DriftDiagnosis(
                asked=asked, against=against, rows=0 if after is None else after.rows, words=(against,), columns=(), slices=(),
                changes=changes,
            )  # fmt: skip
        drifts = compare(before, after)
        parts = {each.column: each.distance**2 for each in drifts}
        total = sum(parts.values())
        steps = self._distances(asked)
        ranked = sorted(drifts, key=lambda each: (-parts[each.column], -each.distance, each.column))
        columns = tuple(
            _ranked(each, parts[each.column], total, change_in_words(before.columns[each.column], after.columns[each.column]),
                    steps.get(each.column, ()))
            for each in ranked
        )  # fmt: skip
        return DriftDiagnosis(
            asked=asked, against=against, rows=after.rows, words=words_of_drift(asked, against, columns, changes), columns=columns,
            slices=tuple(self.slice_columns(asked, before, after)), changes=changes,
        )  # fmt: skip

    def look_into(self, asked: DiagnosisQuestion, column: str, slices: Sequence[str] = ()) -> ColumnDiagnosis:
        """Return one column in bins, with the part of each slice and step in its drift.

        `slices`: inputs by which rows are separated; none: those with the role, or with few values. Raises NotFound."""
        before, against, after = self.profiles(asked)
        old, new = self._column(before, after, column, against)
        bins = binned(old, new)
        named, notes = self._named(asked, before, after, column, slices)
        counted, why = self._count(asked, column, bins, named)
        notes += why
        window = bins.window if counted is None else counted.steps.sum(axis=0)
        terms = bin_terms(bins.reference, window)
        divergence = float(terms.sum())
        steps = () if counted is None else _steps(asked, bins.reference, counted.steps)
        parts = () if counted is None else _slice_columns(bins.reference, counted.slices)
        say = change_in_words(old, new)
        return ColumnDiagnosis(
            asked=asked, column=column, against=against, say=say, rows=0 if counted is None else int(window.sum()),
            divergence=divergence, words=words_of_column(column, say, parts, steps), bins=tuple(_bins(bins, window, terms)),
            steps=steps, slices=parts, notes=tuple(notes),
        )  # fmt: skip

    def profiles(self, asked: DiagnosisQuestion) -> tuple[TableProfile | None, str, TableProfile | None]:
        """Return the profile that a window is held against, a few words on it, and the window's own; None: there is none.

        Without one of them the words say why."""
        window = self._windows.window(asked.model, asked.version, asked.since, asked.until, live=True)
        if window is None:
            return None, f"{asked.model}:{asked.version} was not asked in this time.", None
        if asked.against == "previous":
            earlier = self._windows.window(asked.model, asked.version, asked.before_since, asked.since)
            if earlier is None:
                return None, "There were no requests in the time before.", window.profile
            return earlier.profile, "the time before", window.profile
        if asked.against != "reference":
            number = int(asked.against.removeprefix("version:"))
            other = self._windows.window(asked.model, number, asked.since, asked.until, live=True)
            if other is None:
                return None, f"Version {number} was not asked in this time.", window.profile
            return other.profile, f"version {number}", window.profile
        known = self._windows.reference_of(asked.model, asked.version)
        if known is None:
            none = "This version was deployed without a baseline, and has too few requests yet to make one of."
            return None, none, window.profile
        words = "the training data" if known.kind == "baseline" else "its first requests"
        return known.profile, words, window.profile

    def slice_columns(self, asked: DiagnosisQuestion, before: TableProfile, after: TableProfile) -> list[str]:
        """Return the inputs by which rows are separated: those with the role, else some with few values."""
        try:
            roles = self._roles_of(asked.model, asked.version).slices
        except NotFound:  # records outlive their version
            roles = ()
        named = [f"{INPUT}{name}" for name in roles if f"{INPUT}{name}" in after.columns]
        few = [
            name for name, each in after.columns.items()
            if name.startswith(INPUT) and isinstance(each, CategoryProfile) and len(each.counts) <= _FEW_VALUES
        ]  # fmt: skip
        others = [name for name, each in before.columns.items() if name.startswith(INPUT) and bands(each) is not None]
        return list(dict.fromkeys([*named, *few, *others]))

    def has_column(self, asked: DiagnosisQuestion, column: str) -> bool:
        """Whether the records of a window have a column."""
        _, _, after = self.profiles(asked)
        return after is not None and column in after.columns

    def naming(self, asked: DiagnosisQuestion, column: str) -> ValueSql | None:
        """Return what names the slices of an input; None: it has none."""
        before, _, after = self.profiles(asked)
        return _naming(before, after, column)

    def _named(
        self, asked: DiagnosisQuestion, before: TableProfile | None, after: TableProfile | None, column: str, wanted: Sequence[str]
    ) -> tuple[dict[str, ValueSql], list[str]]:  # fmt: skip
        chosen = list(wanted)
        if not chosen and before is not None and after is not None:
            chosen = [name for name in self.slice_columns(asked, before, after) if name != column][:MOST_SLICE_COLUMNS]
        named: dict[str, ValueSql] = {}
        notes = []
        for name in chosen[:MOST_SLICE_COLUMNS]:
            found = _naming(before, after, name)
            if found is None:
                notes.append(f"Rows can't be separated by {name.partition(':')[2] or name}.")
            else:
                named[name] = found
        return named, notes

    def _count(
        self, asked: DiagnosisQuestion, column: str, bins: CountableBins, named: Mapping[str, ValueSql]
    ) -> tuple[CountedParts | None, list[str]]:
        """Return the rows by slice and time, None: they can't be counted; and why not."""
        if bins.place_of is None:
            return None, [_NOT_ARCHIVED.format(reason="single values of such a column are not compared.")]
        wanted = CountedBins(column=column, place_of=bins.place_of, count=len(bins.labels))
        try:
            counted = count_parts(self._queries, asked, wanted, named)
        except UnshelfError as error:
            return None, [_NOT_ARCHIVED.format(reason=str(error).partition("\n")[0][:200])]
        if not counted.steps.sum():
            return None, [_NOT_ARCHIVED.format(reason="the records of this time are not kept any more.")]
        return counted, ["There are more slices than are shown."] if counted.truncated else []

    def _column(
        self, before: TableProfile | None, after: TableProfile | None, column: str, against: str
    ) -> tuple[AnyProfile, AnyProfile]:
        if before is None or after is None:
            raise NotFound(against)
        old, new = before.columns.get(column), after.columns.get(column)
        if old is None or new is None or type(old) is not type(new):
            where = "The records of this time have" if new is None else f"What it is held against ({against}) has"
            raise NotFound(
                f"{where} no column {column[:80]!a} that can be compared.",
                hint="Columns are named in:NAME and out:NAME.",
            )
        return old, new

    def _distances(self, asked: DiagnosisQuestion) -> dict[str, tuple[tuple[datetime, float | None], ...]]:
        hours = 1 if asked.until - asked.since <= timedelta(days=3) else 24
        found: dict[str, list[tuple[datetime, float | None]]] = {}
        steps = self._windows.hours(asked.model, asked.version, asked.since, asked.until, hours=hours, columns=True)
        for step in steps:
            for summary in step.columns:
                found.setdefault(summary.column, []).append((step.start, summary.distance))
        return {name: tuple(each) for name, each in found.items()}


def _naming(before: TableProfile | None, after: TableProfile | None, column: str) -> ValueSql | None:
    """Numbers are parted on the reference's bins, so that bands stay the same from window to window."""
    for side in (before, after):
        profile = None if side is None else side.columns.get(column)
        named = None if profile is None else bands(profile)
        if named is not None:
            return named
    return None


def _ranked(
    drift: ColumnDrift, part: float, total: float, say: str, distances: tuple[tuple[datetime, float | None], ...]
) -> RankedColumn:
    return RankedColumn(
        column=drift.column, name=drift.column.partition(":")[2], side="input" if drift.column.startswith(INPUT) else "output",
        divergence=part, distance=part**0.5, share=part / total if total else 0.0, drifted=drift.drifted, say=say, distances=distances,
    )  # fmt: skip


def _bins(bins: CountableBins, window: Any, terms: Any) -> list[BinPart]:
    total, (old, new) = float(terms.sum()), (float(side.sum()) for side in (bins.reference, window))
    return [
        BinPart(
            label=label, before=float(bins.reference[place]) / old if old else 0.0, now=float(window[place]) / new if new else 0.0,
            rows=int(window[place]), divergence=float(terms[place]), share=float(terms[place]) / total if total else 0.0,
        )
        for place, label in enumerate(bins.labels)
    ]  # fmt: skip


def _steps(asked: DiagnosisQuestion, reference: Any, counts: Any) -> tuple[StepPart, ...]:
    parts = parts_of_drift(reference, counts)
    total = float(parts.sum())
    return tuple(
        StepPart(start=start, rows=int(row.sum()), part=float(part), share=float(part) / total if total else 0.0)
        for start, row, part in zip(steps_of(asked), counts, parts, strict=True)
    )


def _slice_columns(reference: Any, slices: Mapping[str, Mapping[str, Any]]) -> tuple[SliceColumn, ...]:
    found = [_slice_column(name, reference, values) for name, values in slices.items() if len(values) > 1]
    return tuple(sorted(found, key=lambda each: (-each.unevenness, each.name)))


def _slice_column(name: str, reference: Any, values: Mapping[str, Any]) -> SliceColumn:
    names = list(values)
    cells = np.stack([values[each] for each in names])
    parts = parts_of_drift(reference, cells.reshape(-1, cells.shape[-1])).reshape(len(names), -1)
    total, rows = float(parts.sum()), float(cells.sum())
    found = [
        SlicePart(
            value=value, rows=int(cells[place].sum()), share_of_rows=float(cells[place].sum()) / rows if rows else 0.0,
            part=float(parts[place].sum()), share=float(parts[place].sum()) / total if total else 0.0,
            steps=tuple((parts[place] / total if total else parts[place]).tolist()),
        )
        for place, value in enumerate(names)
    ]  # fmt: skip
    uneven = unevenness([(each.share, each.share_of_rows) for each in found])
    return SliceColumn(
        name=name, unevenness=uneven, parts=tuple(sorted(found, key=lambda each: (-each.part, each.value)))
    )
