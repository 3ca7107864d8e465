"""Filling in: what a definition leaves open comes from signature, example and baseline."""

from typing import Any

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.data import ColumnProfile, TopValue
from unshelf.contracts.signature import Column, Columns, Parameter, Signature, Tensor, Tensors
from unshelf.deploy.apps.forms.definition import AppDefinition
from unshelf.deploy.apps.forms.filling import WHOLE, fill

COLUMNS = [
    Column(name="size", type="float64"),
    Column(name="rooms", type="int64"),
    Column(name="city", type="string", categories=["Gent", "Lille"]),
    Column(name="note", type="string", nullable=True),
    Column(name="built", type="datetime", items="date"),
    Column(name="seen", type="datetime", dtype="datetime64[ns, Europe/Paris]", optional=True),
    Column(name="sold", type="bool", default=True),
    Column(name="photo", type="bytes", items="image[RGB]", nullable=True),
]
SIGNATURE = Signature(
    inputs=Columns(columns=COLUMNS), outputs=Columns(columns=[Column(name="price", type="float64")]),
    parameters=[Parameter(name="top_k", type="integer", default=1)],
)  # fmt: skip
EXAMPLE = {"size": 80.0, "rooms": 3, "city": "Lille", "built": "2020-01-31"}
BASELINE = [
    ColumnProfile(name="size", type="number", count=9, gaps=0, minimum=20, maximum=200, mean=91.234),
    ColumnProfile(name="note", type="text", count=9, gaps=0, top=[TopValue(value="none", count=9)]),
]


def definition(**more: Any) -> AppDefinition:
    return AppDefinition.model_validate({"model": "priced", "title": "t", **more})


def test_an_empty_definition_becomes_the_template_of_the_version() -> None:
    filled = fill(definition(), SIGNATURE, EXAMPLE, BASELINE)
    assert filled.inputs is not None
    found = {each.name: each for each in filled.inputs}
    assert [(each.kind, each.default, each.empty) for each in filled.inputs] == [
        ("number", 80.0, "refused"), ("number", 3, "refused"), ("choice", "Lille", "refused"), ("text", "none", "null"),
        ("date", "2020-01-31", "refused"), ("moment", None, "left_out"), ("yes", True, "left_out"), ("image", None, "null"),
    ]  # fmt: skip
    assert (found["size"].min, found["size"].max, found["rooms"].whole, found["seen"].zone) == (20, 200, True, True)
    assert (found["city"].choices, found["city"].open, found["note"].open) == (["Gent", "Lille"], False, True)
    assert filled.answer.text == "{prediction:.3g}"


def test_what_is_said_stays_and_a_filled_definition_is_filled_in_as_it_is() -> None:
    said = {"name": "size", "label": "Living space", "unit": "m²", "min": 30, "step": 5, "default": 0}
    others = {"rooms": 2, "city": "Gent", "built": "2000-01-01"}
    filled = fill(definition(inputs=[said], hidden=others), SIGNATURE, EXAMPLE, BASELINE)
    [field] = filled.inputs or []
    assert (field.label, field.unit, field.min, field.max, field.step, field.default) == (
        "Living space",
        "m²",
        30,
        200,
        5,
        0,
    )
    assert filled.hidden == {**others, "note": None, "photo": None}
    assert fill(filled, SIGNATURE, None, []) == filled


def test_without_data_there_are_no_ranges() -> None:
    [field, *_] = fill(definition(), SIGNATURE, None, []).inputs or []
    assert (field.min, field.max, field.default) == (None, None, 0.0)


def test_a_single_tensor_is_its_nested_array() -> None:
    signature = Signature(inputs=Tensors(tensors=[Tensor(name="x", type="float64", shape=[-1, 2, 2])]))
    [field] = fill(definition(), signature, None, []).inputs or []
    assert (field.name, field.label, field.kind, field.default) == (WHOLE, "x", "json", [[0, 0], [0, 0]])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"inputs": [{"name": "sise"}]}, "no input 'sise'"),
        ({"hidden": {"colour": 1}}, "no input 'colour'"),
        ({"inputs": [{"name": "size"}]}, "needs rooms, city, built"),
        ({"params": {"top": 1}}, "no parameter 'top'"),
    ],
)
def test_what_the_version_does_not_take_or_needs_is_said(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        fill(definition(**more), SIGNATURE, EXAMPLE, BASELINE)


def test_a_version_without_a_signature_has_no_form() -> None:
    with pytest.raises(InvalidInput, match="no signature"):
        fill(definition(), None, None, [])
