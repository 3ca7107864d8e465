"""The worth of labelled predictions."""

import numpy as np
import pytest

from unshelf.monitor.performance.sums import QualitySums, classified, estimated, summed
from unshelf.monitor.performance.value.rule import ValueCell, ValueRule

CELLS = (ValueCell(truth="1.0", answer="0", value=-100.0), ValueCell(truth="1", answer="1", value=5.0))


def test_each_pair_of_truth_and_answer_has_its_value() -> None:
    rule = ValueRule(unit="EUR", cells=CELLS)
    parts = [classified(["1", "1", "0"], ["0", "1", "0"]), classified(["1"], ["1"])]
    assert [rule.worth(part) for part in parts] == [-95.0, 5.0]
    assert rule.worth(summed(parts)) == -90.0


def test_errors_above_and_below_have_values_of_their_own() -> None:
    rule = ValueRule(unit="EUR", over=-1.0, under=-3.0)
    assert rule.worth(estimated(np.array([10.0, 10.0]), np.array([12.0, 9.0]))) == pytest.approx(-5.0)


def test_nothing_labelled_is_worth_nothing_known() -> None:
    assert ValueRule(unit="EUR", cells=CELLS).worth(QualitySums(rows=3)) is None
