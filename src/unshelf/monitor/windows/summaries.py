"""Summaries of columns: what a page shows of an hour, without reading its profile."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from unshelf.contracts.protocols.profiles import (
    AnyProfile,
    CategoryProfile,
    NumberProfile,
    TableProfile,
    TensorProfile,
    TextProfile,
    TimeProfile,
)
from unshelf.monitor.drift.comparison import compare
from unshelf.monitor.windows.kinds import kind_of_profile
from unshelf.monitor.windows.window import ColumnSummary, TimeQuantiles
from unshelf.records.profiles.categories import as_dict
from unshelf.records.profiles.quantiles import distribution_of

_TOP = 8
_RANKS = (0.1, 0.5, 0.9)


def summaries_of(profile: TableProfile, reference: TableProfile | None) -> list[ColumnSummary]:
    """Return a summary of each column that has rows, with its distance from the reference."""
    found = [_summary(name, column) for name, column in profile.columns.items() if rows_of(column)]
    if reference is None:
        return found
    drifts = {each.column: each for each in compare(reference, profile)}
    return [
        replace(each, drifted=drifts[each.column].drifted, distance=drifts[each.column].distance)
        if each.column in drifts else each
        for each in found
    ]  # fmt: skip


def rows_of(profile: AnyProfile) -> int:
    """Return the rows of a column."""
    if isinstance(profile, TensorProfile):
        return profile.means.rows
    return profile.seconds.rows if isinstance(profile, TimeProfile) else profile.rows


def as_stored(summaries: Sequence[ColumnSummary]) -> list[dict[str, Any]]:
    """Return summaries as JSON values; what is nothing is left out."""
    return [
        {
            name: [list(pair) for pair in value] if name == "top" else value
            for name, value in vars(summary).items()
            if value is not None and value != () and value is not False
        }
        for summary in summaries
    ]


def from_stored(stored: Sequence[Mapping[str, Any]]) -> tuple[ColumnSummary, ...]:
    """Return what `as_stored` was given."""
    return tuple(
        ColumnSummary(**{**each, "top": tuple((str(value), int(count)) for value, count in each.get("top", ()))})
        for each in stored
    )


def as_numbers(latency: TimeQuantiles | None) -> dict[str, float] | None:
    """Return what is stored of a latency; None: there is none."""
    return None if latency is None else asdict(latency)


def _summary(name: str, profile: AnyProfile) -> ColumnSummary:
    kind: Any = kind_of_profile(profile)
    if isinstance(profile, CategoryProfile):
        counts = as_dict(profile.counts) | as_dict(profile.newest)
        top = sorted(((value, count) for value, count in counts.items() if count), key=lambda pair: (-pair[1], pair[0]))
        return ColumnSummary(column=name, kind=kind, rows=profile.rows, gaps=profile.gaps, top=tuple(top[:_TOP]))
    numbers = _numbers(profile)
    gaps = profile.gaps if isinstance(profile, TextProfile) else numbers.gaps
    if not numbers.moments.count:
        return ColumnSummary(column=name, kind=kind, rows=rows_of(profile), gaps=gaps)
    p10, p50, p90 = distribution_of(numbers.quantiles).quantiles(_RANKS)
    return ColumnSummary(
        column=name, kind=kind, rows=rows_of(profile), gaps=gaps, minimum=_finite(numbers.minimum),
        maximum=_finite(numbers.maximum), mean=_finite(numbers.moments.mean), p10=p10, p50=p50, p90=p90,
    )  # fmt: skip


def _numbers(profile: AnyProfile) -> NumberProfile:
    """Return the numbers by which a column of any kind but categories is summed up."""
    if isinstance(profile, TextProfile):
        return profile.lengths
    if isinstance(profile, TimeProfile):
        return profile.seconds
    if isinstance(profile, TensorProfile):
        return profile.means
    if isinstance(profile, NumberProfile):
        return profile
    raise TypeError(f"{type(profile).__name__} has no numbers")


def _finite(number: float | None) -> float | None:
    """Return a number that JSON has."""
    return number if number is not None and math.isfinite(number) else None
