"""Bodies by row and by column: their values by the names of the signature, and what becomes of them when they are changed."""

from typing import Any

import pytest

from unshelf.codecs.body import ColumnBody, RowBody, TensorPart, Undecodable, flat, object_in, rows_in

NAMES = ["age", "city"]


@pytest.mark.parametrize(
    ("rows", "own_names", "columns"),
    [
        ([{"age": 1, "city": "x"}, {"city": "y", "more": 0}], None, {"age": [1, None], "city": ["x", "y"]}),
        ([[1, "x"], [2, "y"]], None, {"age": [1, 2], "city": ["x", "y"]}),
        ([["x", 1]], ["city", "age"], {"city": ["x"], "age": [1]}),
        ([], None, {"age": [], "city": []}),
    ],
)
def test_rows_have_their_values_by_column(
    rows: list[Any], own_names: list[str] | None, columns: dict[str, Any]
) -> None:
    assert RowBody("inputs", rows, own_names).columns(NAMES) == columns


def test_rows_of_one_column_may_be_bare_values_or_arrays() -> None:
    assert RowBody("inputs", [5.1, [4.9]]).columns(["x"]) == {"x": [5.1, [4.9]]}


@pytest.mark.parametrize("rows", [[[1]], [[1, "x", 2]], [1], [{"age": 1}, [1, "x"]]])
def test_rows_that_do_not_fit_their_columns_can_not_be_decoded(rows: list[Any]) -> None:
    with pytest.raises(Undecodable):
        RowBody("inputs", rows).columns(NAMES)
    with pytest.raises(Undecodable):
        RowBody("inputs", rows, NAMES).columns(["age"])


def hidden_city(name: str, value: Any) -> Any:
    return "***" if name == "city" else value


@pytest.mark.parametrize(
    ("rows", "own_names", "changed"),
    [
        ([{"age": 1, "city": "x"}], None, [{"age": 1, "city": "***"}]),
        ([[1, "x"]], None, [[1, "***"]]),
        ([["x", 1]], ["city", "age"], [["***", 1]]),
    ],
)
def test_values_of_rows_are_changed_by_their_column(
    rows: list[Any], own_names: list[str] | None, changed: list[Any]
) -> None:
    body = RowBody("inputs", rows, own_names)
    assert body.mapped(NAMES, hidden_city) == RowBody("inputs", changed, own_names)
    assert RowBody("inputs", ["x", "y"]).mapped(["city"], hidden_city).rows == ["***", "***"]


def test_a_row_that_does_not_fit_is_not_changed_by_guess() -> None:
    with pytest.raises(Undecodable):
        RowBody("inputs", [["x"]]).mapped(NAMES, hidden_city)


def test_columns_are_changed_whole_and_lose_those_that_are_no_list() -> None:
    body = ColumnBody("inputs", {"age": [1], "city": ["x"]}).mapped(NAMES, hidden_city)
    assert body.values == {"age": [1], "city": "***"}
    assert body.columns(NAMES) == {"age": [1]}


def test_a_tensor_s_name_is_its_field() -> None:
    assert TensorPart({"name": "x", "shape": [1]}).name == "x"


def test_nested_lists_are_flattened_in_order() -> None:
    assert list(flat([[1, [2, 3]], [], 4])) == [1, 2, 3, 4]


def test_what_is_no_object_and_no_list_can_not_be_decoded() -> None:
    assert object_in(b'{"a": 1}') == {"a": 1}
    assert rows_in([1]) == [1]
    with pytest.raises(Undecodable):
        object_in(b"[]")
    with pytest.raises(Undecodable):
        rows_in({"a": 1})
