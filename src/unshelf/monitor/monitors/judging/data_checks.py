"""Judges the data of a window: drift of inputs and outputs, and damage, each column against a reference."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from unshelf.contracts.protocols.profiles import (
    AnyProfile,
    CategoryProfile,
    NumberProfile,
    TableProfile,
    TextProfile,
    TimeProfile,
)
from unshelf.monitor.drift.comparison import ColumnDrift, compare
from unshelf.monitor.monitors.judging.verdict import LEAST_ROWS, MeasuredColumn, Verdict, not_judged, verdict_of
from unshelf.monitor.quality.damage import damages
from unshelf.records.profiles.categories import as_dict
from unshelf.records.profiles.words import unknown_share

JENSEN_SHANNON = "jensen_shannon"


def judge_drift(
    reference: TableProfile, window: TableProfile, *, threshold: float, thresholds: Mapping[str, float], level: float, against: str
) -> Verdict:  # fmt: skip
    """Judge how far the columns of a window are from those of a reference. `level`: the chance of a false alarm.

    `against`: the reference in a few words."""
    if few := too_few(reference, window):
        return not_judged(few, rows=window.rows, threshold=threshold, reference=against)
    found = compare(reference, window, threshold=0.0, false_alarms=level)
    if not found:
        return not_judged(
            "The window and the reference have no column in common that can be compared.", rows=window.rows,
            threshold=threshold, reference=against,
        )  # fmt: skip
    measured = [_drift_of(each, reference, window, thresholds.get(each.column, threshold)) for each in found]
    return verdict_of(measured, rows=window.rows, threshold=threshold, reference=against)


def judge_quality(
    reference: TableProfile, window: TableProfile, *, threshold: float, thresholds: Mapping[str, float], level: float, against: str
) -> Verdict:  # fmt: skip
    """Judge what is damaged in the columns of a window. `level`: the chance of a false alarm."""
    if few := too_few(reference, window):
        return not_judged(few, rows=window.rows, threshold=threshold, reference=against)
    found = damages(reference, window, threshold=threshold, false_alarms=level, thresholds=thresholds)
    if not found:
        return not_judged(
            "The reference has no column that can be compared.",
            rows=window.rows,
            threshold=threshold,
            reference=against,
        )
    measured = (
        MeasuredColumn(
            column=each.column, measure=each.measure, value=each.value, bad=each.damaged,
            threshold=thresholds.get(each.column, threshold), say=each.say,
        )
        for each in found
    )  # fmt: skip
    return verdict_of(measured, rows=window.rows, threshold=threshold, reference=against)


def only(profile: TableProfile, columns: Collection[str]) -> TableProfile:
    """Return the profile of some columns; of all where none is named."""
    if not columns:
        return profile
    kept = {name: each for name, each in profile.columns.items() if name in columns}
    return TableProfile(rows=profile.rows, columns=kept)


def too_few(reference: TableProfile, window: TableProfile) -> str:
    """Say why rows are too few to be judged; empty: they are not."""
    for rows, where in ((window.rows, "This window"), (reference.rows, "The reference")):
        if rows < LEAST_ROWS:
            return f"{where} has {rows} row{'' if rows == 1 else 's'}; {LEAST_ROWS} are the least that can be judged."
    return ""


def _drift_of(drift: ColumnDrift, reference: TableProfile, window: TableProfile, threshold: float) -> MeasuredColumn:
    """Return a column's distance, which is less the part that chance has in as few rows; 0 where all of it may be chance.

    So a chart of it is at 0 where nothing drifts, however few rows there are."""
    before, after = reference.columns[drift.column], window.columns[drift.column]
    value = drift.distance if drift.drifted else 0.0
    bad = drift.drifted and value >= threshold
    return MeasuredColumn(
        column=drift.column, measure=JENSEN_SHANNON, value=value, threshold=threshold, bad=bad,
        say=change_in_words(before, after) if bad else "",
    )  # fmt: skip


def change_in_words(before: AnyProfile, after: AnyProfile) -> str:
    """Say how a column has changed: by its mean, or by the value whose share has changed the most."""
    if isinstance(before, NumberProfile) and isinstance(after, NumberProfile):
        return f"mean {_mean(after)}, was {_mean(before)}" + _spread(before, after)
    if isinstance(before, TimeProfile) and isinstance(after, TimeProfile):
        return f"mean {_day(after)}, was {_day(before)}"
    if isinstance(before, TextProfile) and isinstance(after, TextProfile):
        return (
            f"{unknown_share(after):.0%} of its words are unknown, {unknown_share(before):.0%} of the reference's; "
            f"mean length {_mean(after.lengths)}, was {_mean(before.lengths)}"
        )
    if isinstance(before, CategoryProfile) and isinstance(after, CategoryProfile):
        return _value_words(before, after)
    return "its tensors have changed"


def _value_words(before: CategoryProfile, after: CategoryProfile) -> str:
    old, new = _shares(before), _shares(after)
    values = old.keys() | new.keys()
    if not values:
        return ""
    value = max(sorted(values), key=lambda each: abs(new.get(each, 0.0) - old.get(each, 0.0)))
    return f"{value!r} is {new.get(value, 0.0):.1%} of its values, was {old.get(value, 0.0):.1%}"


def _shares(profile: CategoryProfile) -> dict[str, float]:
    present = profile.rows - profile.gaps
    counted = as_dict([*profile.counts, *profile.newest])
    return {value: count / present for value, count in counted.items()} if present else {}


def _mean(profile: NumberProfile) -> str:
    return f"{profile.moments.mean:.4g}" if profile.moments.count else "of nothing"


def _spread(before: NumberProfile, after: NumberProfile) -> str:
    old, new = (_deviation(each) for each in (before, after))
    return f"; deviation {new:.4g}, was {old:.4g}" if old and new and not 0.8 < new / old < 1.25 else ""


def _deviation(profile: NumberProfile) -> float:
    return float((profile.moments.second / profile.moments.count) ** 0.5) if profile.moments.count else 0.0


def _day(profile: TimeProfile) -> str:
    if not profile.seconds.moments.count:
        return "of nothing"
    try:
        return f"{datetime.fromtimestamp(profile.seconds.moments.mean, UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return f"{profile.seconds.moments.mean:.6g} s"
