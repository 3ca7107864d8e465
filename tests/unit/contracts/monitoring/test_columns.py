"""Columns that monitors name, held against what is known of a model."""

import pytest

from unshelf.contracts.monitoring.columns import (
    ModelFacts,
    column_fault,
    facts_in,
    slice_fault,
    task_fault,
    unknown_columns,
)
from unshelf.contracts.signature import Column, Columns, Signature

KNOWN = ModelFacts(["age", "income"], ["answer", "scores[2] yes"], task="classification", has_scores=False)


@pytest.mark.parametrize(
    ("kind", "names", "said", "hint"),
    [
        ("inputs", ["age", "agee"], "'agee' is no input", "Did you mean 'age'? Its inputs are age, income."),
        ("outputs", ["answer", "age"], "'age' is no output", "Its outputs are answer, scores[2] yes."),
        ("outputs", ["scores[9] no"], "'scores[9] no' is no output", "Its outputs are"),
        ("quality", ["age", "out:answer", "out:age"], "'out:age' is no output", "Its outputs are"),
        ("volume", ["age"], "volume is watched of whole requests", "Leave the columns out"),
    ],
)
def test_columns_that_a_model_has_not_are_named(kind: str, names: list[str], said: str, hint: str) -> None:
    fault = column_fault(kind, names, {}, KNOWN)
    assert fault is not None
    assert said in fault.said
    assert hint in fault.hint


def test_thresholds_name_columns_too() -> None:
    assert column_fault("inputs", [], {"age": 0.3}, KNOWN) is None
    fault = column_fault("inputs", [], {"height": 0.3}, KNOWN)
    assert fault is not None
    assert fault.said == "'height' is no input"
    assert column_fault("errors", [], {"refused": 0.3}, KNOWN) is None
    for kind in ("errors", "latency", "volume"):
        other = column_fault(kind, [], {"age": 3.0}, KNOWN)
        assert other is not None
        assert other.said == f"{kind} has no threshold of 'age'"


def test_what_is_not_known_is_taken() -> None:
    nothing = ModelFacts()
    assert column_fault("inputs", ["age"], {}, nothing) is None
    assert unknown_columns("quality", ["age", "out:answer", "age"], ModelFacts(["age"])) == ["out:answer"]
    assert unknown_columns("inputs", ["age"], KNOWN) == []
    inputs_alone = facts_in(Signature(inputs=Columns(columns=[Column(name="age", type="float64")]), outputs=None))
    assert inputs_alone == ModelFacts(["age"], None, scores_are_known=False)
    of_outputs = inputs_alone._replace(outputs=["answer"])
    assert column_fault("outputs", ["scores[2] yes"], {}, of_outputs) is None, "the check finds them out"
    assert facts_in(None).inputs is None


def test_a_slice_is_of_an_input() -> None:
    assert slice_fault("age=1", KNOWN) is None
    assert slice_fault("", KNOWN) is None
    fault = slice_fault("region=north", KNOWN)
    assert fault is not None
    assert fault.said == "'region' is no input"


def test_a_measure_is_of_the_models_task() -> None:
    assert task_fault("accuracy", KNOWN) is None
    assert task_fault("my_margin", KNOWN) is None
    other = task_fault("mae", KNOWN)
    assert other is not None
    assert other.said == "mae is a measure of regression, and the model's task is classification"
    assert "accuracy, balanced_accuracy" in other.hint
    without = task_fault("roc_auc", KNOWN)
    assert without is not None
    assert "does not record" in without.said
    assert task_fault("roc_auc", KNOWN._replace(has_scores=True)) is None
    assert task_fault("mae", ModelFacts()) is None
