"""Bins of a column in SQL: the same ones by which its profile was compared, so that records can be counted in them one by one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from unshelf.contracts.protocols.profiles import (
    AnyProfile,
    CategoryProfile,
    NumberProfile,
    TensorProfile,
    TextProfile,
    TimeProfile,
)
from unshelf.monitor.drift.comparison import Compared, in_bins
from unshelf.monitor.windows.window import INPUT
from unshelf.records.profiles.categories import LONGEST

MOST_BINS = 40
"""Bins of a column of categories: the most frequent values on either side, and one of all others."""
MISSING = "(missing)"
"""The slice of rows without a value."""
_OTHERS = "all others"
_BANDS = 4
_EXACT = 9_007_199_254_740_992
_SCORE = re.compile(r"out:scores\[([1-9][0-9]*)\] .*", re.DOTALL)
"""A recorded score, as windows.window.score_column names it."""
ValueSql = Callable[[str], str]
"""Makes SQL of the SQL of a value."""


@dataclass(frozen=True, kw_only=True)
class CountableBins:
    """Bins of one column: their names, the rows of the reference in each, and the SQL that tells the bin of a value."""

    labels: tuple[str, ...]
    reference: Any
    window: Any
    """The rows of the window in each, by its profile."""
    place_of: ValueSql | None
    """The place of a value's bin, null for a gap; None: records can't be counted in these bins."""


def binned(before: AnyProfile, after: AnyProfile) -> CountableBins:
    """Return the bins of a column by its two profiles, of the same kind."""
    if isinstance(before, TimeProfile) and isinstance(after, TimeProfile):
        return _of_numbers(before.seconds, after.seconds, lambda value: f"epoch(try_cast({value} as timestamp))")
    if isinstance(before, TextProfile) and isinstance(after, TextProfile):
        return _of_numbers(before.lengths, after.lengths, lambda value: f"length(cast({value} as varchar))")
    if isinstance(before, TensorProfile) and isinstance(after, TensorProfile):
        compared = in_bins(before.means, after.means)
        return _plain(compared, None)
    if isinstance(before, NumberProfile) and isinstance(after, NumberProfile):
        return _of_numbers(before, after, lambda value: f"try_cast({value} as double)")
    if isinstance(before, CategoryProfile) and isinstance(after, CategoryProfile):
        return _of_values(in_bins(before, after))
    raise TypeError(f"{type(before).__name__} and {type(after).__name__} have no bins in common")


def bands(profile: AnyProfile) -> ValueSql | None:
    """Return what names the slice of a value: the value of a category, or one of four bands of numbers with about as many rows each.

    None: rows can't be separated by such a column."""
    if isinstance(profile, CategoryProfile):
        return lambda value: f"coalesce({text_of(value)}, '{MISSING}')"
    if not isinstance(profile, NumberProfile) or profile.histogram is None:
        return None
    edges = _quarters(profile.histogram.edges, profile.histogram.counts)
    if not edges:
        return None
    low, high = f"below {edges[0]:.6g}", f"from {edges[-1]:.6g}"
    names = [low, *(f"{first:.6g} to {last:.6g}" for first, last in pairwise(edges)), high]

    def named(value: str) -> str:
        number = f"try_cast({value} as double)"
        cases = " ".join(
            f"when {number} < {edge!r} then {quoted(name)}" for edge, name in zip(edges, names, strict=False)
        )
        return f"case when {number} is null or isnan({number}) then '{MISSING}' {cases} else {quoted(high)} end"

    return named


def recorded_name(column: str) -> str:
    """Return the column of the table `predictions` that holds a column of profiles, as SQL."""
    name = column.partition(":")[2]
    if column.startswith(INPUT):
        return identifier(f"in_{name}")
    return "out" if name == "output" else identifier(f"out_{name}")


def recorded_values(column: str) -> str:
    """Return the list of a record's values of a column of profiles, one a row, as SQL."""
    score = _SCORE.fullmatch(column)
    return recorded_name(column) if score is None else f"[each[{score[1]}] for each in scores]"


def text_of(value: str) -> str:
    """Return SQL that writes a value as profiles do: whole floats as whole numbers, long texts cut."""
    number, text = f"try_cast({value} as double)", f"cast({value} as varchar)"
    is_whole = f"typeof({value}) in ('DOUBLE', 'FLOAT') and {number} = floor({number}) and abs({number}) < {_EXACT}"
    plain = f"case when {is_whole} then cast(try_cast({value} as bigint) as varchar) else {text} end"
    cut = f"left({text}, {LONGEST}) || '… (' || length({text}) || ' characters)'"
    return f"case when length({text}) > {LONGEST} then {cut} else {plain} end"


def quoted(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _of_numbers(before: NumberProfile, after: NumberProfile, number_of: ValueSql) -> CountableBins:
    compared = in_bins(before, after)
    edges = list(before.histogram.edges) if before.histogram is not None else []
    if not edges:
        return _plain(compared, None)

    def place_of(value: str) -> str:
        number = number_of(value)
        return f"case when {number} is not null and isfinite({number}) then {_search(edges, 0, number)} end"

    return _plain(compared, place_of)


def _search(edges: Sequence[float], first: int, value: str) -> str:
    """Return nested cases that find how many edges a value has reached, in a logarithm of their number."""
    if not edges:
        return str(first)
    middle = len(edges) // 2
    low, high = _search(edges[:middle], first, value), _search(edges[middle + 1 :], first + middle + 1, value)
    return f"case when {value} < {edges[middle]!r} then {low} else {high} end"


def _of_values(compared: Compared) -> CountableBins:
    labels, reference, window = compared.labels, compared.reference, compared.window
    if len(labels) > MOST_BINS:
        shares = [each / each.sum() if each.sum() else each for each in (reference, window)]
        ranked = np.argsort(-np.maximum(*shares)[:-1], kind="stable")
        kept = sorted(ranked[: MOST_BINS - 1].tolist())
        labels = [*(labels[place] for place in kept), _OTHERS]
        reference, window = (np.append(each[kept], each.sum() - each[kept].sum()) for each in (reference, window))
    known = list(labels[:-1])

    def place_of(value: str) -> str:
        cases = " ".join(f"when {quoted(label)} then {place}" for place, label in enumerate(known))
        found = f"case {text_of(value)} {cases} else {len(known)} end" if known else "0"
        return f"case when {value} is not null then {found} end"

    return CountableBins(labels=tuple(labels), reference=reference, window=window, place_of=place_of)


def _plain(compared: Compared, place_of: ValueSql | None) -> CountableBins:
    return CountableBins(
        labels=tuple(compared.labels), reference=compared.reference, window=compared.window, place_of=place_of
    )


def _quarters(edges: Sequence[float], counts: Sequence[int]) -> list[float]:
    """Return the edges that part the rows into about four."""
    total = sum(counts)
    found: list[float] = []
    below = 0
    for edge, count in zip(edges, counts, strict=False):
        below += count
        if total and len(found) < _BANDS - 1 and below >= total * (len(found) + 1) / _BANDS:
            found.append(edge)
    return found
