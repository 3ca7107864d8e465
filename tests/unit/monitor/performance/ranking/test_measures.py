"""Measures of rankings, held against scikit-learn's and against numbers worked out by hand."""

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, ndcg_score

from unshelf.monitor.performance.ranking.measures import RankingSums, both, of_list, of_scores, ranking_sums


@pytest.mark.parametrize("ties", [False, True], ids=["scores that differ", "scores that are tied"])
def test_scored_items_measure_as_in_scikit_learn(ties: bool) -> None:
    random = np.random.default_rng(1)
    for _ in range(50):
        relevance = random.integers(0, 4, 12).astype(float)
        scores = random.integers(0, 4, 12).astype(float) if ties else random.permutation(12).astype(float)
        found = of_scores(relevance, scores)
        assert found is not None
        for k in (5, 10):
            assert found[f"ndcg@{k}"] == pytest.approx(ndcg_score([relevance], [scores], k=k))
        if not ties:
            assert found["map"] == pytest.approx(average_precision_score(relevance > 0, scores))


def test_a_known_query_has_known_measures() -> None:
    """Given five items of which the second and the fourth are relevant, then each measure is what one works out by hand."""
    found = of_scores(np.array([0.0, 1, 0, 1, 0]), np.array([5.0, 4, 3, 2, 1]))
    assert found == pytest.approx(
        {
            "ndcg@5": (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3)),
            "ndcg@10": (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3)),
            "map": (1 / 2 + 2 / 4) / 2, "mrr": 1 / 2, "hit_rate@1": 0, "precision@1": 0, "recall@1": 0,
            "hit_rate@5": 1, "precision@5": 2 / 5, "recall@5": 1, "hit_rate@10": 1, "precision@10": 2 / 10, "recall@10": 1,
        }
    )  # fmt: skip


def test_a_list_counts_relevant_items_that_it_lacks() -> None:
    found = of_list(["a", "b", "c"], ["b", "x"])
    assert found is not None
    assert (found["mrr"], found["recall@5"], found["map"]) == (0.5, 0.5, 0.25)
    assert found["ndcg@5"] == pytest.approx((1 / math.log2(3)) / (1 + 1 / math.log2(3)))
    missed = of_list(["a"], ["x"])
    assert missed is not None and (missed["mrr"], missed["ndcg@10"], missed["hit_rate@10"]) == (0, 0, 0)
    twice = of_list(["b", "b", "a"], ["a"])
    assert twice is not None and twice["mrr"] == 0.5, "an item counts once, where it stands first"


def test_queries_without_a_relevant_item_are_counted_apart() -> None:
    assert of_scores(np.zeros(3), np.arange(3.0)) is None
    assert of_list(["a"], []) is None
    sums = ranking_sums([None, {"mrr": 0.5}, {"mrr": 1.0}])
    assert (sums.queries, sums.without, sums.totals, sums.squares) == (2, 1, {"mrr": 1.5}, {"mrr": 1.25})


def test_sums_of_parts_are_those_of_the_whole() -> None:
    one, two = ranking_sums([{"mrr": 0.5}, None]), ranking_sums([{"mrr": 1.0}])
    assert both(one, two) == ranking_sums([{"mrr": 0.5}, None, {"mrr": 1.0}])
    assert both(one, None) == both(None, one) == one
    assert both(None, None) is None
    assert RankingSums() == ranking_sums([])
