"""Rows made from the profile of a baseline: spread as its columns are, the same ones each time."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from statistics import NormalDist
from typing import Any

from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.contracts.signature import Column, Columns, Signature

ROWS = 64
_GOLDEN = 0.6180339887498949
"""Multiples of it, without their whole part, are spread evenly however many there are (Weyl, 1916)."""
_STEP = 0.7548776662466927
Draw = Callable[[float], Any]
"""Makes a value of a number from 0 to 1."""


def rows_like(signature: Signature, profile: Sequence[ColumnProfile], rows: int = ROWS) -> list[list[Any]] | None:
    """Return rows for a version whose baseline has this profile, each a list of values in the order of its columns.

    None where they can't be made: of tensors, and where a column is not in the profile or has a type of which no values are kept."""
    if not isinstance(signature.inputs, Columns):
        return None
    known = {each.name: each for each in profile}
    draws: list[Draw] = []
    for column in signature.inputs.columns:
        found = known.get(column.name)
        draw = None if found is None else _draw_of(column, found)
        if draw is None:
            return None
        draws.append(draw)
    return [
        [draw((0.5 + place * _STEP + (number + 1) * _GOLDEN) % 1) for place, draw in enumerate(draws)]
        for number in range(rows)
    ]


def _draw_of(column: Column, profile: ColumnProfile) -> Draw | None:
    """Return what draws the values of a column; None: nothing can."""
    draw = _filled(column, profile)
    share = profile.gaps / profile.count if profile.count and column.nullable else 0.0
    if draw is None or not share:
        return draw
    filled = draw
    return lambda place: None if place < share else filled((place - share) / (1 - share) if share < 1 else 0.5)


def _filled(column: Column, profile: ColumnProfile) -> Draw | None:
    if column.categories:
        choices = column.categories
        frequent = [each for each in profile.top if each.value in choices]
        if not frequent:
            return lambda place: choices[int(place * len(choices)) % len(choices)]
        return _chosen([each.value for each in frequent], [each.count for each in frequent])
    if column.type == "bool":
        return lambda place: place < (0.5 if profile.mean is None else profile.mean)
    if column.type == "string":
        return (
            _chosen([str(each.value) for each in profile.top], [each.count for each in profile.top])
            if profile.top
            else None
        )
    if column.type == "datetime":
        return _moments(profile)
    if "int" in column.type or "float" in column.type:
        return _numbers(profile, whole="int" in column.type)
    return None


def _numbers(profile: ColumnProfile, *, whole: bool) -> Draw | None:
    """Draw numbers around the mean, between the smallest and the greatest; of a few different integers those that there are."""
    if whole and profile.top:
        return _chosen([each.value for each in profile.top], [each.count for each in profile.top])
    least, most = profile.minimum, profile.maximum
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return None
    mean = (least + most) / 2 if profile.mean is None else profile.mean
    spread = NormalDist(mean, profile.deviation) if profile.deviation else None

    def draw(place: float) -> float | int:
        value = mean if spread is None else spread.inv_cdf(min(max(place, 1e-6), 1 - 1e-6))
        value = min(max(value, least), most)
        return min(max(round(value), int(least)), int(most)) if whole else float(value)

    return draw


def _moments(profile: ColumnProfile) -> Draw | None:
    try:
        least, most = (datetime.fromisoformat(str(each)) for each in (profile.minimum, profile.maximum))
    except ValueError:
        return None
    least, most = (each if each.tzinfo is not None else each.replace(tzinfo=UTC) for each in (least, most))
    return lambda place: (least + timedelta(seconds=(most - least).total_seconds() * place)).isoformat()


def _chosen(values: Sequence[Any], counts: Sequence[int]) -> Draw:
    """Draw values as often as they were counted."""
    sums = list(accumulate(counts))

    def draw(place: float) -> Any:
        wanted = place * sums[-1]
        return next((value for value, most in zip(values, sums, strict=True) if wanted < most), values[-1])

    return draw
