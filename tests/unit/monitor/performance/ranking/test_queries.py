"""Queries of records: rows of a request, or a list a row."""

import numpy as np
import pyarrow as pa
import pytest

from unshelf.monitor.performance.ranking.queries import RankedRows

EVERY = np.ones(6, dtype=bool)


def test_rows_of_a_query_are_ranked_by_their_scores() -> None:
    """Given two queries of three items, each with one relevant item that stands first and second, then their mean is that of both."""
    answers, groups = pa.array([0.9, 0.5, 0.1, 0.2, 0.8, 0.3]), np.array([0, 0, 0, 1, 1, 1])
    rows = RankedRows(answers, groups, np.array([0, 5]), [1, True])
    sums = rows.sums(EVERY)
    assert (sums.queries, sums.totals["mrr"], sums.totals["hit_rate@1"]) == (2, 1.5, 1)
    assert rows.sums(np.array([True] * 3 + [False] * 3)).totals["mrr"] == 1.0


def test_a_query_counts_once_it_has_a_label_and_scores_that_are_missing_are_left_out() -> None:
    answers, groups = pa.array([0.9, None, 0.1, 0.2, 0.8, 0.3]), np.array([7, 7, 7, 3, 3, 3])
    sums = RankedRows(answers, groups, np.array([2]), [2.0]).sums(EVERY)
    assert (sums.queries, sums.totals["mrr"]) == (1, 0.5)
    none = RankedRows(answers, groups, np.array([3]), [0]).sums(EVERY)
    assert (none.queries, none.without) == (0, 1)


@pytest.mark.parametrize("value", ["yes", -1, None])
def test_labels_that_are_no_relevance_are_not_used(value: object) -> None:
    rows = RankedRows(pa.array([0.5, 0.1]), np.array([0, 0]), np.array([0]), [value])
    assert (rows.good.tolist(), rows.sums(np.ones(2, bool)).queries) == ([False], 0)


def test_a_list_is_a_query_of_its_own_and_its_label_names_items() -> None:
    answers = pa.array(['["a", "b", 3]', '["a"]', "no list", None])
    rows = RankedRows(answers, np.arange(4), np.arange(4), ["b", '["x", "a"]', "a", "a"])
    assert rows.good.tolist() == [True, True, False, False]
    sums = rows.sums(np.ones(4, bool))
    assert (sums.queries, sums.totals["mrr"], sums.totals["recall@10"]) == (2, 1.5, 1.5)
    number = RankedRows(answers, np.arange(4), np.array([0]), [3]).sums(np.ones(4, bool))
    assert number.totals["mrr"] == pytest.approx(1 / 3), "3 and 3.0 are one item"
