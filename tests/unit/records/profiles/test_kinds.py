"""Kinds of columns."""

from datetime import date

import pyarrow as pa
import pytest

from unshelf.contracts.signature import Column
from unshelf.records.profiles.kinds import has_few_values, kind_of, kind_of_type


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (Column(name="x", type="float32"), "number"),
        (Column(name="x", type="int8"), "number"),
        (Column(name="x", type="int8", categories=[1, 2]), "category"),
        (Column(name="x", type="bool"), "category"),
        (Column(name="x", type="datetime"), "time"),
        (Column(name="x", type="string"), "category"),
        (Column(name="x", type="json"), None),
    ],
)
def test_a_signature_tells(column: Column, kind: str | None) -> None:
    assert kind_of(column) == kind


def test_texts_that_are_long_or_never_the_same_are_no_categories() -> None:
    sentences = pa.array([f"this is sentence number {n}" for n in range(300)])
    assert kind_of(Column(name="x", type="string"), sentences) == "text"
    assert not has_few_values(pa.array(["a" * 61] * 500))
    assert has_few_values(pa.array(["a", "b", None] * 100))
    assert has_few_values(pa.array([], pa.string()))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "number"), ([1.5], "number"), ([True], "category"), (["a", "b"], "category"), ([date(2020, 1, 1)], "time"), ([[1]], None),
    ],
)  # fmt: skip
def test_types_tell(values: list[object], kind: str | None) -> None:
    assert kind_of_type(pa.array(values)) == kind
