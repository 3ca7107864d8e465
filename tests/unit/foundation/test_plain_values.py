"""Values of strangers that nothing can hold are found, however deep they lie."""

from typing import Any

import pytest

from unshelf.foundation.plain_values import LARGEST_INTEGER, MOST_NESTED, fault_in, fault_in_text


def nested(depth: int, value: Any) -> Any:
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("\ud800", "surrogate"), (["a", {"b": "c\udfff"}], "surrogate"), ({"\ud800": 1}, "surrogate"), ("a\0b", "NUL"), (10**26, "64 bits"),
        (LARGEST_INTEGER + 1, "64 bits"), (-LARGEST_INTEGER - 1, "64 bits"), (float("nan"), "finite"), ([float("-inf")], "finite"),
        (nested(MOST_NESTED + 1, 1), "nested"), (nested(100_000, 1), "nested"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(value: Any, told: str) -> None:
    assert told in fault_in(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -LARGEST_INTEGER,
        1.5,
        "",
        "é\U0001f600\u202e\x9b",
        {"a": [1, {"b": None}]},
        nested(MOST_NESTED, 1),
        [0] * 100_000,
    ],
)
def test_what_json_usually_holds_is_taken(value: Any) -> None:
    assert fault_in(value) == ""


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert fault_in_text("\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")) == ""
