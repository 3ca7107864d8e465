"""Type hints of steps, held against one another when a pipeline is put together."""

import types
import typing
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin

from unshelf.client.errors import UnshelfError

PARAMETER_TYPES: dict[Any, str] = {int: "int", float: "float", str: "str", bool: "bool", list: "list", dict: "dict"}


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the type hints of a function; those that can't be found here are left out."""
    try:
        return typing.get_type_hints(function)
    except Exception:
        return {
            name: hint for name, hint in getattr(function, "__annotations__", {}).items() if not isinstance(hint, str)
        }


def check_argument(step: str, name: str, given: Any, wanted: Any) -> None:
    """Raise UnshelfError for an argument of a type that the step's parameter does not take. Where a hint is missing nothing is checked."""
    if not fits(given, wanted):
        raise UnshelfError(
            f"The argument {name!r} of the step {step!r} is a {name_of_type(given)}, and a {name_of_type(wanted)} is wanted.",
            code="invalid_input", hint="Give another value, or change the type hint.",
        )  # fmt: skip


def fits(given: Any, wanted: Any) -> bool:
    """Whether a value of one type may be given for another. Where nobody can tell, it does."""
    given, wanted = _plain(given), _plain(wanted)
    if Any in (given, wanted) or isinstance(given, typing.TypeVar) or isinstance(wanted, typing.TypeVar):
        return True
    if _is_union(wanted):
        return any(fits(given, each) for each in get_args(wanted))
    if _is_union(given):
        return all(fits(each, wanted) for each in get_args(given))
    mine, other = get_origin(given) or given, get_origin(wanted) or wanted
    if not isinstance(mine, type) or not isinstance(other, type):
        return True
    if mine is int and other is float:
        return True
    try:
        return issubclass(mine, other)
    except TypeError:  # a protocol without methods to look for
        return True


def part_of_type(whole: Any, key: str | int) -> Any:
    """Return the type of a part of a value: of `dict[str, X]` and `list[X]` X, of `tuple[X, Y]` the one at the position."""
    origin, arguments = get_origin(_plain(whole)), get_args(_plain(whole))
    if origin is tuple and isinstance(key, int) and Ellipsis not in arguments:
        return arguments[key] if -len(arguments) <= key < len(arguments) else Any
    if origin in (dict, list) and arguments:
        return arguments[-1]
    return Any


def parameter_type(hint: Any) -> str:
    """Return the name of a pipeline parameter's type, as the API has it."""
    plain = _plain(hint)
    found = get_origin(plain) or plain
    return PARAMETER_TYPES.get(found, "any") if isinstance(found, type) else "any"


def name_of_type(hint: Any) -> str:
    """Return a type as people write it."""
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")


def _plain(hint: Any) -> Any:
    if get_origin(hint) is typing.Annotated:
        return _plain(get_args(hint)[0])
    if hint is None:
        return type(None)
    return hint


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)
