"""Columns with a default: whoever leaves one out, in whichever form of a request, is answered as if the default had been sent."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.support.signatures import columns
from unshelf.worker.encoding.v2_tensor import V2Tensor
from unshelf.worker.errors import CannotLoad, RequestRefused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.default_columns import DefaultColumns
from unshelf.worker.inputs.memory import ArrayMemory
from unshelf.worker.inputs.request_inputs import Inputs

DEFAULTS = {
    "count": ("int64", 7), "name": ("string", ""), "share": ("float32", "Infinity"), "flag": ("bool", True),
    "when": ("datetime", "2024-02-29T12:00:00.000001Z"), "took": ("duration", "PT1.5S"), "list": ("json", [1, 2]),
    "gap": ("float64?", None), "none": ("string?", None), "half": ("float16", 0.5), "day": ("datetime", "2024-02-29"),
    "blob": ("bytes", "/wA="),
}  # fmt: skip


def plan(container: str, defaults: dict[str, tuple[str, Any]], first: str = "float64", **exact: Any) -> Inputs:
    """`x` is needed, the others have these types and defaults."""
    signature = columns(container, x=first, **{name: kind for name, (kind, _) in defaults.items()})
    for column in signature["columns"][1:]:
        column |= {"default": defaults[column["name"]][1], **exact.get(column["name"], {})}
    return plan_inputs(signature, ArrayMemory())


def requests(inputs: Inputs, given: dict[str, Any]) -> dict[str, Any]:
    """The same two rows of `x` in each form, with these columns beside it."""
    names, rows = ["x", *given], [[1.5, *given.values()], [2.5, *given.values()]]
    datatypes = {int: "INT64", str: "BYTES", bool: "BOOL"}
    tensors = [V2Tensor(name, datatypes[type(value)], [2], values=[value] * 2) for name, value in given.items()]
    return {
        "rows": inputs.from_rows([dict(zip(names, row, strict=True)) for row in rows]),
        "columns": inputs.from_columns({"x": [1.5, 2.5], **{name: [value] * 2 for name, value in given.items()}}),
        "split": inputs.from_split(names, rows),
        "text": inputs.from_text(names, [[str(value).lower() for value in row] for row in rows]),
        "tensors": inputs.from_tensors([V2Tensor("x", "FP64", [2], values=[1.5, 2.5]), *tensors]),
        "arrow": inputs.from_arrow(pa.table({"x": [1.5, 2.5], **{name: [value] * 2 for name, value in given.items()}})),
    }


@pytest.mark.parametrize("container", ["dicts", "pandas", "polars", "columns", "lists"])
def test_what_is_left_out_takes_its_default_in_every_form(container: str) -> None:
    exact = {"when": {"dtype": "datetime64[us, Europe/Paris]"}} if container == "pandas" else {}
    inputs = plan(container, DEFAULTS, **exact)
    whole = inputs.from_rows([[x, *(value for _, value in DEFAULTS.values())] for x in (1.5, 2.5)])
    wanted = str(_plain(inputs.build([whole])))
    for form, part in requests(inputs, {}).items():
        assert str(_plain(inputs.build([part]))) == wanted, form
    with_some = inputs.from_rows([{"x": x, "count": 8, "flag": False} for x in (1.5, 2.5)])
    wanted = str(_plain(inputs.build([with_some])))
    for form, part in requests(inputs, {"count": 8, "flag": False}).items():
        assert str(_plain(inputs.build([part]))) == wanted, form


def _plain(data: Any) -> Any:
    """The data as Python's values and the names of their types."""
    if hasattr(data, "to_dicts"):
        return data.to_dicts(), data.schema
    return (data.to_dict("records"), data.dtypes.to_dict()) if hasattr(data, "to_dict") else data


def test_rows_of_one_request_may_differ_in_what_they_leave_out() -> None:
    inputs = plan("dicts", {"n": ("int64", 7), "s": ("string", "a")})
    rows = [{"x": 1.0}, {"x": 2.0, "n": 1}, {"s": "b", "x": 3.0}, {"x": 4.0, "n": 0, "s": ""}]
    assert inputs.build([inputs.from_rows(rows)]) == [
        {"x": 1.0, "n": 7, "s": "a"}, {"x": 2.0, "n": 1, "s": "a"}, {"x": 3.0, "n": 7, "s": "b"}, {"x": 4.0, "n": 0, "s": ""},
    ]  # fmt: skip


def test_a_row_may_leave_out_everything() -> None:
    signature = columns("dicts", n="int64")
    signature["columns"][0]["default"] = 3
    inputs = plan_inputs(signature, ArrayMemory())
    assert inputs.build([inputs.from_rows([{}, {"n": 1}])]) == [{"n": 3}, {"n": 1}]


def test_no_row_s_default_is_another_row_s_object() -> None:
    inputs = plan("dicts", {"list": ("json", [])})
    for part in (inputs.from_rows([{"x": 1}, {"x": 2}]), inputs.from_columns({"x": [1, 2]})):
        first, second = inputs.build([part])
        first["list"].append(1)
        assert second["list"] == []
    assert inputs.build([inputs.from_rows([{"x": 1}])])[0]["list"] == []


