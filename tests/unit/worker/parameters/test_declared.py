"""The parameters that a maker's own function declares, and arguments that are none."""

import functools
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, Optional

import pytest

from unshelf.contracts.signature import Parameter
from unshelf.worker.parameters.declared import declared_parameters


def found(call: Callable[..., Any]) -> dict[str, tuple[str, Any]]:
    """Name → type and default; each description is one that the contract takes."""
    described = declared_parameters(call)
    return {each.name: (each.type, each.default) for each in (Parameter(**fields) for fields in described)}


def test_keyword_arguments_and_those_after_the_first_with_defaults_are_parameters() -> None:
    def predict(rows, seed: int | None = None, verbose=False, *, temperature: float = 1, stop: list[str] = ["."], n=3):  # noqa: B006
        return rows

    assert found(predict) == {
        "seed": ("integer", None), "verbose": ("boolean", False), "temperature": ("number", 1.0),
        "stop": ("list[string]", ["."]), "n": ("integer", 3),
    }  # fmt: skip


def test_the_first_argument_is_the_rows_whatever_it_is_called_and_has() -> None:
    assert found(lambda temperature=3, *, k=2: temperature) == {"k": ("integer", 2)}


@pytest.mark.parametrize(
    ("annotation", "default", "kind"),
    [
        (float, math.inf, ("number", "Infinity")),
        (Optional[str], None, ("string", None)),  # noqa: UP045 - as older code has it
        (int | float, 2, ("number", 2.0)),
        (Sequence[int], (1, 2), ("list[integer]", [1, 2])),
        (list[bool], [], ("list[boolean]", [])),
        (Annotated[int, "How many."], 2, ("integer", 2)),
        (Literal["a", "b"], "a", ("string", "a")),
        (list[Literal[1, 2]], [1], ("list[integer]", [1])),
        ("float", 0.5, ("number", 0.5)),
    ],
)
def test_annotations_that_are_plain(annotation: Any, default: Any, kind: tuple[str, Any]) -> None:
    def predict(rows, *, value=default):
        return rows

    predict.__annotations__["value"] = annotation
    assert found(predict) == {"value": kind}


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (None, None), (None, object()), (None, [1, "a"]), (None, []), (dict, {}), (bytes, b""), (int, "3"), (float, math.nan),
        (int, True), (str, 3), (list, [1]), (list[list[int]], [[1]]), (int | str, 3), (complex, 1j), (Literal["a"], "b"),
        (Literal[1, "a"], 1), ("NotThere", 3), (tuple[int, ...], (1,)), (list[int], ["a"]),
    ],
)  # fmt: skip
def test_an_argument_of_another_type_keeps_its_default(annotation: Any, default: Any) -> None:
    def predict(rows, *, value=default):
        return rows

    if annotation is not None:
        predict.__annotations__["value"] = annotation
    assert found(predict) == {}


def test_what_can_not_be_given_by_name_or_has_no_default_is_none() -> None:
    def predict(rows, needed, hidden=3, /, *more, named, **others):
        return rows

    assert found(predict) == {}


def test_a_description_and_choices_come_from_the_annotation() -> None:
    def predict(rows, *, style: Annotated[Literal["short", "long"], "How much is said."] = "short"):
        return rows

    assert declared_parameters(predict) == [
        {"name": "style", "type": "string", "default": "short", "description": "How much is said.", "choices": ["short", "long"]}
    ]  # fmt: skip


class Model:
    def predict(self, rows: Any, *, k: int = 2) -> Any:
        return rows

    def __call__(self, rows: Any, *, scale: float = 0.5) -> Any:
        return rows

    @staticmethod
    def alone(rows: Any, *, k: int = 4) -> Any:
        return rows


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*arguments: Any, **more: Any) -> Any:
        return function(*arguments, **more)

    return inner


def test_methods_objects_decorated_functions_and_partials() -> None:
    assert found(Model().predict) == {"k": ("integer", 2)}
    assert found(Model.alone) == {"k": ("integer", 4)}
    assert found(Model()) == {"scale": ("number", 0.5)}
    assert found(wrapped(Model().predict)) == {"k": ("integer", 2)}
    assert found(functools.partial(Model().predict, k=7)) == {"k": ("integer", 7)}


@pytest.mark.parametrize(
    "call", [statistics.quantiles, sorted, str.upper, len, pytest.approx, functools.partial(sorted, [])]
)
def test_a_library_s_function_declares_none(call: Callable[..., Any]) -> None:
    assert declared_parameters(call) == []
