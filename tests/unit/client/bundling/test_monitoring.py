"""Roles that a deploy declares: held against the signature before anything is sent."""

from typing import Any

import pytest

from unshelf.client.bundling.monitoring import monitoring_from, monitoring_options, monitors_from
from unshelf.client.errors import InvalidModel
from unshelf.contracts.bundle import NO_MONITORING, Monitoring
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors

SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name="age", type="int64"), Column(name="region", type="string")]),
    outputs=Tensors(tensors=[Tensor(name="class", type="int64", shape=[-1])]),
)


def test_who_declares_nothing_declares_nothing() -> None:
    assert monitoring_from(None, SIGNATURE) is NO_MONITORING
    assert monitoring_from({}, None) is NO_MONITORING


def test_roles_are_taken_as_far_as_the_columns_are_known() -> None:
    words: dict[str, Any] = {"prediction": "class", "slices": ["region"], "label": "truth", "task": "classification"}
    assert monitoring_from(words, SIGNATURE) == Monitoring(**words)
    unknown = Signature(inputs=SIGNATURE.inputs)
    assert monitoring_from({"scores": "p"}, unknown).scores == "p"
    assert monitoring_from({"key": "order"}, None).key == "order"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"prediction": "age"}, "prediction names 'age', which is no output"),
        ({"slices": ["region", "town"]}, "slices names 'town', which is no input"),
        ({"slices": ["region", "region"]}, "each column once"),
        ({"predicton": "class"}, "'predicton' is not known"),
        ({"task": "clustering"}, "clustering"),
    ],
)
def test_what_can_not_be_is_said_before_anything_is_sent(words: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        monitoring_from(words, SIGNATURE)


def test_scores_may_stand_beside_the_other_options() -> None:
    assert monitoring_options(None) is None
    assert monitoring_options({"key": "order"}) == {"key": "order"}
    assert monitoring_options({"key": "order"}, scores="predict_proba") == {"key": "order", "scores": "predict_proba"}
    with pytest.raises(InvalidModel, match="scores is 'a', and 'b' in monitoring"):
        monitoring_options({"scores": "b"}, scores="a")


def test_monitors_are_held_against_the_columns() -> None:
    found = monitors_from(
        [{"name": "age-drift", "columns": ["age"]}, {"name": "any", "kind": "quality", "columns": ["out:x"]}], SIGNATURE
    )
    assert [each.name for each in found] == ["age-drift", "any"]
    assert monitors_from(None, None) == []
    assert monitors_from([{"name": "m", "kind": "outputs", "columns": ["scores[2] yes"]}], SIGNATURE)[0].columns == [
        "scores[2] yes"
    ]
    for words, said in (
        ({"name": "m", "columns": ["town"]}, "columns of m names 'town', which is no input"),
        ({"name": "m", "kind": "outputs", "thresholds": {"age": 0.2}}, "'age', which is no output"),
        ({"name": "m", "treshold": 0.2}, "'treshold' is not known"),
        ({"name": "m", "threshold": 7.0}, "a threshold of inputs is not 7"),
    ):
        with pytest.raises(InvalidModel, match=said):
            monitors_from([words], SIGNATURE)


def test_scores_may_name_a_method_which_the_check_tries() -> None:
    assert monitoring_from({"scores": "predict_proba"}, SIGNATURE).scores == "predict_proba"
