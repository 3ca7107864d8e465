"""Truths beside listed rows: the label that counts of each, and how wrong the answer was."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.diagnosis.diagnosis import DiagnosedRows
from unshelf.monitor.windows.window import input_column, output_column
from unshelf.records.labels.label import class_name, is_same_class
from unshelf.records.labels.service import counting_labels

TRUTH, WRONG, ERROR = "truth", "wrong", "error"
"""The columns that are added."""
_ID, _ROW = 1, 2


def with_truths(
    read: Callable[[Callable[[Session], Any]], Any],
    model: str,
    roles: ColumnRoles,
    found: DiagnosedRows,
    *,
    only_wrong: bool,
) -> DiagnosedRows:
    """Return rows with their truths, where any of them has one; `only_wrong`: those whose answer is not the truth, the worst first.

    `read` has something done with a session."""
    places = {name: place for place, name in enumerate(found.columns)}
    key = None if roles.key is None else places.get(input_column(roles.key))
    answer = None if roles.prediction is None else places.get(output_column(roles.prediction))
    ids = [str(row[_ID]) for row in found.rows]
    keys = [] if key is None else [class_name(row[key]) for row in found.rows if row[key] is not None]
    by_id, by_key = read(lambda session: counting_labels(session, model, ids, keys))
    if not by_id and not by_key:
        return replace(found, rows=()) if only_wrong else found
    counts = Counter(ids)
    is_number = roles.task == "regression"
    rows = []
    for row in found.rows:
        own = by_id.get((str(row[_ID]), row[_ROW], True))
        if own is None and counts[str(row[_ID])] == 1 and row[_ROW] == 0:
            own = by_id.get((str(row[_ID]), 0, False))
        of_key = by_key.get(class_name(row[key])) if key is not None and row[key] is not None else None
        labels = [each for each in (own, of_key) if each is not None]
        truth = json.loads(max(labels)[1]) if labels else None
        said = None if answer is None else row[answer]
        rows.append((*row, truth, _fault(truth, said, is_number=is_number)))
    if only_wrong:
        rows = sorted((each for each in rows if each[-1]), key=lambda each: -float(each[-1]))
    columns = (*found.columns, TRUTH, ERROR if is_number else WRONG)
    return replace(found, columns=columns, rows=tuple(rows))


def _fault(truth: Any, answer: Any, *, is_number: bool) -> float | bool | None:
    """Return how wrong an answer is: the absolute error, or whether it is not the truth; None: that is not known."""
    if truth is None or answer is None:
        return None
    if not is_number:
        return not is_same_class(truth, answer)
    if isinstance(truth, bool) or not isinstance(truth, int | float) or not isinstance(answer, int | float):
        return None
    return abs(float(answer) - float(truth))
