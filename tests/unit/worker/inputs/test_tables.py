"""Categories: what is none of them is refused, unless the column is open; then the model is given it as one more category."""

from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.support.worker_inputs import refused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory

CITIES = ["Gent", "Lille"]


def table(container: str, **more: Any) -> dict[str, Any]:
    column = {"name": "city", "type": "string", "categories": CITIES, **more}
    return {"kind": "columns", "columns": [column, {"name": "x", "type": "float64"}], "container": container}


def test_a_value_that_is_no_category_is_named_with_the_categories() -> None:
    assert refused(table("pandas"), [["Gent", 1], ["Oslo", 2]]) == [
        {"row": 1, "column": "city", "expected": 'one of "Gent", "Lille"', "got": '"Oslo"'}
    ]


@pytest.mark.parametrize("container", ["dicts", "columns", "lists", "numpy"])
def test_plain_containers_have_what_was_sent(container: str) -> None:
    inputs = plan_inputs(table(container, unseen=True), ArrayMemory())
    assert "Oslo" in str(inputs.build([inputs.from_rows([["Oslo", 1]])]))


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize("form", ["rows", "arrow"])
def test_unseen_values_are_categories_after_the_known_ones(library: str, form: str) -> None:
    inputs = plan_inputs(table(library, unseen=True, nullable=True), ArrayMemory())
    values = ["Oslo", "Lille", None, "Bern"]
    if form == "rows":
        part = inputs.from_rows([[value, 1] for value in values])
    else:
        part = inputs.from_arrow(pa.table({"city": values, "x": [1.0] * 4}))
    city = inputs.build([part])["city"]
    found = city.dtype.categories if library == "polars" else city.cat.categories
    assert list(found) == [*CITIES, "Bern", "Oslo"]  # in an order that does not depend on that of the rows
    assert [None if value != value else value for value in city.to_list()] == values  # noqa: PLR0124 - NaN is the gap


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_without_an_unseen_value_the_column_is_exactly_that_of_the_example(library: str) -> None:
    inputs = plan_inputs(table(library, unseen=True), ArrayMemory())
    city = inputs.build([inputs.from_rows([["Lille", 1]])])["city"]
    wanted: Any = pl.Enum(CITIES) if library == "polars" else pd.CategoricalDtype(CITIES)
    assert city.dtype == wanted


def test_only_requests_with_the_same_unseen_values_share_a_batch() -> None:
    inputs = plan_inputs(table("pandas", unseen=True), ArrayMemory())
    oslo, lille, bern, oslo_too = (inputs.from_rows([[city, 1]]) for city in ("Oslo", "Lille", "Bern", "Oslo"))
    assert len({oslo.group, lille.group, bern.group}) == 3
    assert oslo.group == oslo_too.group
    assert inputs.build([oslo, oslo_too])["city"].tolist() == ["Oslo", "Oslo"]


@pytest.mark.parametrize(
    ("kind", "categories", "value"), [("int64", [1, 2], 9), ("float64", [0.5], float("inf")), ("bool", [True], False)]
)
def test_categories_of_any_kind_may_be_open(kind: str, categories: list[Any], value: Any) -> None:
    signature = table("pandas", type=kind, categories=categories, unseen=True)
    inputs = plan_inputs(signature, ArrayMemory())
    sent = "Infinity" if value == float("inf") else value
    assert inputs.build([inputs.from_rows([[sent, 1]])])["city"].tolist() == [value]


def test_an_unseen_value_is_of_the_column_s_type_all_the_same() -> None:
    assert refused(table("pandas", unseen=True), [[3, 1]])[0] == {
        "row": 0,
        "column": "city",
        "expected": "string",
        "got": "3",
    }


@pytest.mark.parametrize("form", ["rows", "arrow"])
def test_categories_may_limit_plain_values(form: str) -> None:
    signature = table("pandas", categorical=False)
    inputs = plan_inputs(signature, ArrayMemory())
    part = (
        inputs.from_rows([["Gent", 1]])
        if form == "rows"
        else inputs.from_arrow(pa.table({"city": ["Gent"], "x": [1.0]}))
    )
    city = inputs.build([part])["city"]
    assert city.dtype == pd.Series(["text"]).dtype
    assert refused(signature, [["Oslo", 1]])[0]["expected"] == 'one of "Gent", "Lille"'