def test_a_matrix_is_filled_and_whole_rows_are_read_as_without_defaults() -> None:
    inputs = plan("numpy", {"n": ("float64", 7)})
    assert inputs.build([inputs.from_rows([{"x": 1}, {"x": 2, "n": 3}])]).tolist() == [[1.0, 7.0], [2.0, 3.0]]
    raw = np.array([[1.0, 2.0]]).tobytes()
    assert inputs.build([inputs.from_tensors([V2Tensor("any", "FP64", [1, 2], raw=raw)])]).tolist() == [[1.0, 2.0]]


def test_columns_without_any_default_are_read_as_before() -> None:
    assert not isinstance(plan_inputs(columns("dicts", x="float64"), ArrayMemory()), DefaultColumns)


def test_a_default_goes_along_with_columns_that_are_optional() -> None:
    signature = columns("dicts", x="float64", n="int64", s="string")
    signature["columns"][1]["default"] = 7
    signature["columns"][2]["optional"] = True
    inputs = plan_inputs(signature, ArrayMemory())
    for part in (
        inputs.from_rows([{"x": 1}]),
        inputs.from_split(["x"], [[1]]),
        inputs.from_text(["x"], [["1"]]),
        inputs.from_arrow(pa.table({"x": [1.0]})),
    ):
        assert inputs.build([part]) == [{"x": 1.0, "n": 7}]


@pytest.mark.parametrize(
    ("rows", "column", "got"),
    [
        ([{"x": 1, "n": None}], "n", "null"),  # a null is no absence
        ([{"n": 1}], "x", "nothing: the column is missing"),
        ([{"x": 1, "m": 2}], "m", "2"),  # a wrong name is no absence either
        ([{"x": 1, "n": "3"}], "n", '"3"'),
    ],
)
def test_what_is_wrong_stays_wrong(rows: list[Any], column: str, got: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        plan("dicts", {"n": ("int64", 7)}).from_rows(rows)
    assert (column, got) in [(error["column"], error["got"]) for error in caught.value.errors or []]


def test_an_empty_field_of_a_csv_is_a_gap_and_no_absence() -> None:
    inputs = plan("dicts", {"n": ("float64?", 7)})
    assert str(inputs.build([inputs.from_text(["x", "n"], [["1", ""]])])) == "[{'x': 1.0, 'n': nan}]"


@pytest.mark.parametrize("columns_given", [{}, {"x": 3}, {"x": []}])
def test_no_rows_are_no_rows(columns_given: dict[str, Any]) -> None:
    with pytest.raises(RequestRefused):
        plan("dicts", {"n": ("int64", 7)}).from_columns(columns_given)


def test_a_shape_without_values_makes_no_values() -> None:
    with pytest.raises(RequestRefused, match="shape"):
        plan("dicts", {"n": ("int64", 7)}).from_tensors([V2Tensor("x", "FP64", [2**31 - 1, 0], values=[])])


@pytest.mark.parametrize(
    ("kind", "value"), [("int8", 300), ("datetime", "tomorrow"), ("bytes", "no base64"), ("string", 3), ("int64", None)]
)
def test_a_default_that_its_column_does_not_take_is_told_at_the_start(kind: str, value: Any) -> None:
    with pytest.raises(CannotLoad, match="the default of the column 'n' is"):
        plan("dicts", {"n": (kind, value)})


def test_a_default_that_arrow_has_no_type_for_is_asked_for() -> None:
    inputs = plan("dicts", {"any": ("json", [1, "a"])})
    assert inputs.build([inputs.from_rows([{"x": 1}])]) == [{"x": 1.0, "any": [1, "a"]}]
    with pytest.raises(RequestRefused) as caught:
        inputs.from_arrow(pa.table({"x": [1.0]}))
    assert (caught.value.status, caught.value.code) == (415, "unsupported_media_type")


def test_a_long_default_makes_no_table_larger_than_a_request_may_be() -> None:
    inputs = plan("pandas", {"text": ("string", "x" * (1 << 20))}, first="bool")
    with pytest.raises(RequestRefused, match="bytes with its default"):
        inputs.from_arrow(pa.table({"x": [True] * 4096}))


@pytest.mark.parametrize("container", ["dicts", "pandas", "columns"])
def test_a_wrong_column_is_told_and_not_the_default_that_was_left_out(container: str) -> None:
    inputs = plan(container, {"count": ("int64", 7)})
    for row in ({"x": 1.5, "cuont": 8}, {"x": 1.5, "cuont": 8, "other": 1}):
        with pytest.raises(RequestRefused) as refused:
            inputs.from_rows([{"x": 1.5}, row])
        assert refused.value.errors
        assert [(error["row"], error["column"]) for error in refused.value.errors] == [
            (1, name) for name in row if name != "x"
        ]
        assert "Did you mean 'count'?" in refused.value.hint
