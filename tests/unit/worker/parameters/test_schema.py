"""Parameters of a request: checked against what the version declares, with defaults for those left out."""

import json
import math
from typing import Any

import pytest

from unshelf.worker.errors import RequestRefused
from unshelf.worker.inputs.request_inputs import RequestInputs
from unshelf.worker.parameters.schema import NO_PARAMETERS, Parameters

DECLARED = Parameters([
    {"name": "temperature", "type": "number", "default": 1.0, "min": 0, "max": 2},
    {"name": "top_k", "type": "integer", "default": 5, "min": 1},
    {"name": "style", "type": "string", "default": "short", "choices": ["short", "long"]},
    {"name": "verbose", "type": "boolean", "default": False},
    {"name": "seed", "type": "integer"},
    {"name": "stop", "type": "list[string]", "default": ["."]},
    {"name": "weights", "type": "list[number]", "default": [], "max": 1},
])  # fmt: skip
USUAL = {
    "temperature": 1.0, "top_k": 5, "style": "short", "verbose": False, "seed": None, "stop": ["."], "weights": [],
}  # fmt: skip


def part() -> RequestInputs:
    return RequestInputs(2, [[1, 2]])


def given(params: Any, *, texts: bool = False) -> dict[str, Any]:
    """The values that a model is given."""
    inner = part()
    parts, values = DECLARED.divided([DECLARED.give(inner, params, texts=texts)])
    assert parts == [inner]
    return values


def refused(params: Any, declared: Parameters = DECLARED, *, texts: bool = False) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        declared.give(part(), params, texts=texts)
    json.dumps(caught.value.fields())
    assert (caught.value.status, caught.value.code) == (422, "invalid_input")
    return caught.value


@pytest.mark.parametrize("nothing", [None, {}])
def test_those_left_out_have_their_defaults(nothing: Any) -> None:
    assert given(nothing) == USUAL
    assert given({"top_k": 1}) == USUAL | {"top_k": 1}


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("temperature", 0, 0.0),
        ("temperature", 2, 2.0),
        ("top_k", 7.0, 7),
        ("top_k", 10**30, 10**30),
        ("style", "long", "long"),
        ("verbose", True, True),
        ("seed", None, None),
        ("seed", 3, 3),
        ("stop", [], []),
        ("stop", ["a", "ü"], ["a", "ü"]),
        ("weights", [1, 0.5, "-Infinity"], [1.0, 0.5, -math.inf]),
    ],
)
def test_values_come_in_their_type(name: str, value: Any, seen: Any) -> None:
    found = given({name: value})[name]
    assert (found, repr(found)) == (seen, repr(seen))


@pytest.mark.parametrize(
    ("name", "value", "expected", "got"),
    [
        ("temperature", "hot", "a number from 0 to 2", '"hot"'),
        ("temperature", True, "a number from 0 to 2", "true"),
        ("temperature", 2.5, "a number from 0 to 2", "2.5"),
        ("temperature", math.inf, "a number from 0 to 2", ""),
        ("temperature", "Infinity", "a number from 0 to 2", ""),
        ("temperature", 10**400, "a number from 0 to 2", ""),
        ("temperature", None, "a number from 0 to 2", "null"),
        ("top_k", 0, "an integer of at least 1", "0"),
        ("top_k", 1.5, "an integer of at least 1", "1.5"),
        ("top_k", True, "an integer of at least 1", "true"),
        ("top_k", [1], "an integer of at least 1", ""),
        ("style", "medium", 'one of "short", "long"', '"medium"'),
        ("style", 1, 'one of "short", "long"', "1"),
        ("verbose", 1, "true or false", "1"),
        ("seed", "3", "an integer or null", '"3"'),
        ("stop", "a", "a list of strings", '"a"'),
        ("stop", [1], "a list of strings", "1 as item 0"),
        ("stop", ["a", "\ud800"], "a list of strings", "as item 1"),
        ("stop", None, "a list of strings", "null"),
        ("weights", [0.5, 1.5], "a list of numbers of at most 1", "1.5 as item 1"),
        ("weights", [None], "a list of numbers of at most 1", "null as item 0"),
    ],
)
def test_a_value_of_another_type_or_beyond_the_limits_is_named(name: str, value: Any, expected: str, got: str) -> None:
    error = refused({"top_k": 3, name: value})
    (fault,) = error.errors or []
    assert (fault["parameter"], fault["row"], fault["column"], fault["expected"]) == (name, None, None, expected)
    assert got in fault["got"]
    assert f"'{name}' must be {expected}, got" in error.detail
    assert name in error.hint


