"""Queries of a table of records: the rows that one has, their scores or their ranked list, and what labels say of them."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.monitor.performance.ranking.measures import RankingSums, of_list, of_scores, ranking_sums
from unshelf.records.labels.label import class_name


class RankedRows:
    """Rows with a relevance each, parted into queries.

    Where the answer is a number, it is the score of the row's item, and a query has several rows: those of one request with one value of
    the column `query`, or all rows of the request. Where it is a list, each row is a query, and its label names the relevant item, or
    several as a JSON list. A query counts once one of its rows has a label; rows without one are not relevant."""

    def __init__(self, answers: Any, groups: np.ndarray, matched: np.ndarray, values: Sequence[Any]) -> None:
        """`answers`: an Arrow array, one a row; `groups`: the query of each row; `matched`: rows with a label, `values`: these."""
        self._matched = matched
        self._is_scored = pa.types.is_floating(answers.type) or pa.types.is_integer(answers.type)
        self.good: np.ndarray
        """Which matched rows have a label that can be used."""
        if self._is_scored:
            relevance = np.array([_relevance(value) for value in values], dtype=float)
            self.good = np.isfinite(relevance)
            self._found = self._scored(answers, groups, relevance)
        else:
            lists = answers.take(pa.array(matched)).to_pylist()
            self.good = np.array([_items(text) is not None for text in lists], dtype=bool)
            self._found = {
                row: of_list([class_name(item) for item in items], _relevant(value))
                for row, text, value in zip(matched.tolist(), lists, values, strict=True)
                if (items := _items(text)) is not None
            }

    def sums(self, is_in: np.ndarray) -> RankingSums:
        """Return the sums of the queries whose first row a mask has."""
        return ranking_sums([measures for row, measures in self._found.items() if is_in[row]])

    def _scored(self, answers: Any, groups: np.ndarray, relevance: np.ndarray) -> dict[int, dict[str, float] | None]:
        scores = pc.fill_null(pc.cast(answers, pa.float64()), float("nan")).to_numpy(zero_copy_only=False)
        of_row = np.zeros(len(scores))
        of_row[self._matched[self.good]] = relevance[self.good]
        labelled = set(groups[self._matched[self.good]].tolist())
        found: dict[int, dict[str, float] | None] = {}
        order = np.argsort(groups, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
            own = rows[np.isfinite(scores[rows])]
            if len(own) and groups[rows[0]] in labelled:
                found[int(rows[0])] = of_scores(of_row[own], scores[own])
        return found


def _relevance(value: Any) -> float:
    """Return a label as a relevance: a number from 0 on, or whether it is relevant; NaN for anything else."""
    if isinstance(value, bool | int | float) and float(value) >= 0:
        return float(value)
    return float("nan")


def _items(text: str | None) -> list[Any] | None:
    try:
        found = None if text is None else json.loads(text)
    except ValueError:
        return None
    return [item for item in found if isinstance(item, str | int | float)] if isinstance(found, list) else None


def _relevant(value: Any) -> list[str]:
    """Return the items that a label names."""
    several = _items(value) if isinstance(value, str) and value.startswith("[") else None
    return [class_name(item) for item in ([value] if several is None else several)]
