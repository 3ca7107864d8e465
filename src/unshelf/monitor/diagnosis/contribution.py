"""Contributions: a drift, or a change of a loss, split into parts that add up to it exactly.

A drift is the Jensen-Shannon divergence between the shares r of the reference and w of the window in the same bins,
D = Σ_b d_b with d_b = ½ (r_b log₂(r_b / m_b) + w_b log₂(w_b / m_b)) and m = (r + w) / 2; no d_b is negative. The window is a mixture
w = Σ_k a_k w_k of its parts (slices, times, or both), so that w_b − r_b = Σ_k a_k (w_kb − r_b). Each bin's term is given to the parts in
proportion to what they add to that difference: part k has Σ_b d_b / (w_b − r_b) · a_k (w_kb − r_b). A negative part holds against the
drift. Source of the divergence: J. Lin, "Divergence Measures Based on the Shannon Entropy", IEEE Trans. Inf. Theory 37, 1991.

A mean loss L = Σ_v a_v l_v over slices v changes from L⁰ to L¹ by Σ_v a¹_v (l¹_v − l⁰_v) + Σ_v (a¹_v − a⁰_v)(l⁰_v − L⁰): the first sum
is what got worse within slices, the second that there is more of slices which were always worse.
Source: E. Kitagawa, "Components of a Difference Between Two Rates", J. Am. Statist. Assoc. 50, 1955."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unshelf.monitor.drift.measures import shares_of

_NOTHING = 1e-15
"""A difference of shares below this is an error of rounding."""


@dataclass(frozen=True, kw_only=True)
class LossPart:
    """The part of a change of a loss that comes from one slice."""

    worse: float
    """The part within the slice: its own loss has changed."""
    mix: float
    """The part of there being more, or less, of the slice."""

    @property
    def total(self) -> float:
        """Both together."""
        return self.worse + self.mix


@dataclass(frozen=True, kw_only=True)
class LossRows:
    """Rows of a slice, and their summed loss."""

    rows: int
    loss: float

    @property
    def mean(self) -> float | None:
        """The mean loss; None: there are no rows."""
        return self.loss / self.rows if self.rows else None


def bin_terms(reference: Any, window: Any) -> Any:
    """Return d_b of each bin, in bits, from the rows in each bin; zeros where one side has none."""
    r, w = shares_of(reference), shares_of(window)
    if not r.any() or not w.any():
        return np.zeros(len(r))
    m = (r + w) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(r > 0, r * np.log2(r / m), 0.0) + np.where(w > 0, w * np.log2(w / m), 0.0)
    return np.maximum(terms / 2, 0.0)


def parts_of_drift(reference: Any, parts: Any) -> Any:
    """Return the part of each row of `parts` (rows of a part of the window in each bin) in the divergence of all of them together."""
    counts = np.asarray(parts, dtype=np.float64)
    total = counts.sum()
    if not total:
        return np.zeros(len(counts))
    r, w = shares_of(reference), counts.sum(axis=0) / total
    apart = w - r
    is_far = np.abs(apart) > _NOTHING
    slopes = np.divide(bin_terms(reference, counts.sum(axis=0)), apart, out=np.zeros(len(r)), where=is_far)
    weights = counts.sum(axis=1, keepdims=True) / total
    return (counts / total - weights * r) @ slopes


def parts_of_loss(before: Mapping[str, LossRows], now: Mapping[str, LossRows]) -> dict[str, LossPart]:
    """Return the part of each slice in the change of the mean loss. A slice without rows before is taken to have been like all of them."""
    rows_before, rows_now = (sum(each.rows for each in side.values()) for side in (before, now))
    if not rows_before or not rows_now:
        return {}
    usual = sum(each.loss for each in before.values()) / rows_before
    found = {}
    for name in before.keys() | now.keys():
        old, new = before.get(name, _NO_ROWS), now.get(name, _NO_ROWS)
        was = usual if old.mean is None else old.mean
        share, share_before = new.rows / rows_now, old.rows / rows_before
        worse = 0.0 if new.mean is None else share * (new.mean - was)
        found[name] = LossPart(worse=worse, mix=(share - share_before) * (was - usual))
    return found


def unevenness(parts: Sequence[tuple[float, float]]) -> float:
    """Return how unevenly a change is spread: of pairs of a part's share of the change and of the rows, half the sum of their distances.

    0: each has as much of it as of the rows; 1: all of it comes from parts with hardly any rows."""
    return min(1.0, sum(abs(change - rows) for change, rows in parts) / 2)


_NO_ROWS = LossRows(rows=0, loss=0.0)
