"""Sentences on what estimates need."""

from datetime import UTC, datetime

import numpy as np

from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.estimates.confidence import bins_of, confidence_sums
from unshelf.monitor.performance.estimates.estimate import EstimateSums
from unshelf.monitor.performance.estimates.missing import missing_for_estimates


def hour(labelled: int) -> EstimateSums:
    known = np.arange(300) < labelled
    sums = confidence_sums(bins_of(np.full(300, 0.9)), known, known)
    return EstimateSums(version=1, start=datetime(2026, 11, 2, tzinfo=UTC), confidence=sums, labelled=labelled)


def test_a_classifier_without_scores_is_told_how_to_record_them() -> None:
    assert 'scores="predict_proba"' in missing_for_estimates(ColumnRoles(task="classification"), [])


def test_labels_that_are_missing_are_counted_by_version() -> None:
    roles = ColumnRoles(task="classification", scores="predict_proba")
    assert "200 predictions of a version have a label" in missing_for_estimates(roles, [])
    assert "; 120 have" in missing_for_estimates(roles, [hour(100), hour(20)])
    assert "follow the first labelled ones" in missing_for_estimates(roles, [hour(200)])


def test_quantities_need_labels_too_and_other_tasks_have_no_estimate() -> None:
    assert "300 predictions of a version have a label, to learn its loss; 0 have" in missing_for_estimates(
        ColumnRoles(task="regression"), [hour(0)]
    )
    assert missing_for_estimates(ColumnRoles(task="ranking"), []) == ""


def test_labels_that_nothing_is_learned_from_yet_are_counted_beside_those_that_are() -> None:
    joined_early = EstimateSums(version=1, start=datetime(2026, 11, 2, tzinfo=UTC), labelled=607)
    sentence = missing_for_estimates(ColumnRoles(task="regression"), [joined_early])
    assert "607 predictions of a version have a label, and 0 of them can be learned from" in sentence
