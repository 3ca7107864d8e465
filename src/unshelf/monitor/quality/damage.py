"""Damage in the data of a window: what its columns have that those of the reference have not, or have more rarely.

Each measure is a share of rows above the reference's, an effect that does not depend on the number of rows, with the chance of it where
nothing has changed. As with drift, a column is damaged only when both hold: the share is at least the threshold, and it is more than
chance among all measures of all columns of the window (Holm)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unshelf.contracts.protocols.profiles import (
    AnyProfile,
    CategoryProfile,
    NumberProfile,
    TableProfile,
    TensorProfile,
    TextProfile,
    TimeProfile,
)
from unshelf.monitor.drift.comparison import FALSE_ALARMS, more_than_chance
from unshelf.monitor.quality.shares import RowShare, chance_of_excess, upper_limit
from unshelf.records.profiles.categories import as_dict
from unshelf.records.profiles.quantiles import distribution_of

THRESHOLD = 0.02
"""The share of rows above the reference's from which on a column may be damaged."""
_MOST_NAMED = 3
_KINDS: dict[type, str] = {
    NumberProfile: "numbers", CategoryProfile: "categories", TextProfile: "texts", TimeProfile: "times", TensorProfile: "tensors",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One measure of a column, as it is in a window."""

    column: str
    measure: str
    """missing, kind, gaps, out_of_range, new_values, infinite, unreadable, empty or constant."""
    value: float
    """The share of rows above the reference's, 0 to 1; 1 where the whole column is damaged."""
    chance: float
    """The chance of it where nothing has changed, if this were the only measure; 0: it is no matter of chance."""
    say: str
    """A few words for people."""
    damaged: bool = False
    """Whether it is large, and more than chance among all measures of the window."""


def damages(
    reference: TableProfile,
    window: TableProfile,
    *,
    threshold: float = THRESHOLD,
    false_alarms: float = FALSE_ALARMS,
    thresholds: Mapping[str, float] | None = None,
) -> list[Damage]:
    """Return what is measured of each column of the reference, damaged ones first, then the greatest share first.

    `thresholds` are columns' own ones."""
    own = thresholds or {}
    found = [each for name, before in reference.columns.items() for each in _of_column(name, before, window)]
    sure = more_than_chance([each.chance for each in found], false_alarms)
    judged = [
        replace(each, damaged=is_sure and each.value > 0 and each.value >= own.get(each.column, threshold))
        for each, is_sure in zip(found, sure, strict=True)
    ]
    return sorted(judged, key=lambda each: (-each.damaged, -each.value, each.column, each.measure))


def _of_column(name: str, before: AnyProfile, window: TableProfile) -> Iterator[Damage]:
    after = window.columns.get(name)
    if after is None or (window.rows and not _rows_of(after).rows and _rows_of(before).rows):
        yield Damage(column=name, measure="missing", value=1.0, chance=0.0, say="is not there any more")
        return
    if type(after) is not type(before):
        say = f"was {_KINDS[type(before)]}, and is {_KINDS[type(after)]}"
        yield Damage(column=name, measure="kind", value=1.0, chance=0.0, say=say)
        return
    for measure, ask, words in _MEASURES[type(before)]:
        old, new = ask(before, before), ask(before, after)
        if not new.rows:
            continue
        excess = max(0.0, new.value - old.value)
        say = words(old, new, after) if excess else ""
        yield Damage(column=name, measure=measure, value=excess, chance=chance_of_excess(old, new), say=say)
    stale = _constant(before, after)
    if stale is not None:
        yield replace(stale, column=name)


_Ask = Callable[[Any, Any], RowShare]
"""Gives the rows of a profile, the second, that have a fault by the reference, the first."""
_Words = Callable[[RowShare, RowShare, Any], str]


def _gaps(_before: Any, after: Any) -> RowShare:
    numbers = _rows_of(after)
    unreadable = after.unreadable if isinstance(after, NumberProfile | TimeProfile) else 0
    return RowShare(numbers.gaps - unreadable, numbers.rows)


def _gap_words(old: RowShare, new: RowShare, _after: Any) -> str:
    if new.count == new.rows:
        return f"has no values at all; {_percent(old)} of the reference's were missing"
    return f"{_percent(new)} of its values are missing, {_percent(old)} of the reference's"


def _beyond(before: NumberProfile, after: NumberProfile) -> RowShare:
    """The numbers below the reference's smallest or above its greatest one."""
    if before.minimum is None or before.maximum is None:
        return RowShare(0, 0)
    count, own, reference = after.moments.count, after.histogram, before.histogram
    if own is not None and reference is not None and reference.edges and own.edges == reference.edges:
        return RowShare(own.counts[0] + own.counts[-1], count)
    below = distribution_of(after.quantiles).below(np.asarray([before.minimum, np.nextafter(before.maximum, np.inf)]))
    return RowShare(round(float(below[0] + 1 - below[1]) * count) if count else 0, count)


def _beyond_words(_old: RowShare, new: RowShare, after: NumberProfile) -> str:
    return f"{_percent(new)} of its values are out of the reference's range; they reach from {after.minimum:.6g} to {after.maximum:.6g}"


def _infinite(_before: NumberProfile, after: NumberProfile) -> RowShare:
    return RowShare(after.infinite, after.rows)


def _unreadable(_before: Any, after: NumberProfile | TimeProfile) -> RowShare:
    return RowShare(after.unreadable, _rows_of(after).rows)


def _empty(_before: TextProfile, after: TextProfile) -> RowShare:
    return RowShare(after.empty, after.rows - after.gaps)


def _new_values(before: CategoryProfile, after: CategoryProfile) -> RowShare:
    present = after.rows - after.gaps
    if after is before:
        return RowShare(before.others, present)
    known = as_dict(before.counts)
    if after.known:
        return RowShare(after.others, present)
    return RowShare(after.others + sum(each.count for each in after.counts if each.value not in known), present)


def _new_words(_old: RowShare, new: RowShare, after: CategoryProfile) -> str:
    named = ", ".join(repr(each.value) for each in after.newest[:_MOST_NAMED])
    return f"{_percent(new)} of its values are new ones" + (f", such as {named}" if named else "")


def _share_words(what: str) -> _Words:
    return lambda old, new, _after: f"{_percent(new)} of its values {what}, {_percent(old)} of the reference's"


_GAPS: tuple[str, _Ask, _Words] = ("gaps", _gaps, _gap_words)
_NUMBERS: tuple[tuple[str, _Ask, _Words], ...] = (
    _GAPS,
    ("out_of_range", _beyond, _beyond_words),
    ("infinite", _infinite, _share_words("are infinite")),
    ("unreadable", _unreadable, _share_words("are no numbers")),
)
_MEASURES: dict[type, tuple[tuple[str, _Ask, _Words], ...]] = {
    NumberProfile: _NUMBERS,
    CategoryProfile: (_GAPS, ("new_values", _new_values, _new_words)),
    TextProfile: (_GAPS, ("empty", _empty, _share_words("are empty"))),
    TimeProfile: (_GAPS, ("unreadable", _unreadable, _share_words("are no times"))),
    TensorProfile: (_GAPS,),
}


def _constant(before: AnyProfile, after: AnyProfile) -> Damage | None:
    """Measure a column that has one value alone where the reference has several: a feature that is not made anew any more."""
    if isinstance(before, NumberProfile) and isinstance(after, NumberProfile):
        if before.minimum == before.maximum or after.minimum is None or after.minimum != after.maximum:
            return None
        share, value, rows = _share_at(before, after.minimum), f"{after.minimum:.6g}", after.moments.count
    elif isinstance(before, CategoryProfile) and isinstance(after, CategoryProfile):
        present = [each for each in (*after.counts, *after.newest) if each.count]
        rows = after.rows - after.gaps
        different = len([each for each in before.counts if each.count])
        if different < 2 or len(present) != 1 or present[0].count != rows:
            return None
        value = present[0].value
        share = RowShare(as_dict(before.counts).get(value, before.others), before.rows - before.gaps)
    else:
        return None
    chance = min(1.0, upper_limit(share) ** rows)
    return Damage(
        column="", measure="constant", value=1.0, chance=chance, say=f"has one value alone, {value}, where the reference has more"
    )  # fmt: skip


def _share_at(before: NumberProfile, value: float) -> RowShare:
    """The reference's numbers in the bin of a value: as many as have it, or more."""
    histogram = before.histogram
    if histogram is None or not histogram.edges:
        return RowShare(before.moments.count, before.moments.count)
    return RowShare(histogram.counts[int(np.searchsorted(histogram.edges, value, side="right"))], before.moments.count)


def _rows_of(profile: Any) -> Any:
    if isinstance(profile, TimeProfile):
        return profile.seconds
    return profile.means if isinstance(profile, TensorProfile) else profile


def _percent(share: RowShare) -> str:
    return f"{share.value:.1%}" if share.value < 1 else "100%"
