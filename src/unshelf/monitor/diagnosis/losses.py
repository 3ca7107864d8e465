"""Diagnosis of a change of quality: the slices, times and mistakes that it comes from, from the sums of joined days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from unshelf.monitor.diagnosis.bins import MISSING
from unshelf.monitor.diagnosis.contribution import LossRows, parts_of_loss, unevenness
from unshelf.monitor.diagnosis.diagnosis import (
    Change,
    DiagnosisQuestion,
    LossMistake,
    LossSlice,
    QualityDiagnosis,
    SliceColumn,
    StepPart,
)
from unshelf.monitor.diagnosis.records import steps_of
from unshelf.monitor.diagnosis.words import words_of_quality
from unshelf.monitor.performance.metrics import metrics_of
from unshelf.monitor.performance.service import QualityService
from unshelf.monitor.performance.sums import QualitySums, Slices, summed
from unshelf.monitor.performance.watching import is_worse

_JUDGED = ("accuracy", "mae")
_MOST_MISTAKES = 10
_FEW = 30
Measure = Literal["wrong_answers", "mae", ""]


class QualityDiagnoses:
    """Looks into changes of quality."""

    def __init__(self, quality: QualityService) -> None:
        self._quality = quality

    def explain(self, asked: DiagnosisQuestion, changes: tuple[Change, ...]) -> QualityDiagnosis:
        """Return the slices, times and mistakes by their part in the change since the time before."""
        windows = self._quality.windows(asked.model, asked.version, asked.since, asked.until)
        earlier = self._quality.windows(asked.model, asked.version, asked.before_since, asked.since)
        old, new = (summed(each.get("", QualitySums()) for _, each in side) for side in (earlier, windows))
        before, now = loss_of(old), loss_of(new)
        if before.mean is None or now.mean is None:
            return _nothing(asked, old, new, changes)
        measure: Measure = "mae" if new.numbers is not None else "wrong_answers"
        change = now.mean - before.mean
        slices = _slices(asked, earlier, windows, change)
        worse = _is_worse(old, new)
        return QualityDiagnosis(
            asked=asked, measure=measure, before=before.mean, now=now.mean, labelled_before=before.rows, labelled=now.rows,
            is_worse=worse, steps=_steps(asked, windows, before.mean, now.rows, change), slices=slices,
            mistakes=_mistakes(old, new, change), changes=changes, notes=_notes(before.rows, now.rows),
            words=words_of_quality(
                measure, before.mean, now.mean, is_worse=worse, slices=slices, changes=changes, since=asked.since
            ),
        )  # fmt: skip


def loss_of(sums: QualitySums) -> LossRows:
    """Return the labelled rows of sums, and their loss: a wrong answer each, or the absolute error."""
    if sums.numbers is not None:
        return LossRows(rows=sums.numbers.rows, loss=sums.numbers.absolute)
    rows = sum(sum(each.values()) for each in sums.confusion.values())
    return LossRows(rows=rows, loss=float(rows - sums.right))


def _nothing(
    asked: DiagnosisQuestion, old: QualitySums, new: QualitySums, changes: tuple[Change, ...]
) -> QualityDiagnosis:
    which = "this time" if loss_of(new).mean is None else "the time before"
    return QualityDiagnosis(
        asked=asked, measure="", before=loss_of(old).mean, now=loss_of(new).mean, labelled_before=loss_of(old).rows,
        labelled=loss_of(new).rows, is_worse=False, words=(f"No prediction of {which} has a label that could be used.",),
        steps=(), slices=(), mistakes=(), changes=changes,
    )  # fmt: skip


def _slices(
    asked: DiagnosisQuestion, earlier: Sequence[tuple[datetime, Slices]], windows: Sequence[tuple[datetime, Slices]], change: float
) -> tuple[SliceColumn, ...]:  # fmt: skip
    old, new = _by_slice(earlier), _by_slice(windows)
    steps = [_by_slice(part) for part in _by_step(asked, windows)]
    found = []
    for column in new:
        if len(old.get(column, {}).keys() | new[column].keys()) < 2:
            continue
        parts = parts_of_loss(old.get(column, {}), new[column])
        rows = sum(each.rows for each in new[column].values())
        values = [
            LossSlice(
                value=value, rows_before=_of(old, column, value).rows, rows=_of(new, column, value).rows,
                before=_of(old, column, value).mean, now=_of(new, column, value).mean, worse=part.worse, mix=part.mix,
                share=part.total / change if change else 0.0, share_of_rows=_of(new, column, value).rows / rows if rows else 0.0,
                steps=tuple(_of(step, column, value).mean for step in steps),
            )
            for value, part in parts.items()
        ]  # fmt: skip
        uneven = unevenness([(each.share, each.share_of_rows) for each in values])
        ranked = sorted(values, key=lambda each: (-(each.worse + each.mix), each.value))
        found.append(SliceColumn(name=column, unevenness=uneven, parts=tuple(ranked)))
    return tuple(sorted(found, key=lambda each: (-each.unevenness, each.name)))


_Losses = dict[str, dict[str, LossRows]]
_NO_ROWS = LossRows(rows=0, loss=0.0)


def _of(losses: Mapping[str, Mapping[str, LossRows]], column: str, value: str) -> LossRows:
    return losses.get(column, {}).get(value, _NO_ROWS)


def _by_slice(windows: Iterable[tuple[datetime, Slices]]) -> _Losses:
    """Return column → value → labelled rows; rows without a value are a slice of their own, so that all slices of a column are all rows."""
    found: _Losses = {}
    total = _NO_ROWS
    for _, slices in windows:
        for name, sums in slices.items():
            column, is_slice, value = name.partition("=")
            loss = loss_of(sums)
            if not is_slice:
                total = _sum(total, loss)
            elif loss.rows:
                values = found.setdefault(column, {})
                values[value] = _sum(values.get(value, _NO_ROWS), loss)
    for values in found.values():
        rows = total.rows - sum(each.rows for each in values.values())
        if rows > 0:
            rest = total.loss - sum(each.loss for each in values.values())
            values[MISSING] = _sum(values.get(MISSING, _NO_ROWS), LossRows(rows=rows, loss=max(0.0, rest)))
    return found


def _sum(one: LossRows, two: LossRows) -> LossRows:
    return LossRows(rows=one.rows + two.rows, loss=one.loss + two.loss)


def _by_step(
    asked: DiagnosisQuestion, windows: Sequence[tuple[datetime, Slices]]
) -> list[list[tuple[datetime, Slices]]]:
    size = timedelta(hours=asked.step_hours)
    found: list[list[tuple[datetime, Slices]]] = [[] for _ in steps_of(asked)]
    for start, slices in windows:
        found[(start - asked.since) // size].append((start, slices))
    return found


def _steps(
    asked: DiagnosisQuestion, windows: Sequence[tuple[datetime, Slices]], before: float, rows: int, change: float
) -> tuple[StepPart, ...]:
    """The loss of a step above that of the time before, weighted by its rows: all steps together are the change."""
    found = []
    for start, part in zip(steps_of(asked), _by_step(asked, windows), strict=True):
        loss = loss_of(summed(each.get("", QualitySums()) for _, each in part))
        above = (loss.loss - loss.rows * before) / rows
        found.append(StepPart(start=start, rows=loss.rows, part=above, share=above / change if change else 0.0))
    return tuple(found)


def _mistakes(old: QualitySums, new: QualitySums, change: float) -> tuple[LossMistake, ...]:
    """The wrong answers that became more frequent, the greatest part of the change first."""
    before, now = loss_of(old).rows, loss_of(new).rows
    found = []
    for truth, answers in new.confusion.items():
        for answer, rows in answers.items():
            if answer == truth:
                continue
            was, is_now = old.confusion.get(truth, {}).get(answer, 0) / before, rows / now
            share = (is_now - was) / change if change else 0.0
            found.append(LossMistake(truth=truth, answer=answer, before=was, now=is_now, rows=rows, share=share))
    ranked = sorted(found, key=lambda each: (each.before - each.now, each.truth, each.answer))
    return tuple(ranked[:_MOST_MISTAKES])


def _is_worse(old: QualitySums, new: QualitySums) -> bool:
    before, now = ({each.name: each for each in metrics_of(sums)} for sums in (old, new))
    name = next((each for each in _JUDGED if each in before and each in now), None)
    return name is not None and is_worse(before[name], now[name])


def _notes(before: int, now: int) -> tuple[str, ...]:
    few = [
        f"{count} labelled rows {where}" for count, where in ((now, "in this time"), (before, "before")) if count < _FEW
    ]
    return (f"Only {' and '.join(few)}: parts of the change say little.",) if few else ()