def test_an_unknown_name_is_told_with_the_nearest_and_all_that_there_are() -> None:
    error = refused({"temprature": 1.0, "verbose": True, "beam": 2})
    assert error.detail == "The model has no parameter 'temprature'."
    assert error.hint.startswith(
        "Did you mean 'temperature'? Its parameters: temperature (a number from 0 to 2, default 1.0); "
    )
    assert 'stop (a list of strings, default ["."])' in error.hint
    assert "seed (an integer or null, default null)" in error.hint
    assert [fault["parameter"] for fault in error.errors or []] == ["temprature", "beam"]


@pytest.mark.parametrize("params", [[1], "a", 3, True, 0, False, ""])
def test_what_is_no_object_is_refused(params: Any) -> None:
    assert "must be an object by name" in refused(params).detail


def test_a_model_without_parameters_says_so() -> None:
    error = refused({"top_k": 3}, NO_PARAMETERS)
    assert error.detail == "The model takes no parameters, but the request gives 'top_k'."
    assert error.hint == "Send the inputs alone."
    assert NO_PARAMETERS.give(inner := part(), {}) is inner


def test_parameters_are_given_once() -> None:
    once = DECLARED.give(part(), {"top_k": 5})
    with pytest.raises(RequestRefused, match="given twice"):
        DECLARED.give(once, {"top_k": 5})


@pytest.mark.parametrize(
    ("name", "text", "seen"),
    [
        ("temperature", "0.5", 0.5), ("top_k", "3", 3), ("verbose", "true", True), ("style", "long", "long"), ("seed", "null", None),
        ("stop", '["a", "b"]', ["a", "b"]), ("stop", "END", ["END"]), ("weights", "[0.5]", [0.5]),
    ],
)  # fmt: skip
def test_where_a_protocol_has_only_texts_they_are_read_as_json(name: str, text: str, seen: Any) -> None:
    assert given({name: text}, texts=True)[name] == seen


@pytest.mark.parametrize(
    ("name", "text"), [("temperature", "hot"), ("top_k", "[1]"), ("verbose", "yes"), ("weights", "a")]
)
def test_a_text_that_is_none_of_the_type_is_refused(name: str, text: str) -> None:
    assert json.dumps(text) in refused({name: text}, texts=True).detail


def test_only_requests_with_equal_values_share_a_batch() -> None:
    plain, usual = part(), DECLARED.give(part(), {"top_k": 5, "temperature": 1})
    three, again, other = (DECLARED.give(part(), {"top_k": value}) for value in (3, 3.0, 4))
    truth, falsehood = (DECLARED.give(part(), {"verbose": value}) for value in (True, False))
    assert plain.group == usual.group == falsehood.group
    assert three.group == again.group
    assert len({each.group for each in (plain, three, other, truth)}) == 4


def test_the_groups_of_the_inputs_are_kept_apart_too() -> None:
    groups = [DECLARED.give(RequestInputs(1, [], group), {"top_k": 3}).group for group in (None, (2, 3), (2, 4))]
    assert len(set(groups)) == 3


def test_a_list_that_a_model_changes_is_its_own() -> None:
    first = given(None)
    first["stop"].append("!")
    assert given(None) == USUAL


def test_many_faults_are_told_up_to_a_number() -> None:
    assert len(refused({f"p{number}": 1 for number in range(100)}).errors or []) == 20
