"""Measures of rankings, query by query, and sums of them.

NDCG has the gain of the relevance itself and the discount of the binary logarithm (K. Järvelin, J. Kekäläinen, TOIS 2002); items that are
tied by their score share the discounts of their places (F. McSherry, M. Najork, ECIR 2008), as scikit-learn's `ndcg_score` has it. The
other measures take what has a relevance above 0 as relevant, and ties in the order of the request."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
import numpy as np

CUTOFFS = (1, 5, 10)
_MOST_ITEMS = 10_000


class RankingSums(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sums over queries of their measures."""

    queries: int = 0
    """Queries with a relevant item."""
    without: int = 0
    """Queries whose labels name no relevant item, of which no measure is made."""
    totals: dict[str, float] = {}
    """Measure → the sum of its values."""
    squares: dict[str, float] = {}
    """Measure → the sum of their squares."""


def of_scores(relevance: np.ndarray, scores: np.ndarray) -> dict[str, float] | None:
    """Return the measures of a query whose items have these scores, the highest of which stands first; None: no item is relevant."""
    order = np.argsort(-scores, kind="stable")
    ranked = relevance[order]
    different, group = np.unique(-scores[order], return_inverse=True)
    shared = np.bincount(group, weights=ranked) / np.bincount(group, minlength=len(different))
    return _measures(ranked, shared[group], np.sort(relevance)[::-1])


def of_list(items: Sequence[Any], relevant: Collection[Any]) -> dict[str, float] | None:
    """Return the measures of a query that was answered with these items, the best first; None: no item is relevant."""
    wanted = set(relevant)
    ranked = np.array([float(item in wanted) for item in dict.fromkeys(items)][:_MOST_ITEMS])
    return _measures(ranked, ranked, np.ones(len(wanted)))


def ranking_sums(found: Sequence[dict[str, float] | None]) -> RankingSums:
    """Return the sums of queries."""
    known = [each for each in found if each is not None]
    sums = RankingSums(queries=len(known), without=len(found) - len(known), totals={}, squares={})
    for each in known:
        for name, value in each.items():
            sums.totals[name] = sums.totals.get(name, 0.0) + value
            sums.squares[name] = sums.squares.get(name, 0.0) + value**2
    return sums


def both(one: RankingSums | None, two: RankingSums | None) -> RankingSums | None:
    """Return the sums of both together."""
    if one is None or two is None:
        return one or two
    return RankingSums(
        queries=one.queries + two.queries, without=one.without + two.without, totals=_added(one.totals, two.totals),
        squares=_added(one.squares, two.squares),
    )  # fmt: skip


def _measures(ranked: np.ndarray, shared: np.ndarray, ideal: np.ndarray) -> dict[str, float] | None:
    """Return the measures. `ranked`: relevance in the answer's order; `shared`: that of ties shared; `ideal`: in the best order."""
    hits = ranked > 0
    relevant = int((ideal > 0).sum())
    if not relevant:
        return None
    places: np.ndarray = np.flatnonzero(hits) + 1
    found = {f"ndcg@{k}": _gain(shared[:k]) / _gain(ideal[:k]) for k in CUTOFFS[1:]}
    found["map"] = float((np.arange(1, len(places) + 1) / places).sum()) / relevant
    found["mrr"] = 1 / float(places[0]) if len(places) else 0.0
    for k in CUTOFFS:
        inside = int(hits[:k].sum())
        found[f"hit_rate@{k}"] = float(inside > 0)
        found[f"precision@{k}"] = inside / k
        found[f"recall@{k}"] = inside / relevant
    return found


def _gain(relevance: np.ndarray) -> float:
    return float((relevance / np.log2(np.arange(2, len(relevance) + 2))).sum())


def _added(one: dict[str, float], two: dict[str, float]) -> dict[str, float]:
    return {name: one.get(name, 0.0) + two.get(name, 0.0) for name in one.keys() | two.keys()}
