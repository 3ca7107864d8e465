"""Bins for people: a column of a window beside its reference, in bins that can be read as a chart."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np

from unshelf.contracts.protocols.profiles import AnyProfile, NumberProfile, TimeProfile
from unshelf.monitor.drift.comparison import in_bins, parts_of
from unshelf.monitor.drift.measures import shares_of
from unshelf.records.profiles.quantiles import Distribution, distribution_of

_BINS = 24
_OUTER = (0.005, 0.995)
"""The ranks between which bins of equal width lie; what is beyond them is in the first and the last."""
_MOST_BARS = 40
_FEW = 40
"""With no more different numbers than this, each has a bin of its own."""


def shown_bins(before: AnyProfile | None, after: AnyProfile) -> tuple[list[str], list[float], list[float]]:
    """Return the names of bins and the share of each column in them; `before` of another kind, or None, has none.

    Numbers have bins of equal width, or one for each where there are few; categories and words have theirs, the most frequent first."""
    is_same = before is not None and type(before) is type(after)
    first, second = parts_of(before if is_same and before is not None else after, after)[-1]
    if isinstance(first, NumberProfile) and isinstance(second, NumberProfile):
        labels, old, new = _of_numbers(first, second, is_time=isinstance(after, TimeProfile))
    else:
        compared = in_bins(first, second)
        labels, old, new = _most_frequent(compared.labels, shares_of(compared.reference), shares_of(compared.window))
    return labels, old if is_same else [], new


def _of_numbers(
    before: NumberProfile, after: NumberProfile, *, is_time: bool
) -> tuple[list[str], list[float], list[float]]:
    both = [distribution_of(before.quantiles), distribution_of(after.quantiles)]
    filled = [each for each in both if len(each.values)]
    if not filled:
        return [], [], []
    values = np.unique(np.concatenate([each.values for each in filled]))
    if len(values) <= _FEW:
        labels = [_name(value, is_time=is_time) for value in values]
        return labels, *(_at(each, values) for each in both)  # type: ignore[return-value]
    ends = np.array([each.quantiles(_OUTER) for each in filled])
    edges = np.linspace(ends[:, 0].min(), ends[:, 1].max(), _BINS - 1)
    names = [_name(edge, is_time=is_time) for edge in edges]
    labels = [f"below {names[0]}", *(f"{low} to {high}" for low, high in pairwise(names)), f"from {names[-1]}"]
    return labels, *(_between(each, edges) for each in both)  # type: ignore[return-value]


def _at(distribution: Distribution, values: Any) -> list[float]:
    if not len(distribution.values):
        return [0.0] * len(values)
    return (distribution.below(np.nextafter(values, np.inf)) - distribution.below(values)).tolist()  # type: ignore[no-any-return]


def _between(distribution: Distribution, edges: Any) -> list[float]:
    if not len(distribution.values):
        return [0.0] * (len(edges) + 1)
    return np.diff(np.concatenate(([0.0], distribution.below(edges), [1.0]))).tolist()  # type: ignore[no-any-return]


def _name(number: float, *, is_time: bool) -> str:
    if not is_time:
        return f"{number:.4g}"
    try:
        return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):  # no year that a calendar has
        return f"{number:.4g}"


def _most_frequent(labels: Sequence[str], before: Any, after: Any) -> tuple[list[str], list[float], list[float]]:
    """Return the bins with the largest shares, in their order, and the others as one."""
    if len(labels) <= _MOST_BARS:
        return list(labels), before.tolist(), after.tolist()
    largest = np.argsort(-np.maximum(before[:-1], after[:-1]), kind="stable")[: _MOST_BARS - 1]
    kept = sorted(largest.tolist())
    rest = [1.0 - float(shares[kept].sum()) if shares.sum() else 0.0 for shares in (before, after)]
    old, new = ([*shares[kept].tolist(), max(0.0, left)] for shares, left in zip((before, after), rest, strict=True))
    return [*(labels[place] for place in kept), labels[-1]], old, new
