"""Diagnoses in sentences: where a problem comes from, since when, and what was changed before."""

from collections.abc import Sequence
from datetime import datetime

from unshelf.monitor.dashboards.words import share
from unshelf.monitor.diagnosis.diagnosis import (
    Change,
    DiagnosisQuestion,
    LossSlice,
    RankedColumn,
    SliceColumn,
    SlicePart,
    StepPart,
)
from unshelf.monitor.drift.comparison import THRESHOLD

_NAMED = 3
_TELLING = 0.2
"""From this share on a column or a slice is named."""
_UNEVEN = 0.15
"""From here on a problem is spread so unevenly that its slices are worth a sentence."""


def words_of_drift(
    asked: DiagnosisQuestion, against: str, columns: Sequence[RankedColumn], changes: Sequence[Change]
) -> tuple[str, ...]:
    """Return what to know of a drift, the most important first."""
    name = f"{asked.model}:{asked.version}"
    far = [each for each in columns if each.drifted]
    if not far:
        return (f"No column of {name} is far from {against} in this time.",)
    named = [each for each in columns if each.share >= _TELLING][:_NAMED] or list(columns[:1])
    listed = " and ".join(f"{each.name} ({share(each.share)})" for each in named)
    verb = "is" if len(far) == 1 else "are"
    found = [
        f"{len(far)} of {len(columns)} columns of {name} {verb} far from {against}. Most of it comes from {listed}."
    ]
    found += [f"{each.name}: {each.say}." for each in named]
    began = far_since(named[0].distances)
    if began is not None:
        found.append(f"{named[0].name} has been far since {moment(began)}.{_before(began, changes)}")
    return tuple(found)


def words_of_column(column: str, say: str, slices: Sequence[SliceColumn], steps: Sequence[StepPart]) -> tuple[str, ...]:
    """Return what to know of the drift of one column."""
    name = column.partition(":")[2]
    found = [f"{name}: {say}."]
    worst = slices[0] if slices and slices[0].unevenness >= _UNEVEN else None
    if worst is not None:
        parts: Sequence[SlicePart] = worst.parts
        first = parts[0]
        found.append(
            f"It comes mostly from {worst.name.partition(':')[2]} = {first.value}: {share(first.share)} of the drift in "
            f"{share(first.share_of_rows)} of the rows."
        )
    elif slices:
        found.append("It is spread over all slices about as the rows are.")
    peak = max(steps, key=lambda each: each.part, default=None)
    if peak is not None and len(steps) > 1 and peak.share >= _TELLING:
        found.append(f"{share(peak.share)} of it lies in the time from {moment(peak.start)} on.")
    return tuple(found)


def words_of_quality(
    measure: str, before: float, now: float, *, is_worse: bool, slices: Sequence[SliceColumn], changes: Sequence[Change],
    since: datetime,
) -> tuple[str, ...]:  # fmt: skip
    """Return what to know of a change of quality."""
    word = "share of wrong answers" if measure == "wrong_answers" else "mean absolute error"
    verb = "rose" if now > before else "fell" if now < before else "stayed"
    sure = "" if is_worse or now <= before else ", which may be chance"
    found = [f"The {word} {verb} from {amount(measure, before)} to {amount(measure, now)}{sure}."]
    for column in slices[:1]:
        parts: Sequence[LossSlice] = column.parts
        first = parts[0]
        if now > before and first.share >= _TELLING:
            more = f": {share(first.share)} of it in {share(first.share_of_rows)} of the rows"
            how = "the slice itself got worse" if first.worse >= first.mix else "there is more of it than before"
            found.append(f"It comes mostly from {column.name} = {first.value}{more}; {how}.")
    if now > before:
        found.append(_before(since, changes).strip())
    return tuple(each for each in found if each)


def far_since(distances: Sequence[tuple[datetime, float | None]]) -> datetime | None:
    """Return the step from which on a column has been far up to the end; None: it is not far at the end, or all the time."""
    began = None
    for start, distance in distances:
        if distance is None or distance < THRESHOLD:
            began = None
        elif began is None:
            began = start
    return began if began is not None and began != distances[0][0] else None


def amount(measure: str, value: float) -> str:
    """Return a loss as people read it."""
    return f"{value:.1%}" if measure == "wrong_answers" else f"{value:.4g}"


def moment(time: datetime) -> str:
    """Return a moment as a sentence has it."""
    return f"{time:%-d %B %H:%M} UTC"


def _before(began: datetime, changes: Sequence[Change]) -> str:
    earlier = [each for each in changes if each.time <= began and each.kind != "alert"]
    if not earlier:
        return " Nothing of the model was changed before: look at what callers send."
    last = earlier[-1]
    return f" The last change before: {last.say} ({moment(last.time)})."
