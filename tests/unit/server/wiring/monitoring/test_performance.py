"""What labels of a version may be, and which answers they can be held against."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.records.labels.label import LabelRule
from unshelf.server.wiring.monitoring.performance import label_rule, with_one_answer

INPUTS = Columns(columns=[Column(name="x", type="float64")])


def facts(outputs: Columns | Tensors | None) -> Any:
    return SimpleNamespace(signature=Signature(inputs=INPUTS, outputs=outputs), created_at=datetime.now(UTC))


def test_labels_are_as_the_answer_is() -> None:
    answer = facts(Columns(columns=[Column(name="y", type="int64")]))
    assert label_rule(ColumnRoles(task="regression", prediction="y"), answer) == LabelRule(kind="number", has_key=False)
    classes = ColumnRoles(task="classification", prediction="y", classes=("0", "1"))
    assert label_rule(classes, answer) == LabelRule(kind="class", classes=("0", "1"), is_numeric=True, has_key=False)
    assert label_rule(classes, facts(Columns(columns=[Column(name="y", type="string")]))).is_numeric is False
    assert label_rule(classes, facts(None)).is_numeric is False
    assert label_rule(ColumnRoles(), answer) == LabelRule(has_key=False)


@pytest.mark.parametrize(("shape", "kept"), [([-1], "y"), ([-1, 1], "y"), ([-1, 3], None), ([-1, -1], None)])
def test_an_answer_of_several_values_a_row_is_none_that_a_label_fits(shape: list[int], kept: str | None) -> None:
    signature = Signature(inputs=INPUTS, outputs=Tensors(tensors=[Tensor(name="y", type="float64", shape=shape)]))
    roles = ColumnRoles(task="regression", prediction="y")
    assert with_one_answer(roles, signature).prediction == kept
    assert with_one_answer(roles, None) == roles


@pytest.mark.parametrize("task", ["regression", "classification", "ranking", None])
def test_labels_by_key_are_known_to_need_an_input_that_is_one(task: Any) -> None:
    answer = facts(Columns(columns=[Column(name="y", type="int64")]))
    assert label_rule(ColumnRoles(task=task, prediction="y", key="order"), answer).has_key is True
    assert label_rule(ColumnRoles(task=task, prediction="y"), answer).has_key is False
