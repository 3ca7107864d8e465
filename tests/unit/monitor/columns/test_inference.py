"""Roles that a version tells of itself, and those that it does not."""

from typing import Any

import pytest

from unshelf.contracts.bundle import Loader, Manifest
from unshelf.contracts.protocols.profiles import (
    CategoryProfile,
    NumberProfile,
    PowerSums,
    Quantiles,
    TableProfile,
    ValueCount,
)
from unshelf.contracts.signature import Column, Columns, RecordedScores, Signature, Tensor, Tensors
from unshelf.monitor.columns.inference import inferred, inputs_of, outputs_of, recorded_scores


def signature(outputs: list[Column] | None = None, *inputs: Column) -> Signature:
    taken = list(inputs) or [Column(name="age", type="float64")]
    return Signature(
        inputs=Columns(columns=taken), outputs=Columns(columns=outputs or [Column(name="output", type="int64")])
    )


def manifest(method: str = "predict", **fields: Any) -> Manifest:
    options = fields.pop("options", {})
    return Manifest(loader=Loader(kind="sklearn", method=method, options=options), files=[], python="3.12", **fields)


def category(*values: str, others: int = 0) -> CategoryProfile:
    return CategoryProfile(
        rows=10, gaps=0, counts=[ValueCount(value=value, count=1) for value in values], others=others, known=True, newest=[],
        distinct=b"",
    )  # fmt: skip


def number() -> NumberProfile:
    moments = PowerSums(count=0, mean=0, second=0, third=0, fourth=0)
    return NumberProfile(
        rows=1, gaps=0, infinite=0, minimum=None, maximum=None, zeros=0, moments=moments, quantiles=Quantiles(near=b"", far=b""),
        histogram=None,
    )  # fmt: skip


def test_the_only_output_is_the_prediction_and_its_type_tells_the_task() -> None:
    found = inferred(manifest(), signature([Column(name="output", type="float64")]), None)
    assert (found.prediction, found.task, found.scores) == ("output", "regression", None)
    assert found.sources == {"prediction": "inferred", "task": "inferred"}
    assert inferred(manifest(), signature([Column(name="output", type="string")]), None).task == "classification"
    assert inferred(manifest(), signature(), None).task is None, "whole numbers may be classes or counts"


def test_what_the_framework_knew_counts_more_than_types() -> None:
    found = inferred(manifest(seen_task="classification", seen_classes=["0", "1"]), signature(), None)
    assert (found.task, found.classes) == ("classification", ("0", "1"))
    by_loader = inferred(manifest(options={"classes": [3, 5]}), signature(), None)
    assert (by_loader.task, by_loader.classes) == ("classification", ("3", "5"))
    regression = inferred(manifest(seen_task="regression"), signature(), None)
    assert (regression.task, regression.classes) == ("regression", ())


def test_a_method_of_probabilities_returns_scores() -> None:
    tensors = Signature(
        inputs=Columns(columns=[Column(name="x", type="float64")]),
        outputs=Tensors(tensors=[Tensor(name="output", type="float64", shape=[-1, 3])]),
    )
    found = inferred(manifest("predict_proba"), tensors, None)
    assert (found.prediction, found.scores, found.task) == (None, "output", "classification")


def test_of_several_outputs_names_tell() -> None:
    outputs = [Column(name="Label", type="string"), Column(name="probabilities", type="json")]
    found = inferred(manifest(), signature(outputs), None)
    assert (found.prediction, found.scores) == ("Label", "probabilities")
    strange = inferred(manifest(), signature([Column(name="a", type="json"), Column(name="b", type="json")]), None)
    assert (strange.prediction, strange.scores, strange.task) == (None, None, None)


def test_the_one_column_of_a_baseline_that_is_no_input_is_the_label() -> None:
    baseline = TableProfile(rows=10, columns={"age": number(), "defaulted": category("yes", "no")})
    assert inferred(manifest(), signature(), baseline).label == "defaulted"
    two = TableProfile(rows=10, columns={**baseline.columns, "id": category("a")})
    assert inferred(manifest(), signature(), two).label is None
    foreign = TableProfile(rows=10, columns={"defaulted": category("yes")})
    assert inferred(manifest(), signature(), foreign).label is None


def test_inputs_of_few_values_are_slices_a_moment_is_the_time_and_an_id_the_key() -> None:
    columns = [
        Column(name="order_id", type="string"), Column(name="at", type="datetime"), Column(name="new", type="bool"),
        Column(name="region", type="string"), Column(name="town", type="string"),
        Column(name="size", type="string", categories=["s", "m"]),
    ]  # fmt: skip
    baseline = TableProfile(
        rows=10, columns={"region": category("n", "s"), "town": category("a", "b", others=5), "order_id": category("1")}
    )
    found = inferred(manifest(), signature(None, *columns), baseline)
    assert (found.key, found.time, found.slices) == ("order_id", "at", ("new", "region", "size"))
    two = inferred(manifest(), signature(None, *columns, Column(name="customer_id", type="int64")), baseline)
    assert two.key is None, "nothing says which"


@pytest.mark.parametrize(
    "known", [None, Signature(inputs=Tensors(tensors=[Tensor(name="x", type="float32", shape=[-1, 4])]))]
)
def test_a_version_that_tells_nothing_has_no_roles(known: Signature | None) -> None:
    found = inferred(manifest(), known, None)
    assert (found.prediction, found.key, found.slices, found.time, dict(found.sources)) == (None, None, (), None, {})
    assert outputs_of(known) == []
    assert inputs_of(known) == ([] if known is None else ["x"])


def test_recorded_scores_are_the_scores_with_their_classes() -> None:
    plain = signature([Column(name="output", type="int64")])
    recorded = Signature(
        inputs=plain.inputs, outputs=plain.outputs, scores=RecordedScores(method="predict_proba", classes=["0", "1"])
    )
    found = inferred(manifest(), recorded, None)
    assert (found.prediction, found.scores, found.classes, found.task) == (
        "output", "predict_proba", ("0", "1"), "classification",
    )  # fmt: skip
    assert (recorded_scores(recorded), recorded_scores(plain), recorded_scores(None)) == ("predict_proba", None, None)
