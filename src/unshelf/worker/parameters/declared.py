"""The parameters that a function of the maker's own declares: its keyword-only arguments, and those after the first that have defaults."""

import functools
import inspect
import math
import os
import sysconfig
import types
import typing
from collections.abc import Callable, Sequence
from typing import Any

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
_LISTS = (list, Sequence)
_UNIONS = (typing.Union, getattr(types, "UnionType", typing.Union))

Fields = dict[str, Any]


def declared_parameters(call: Callable[..., Any]) -> "list[Fields]":
    """Describe the parameters as `contracts.signature.Parameter` has them.

    Only code of the maker's own declares them: a library's function has arguments that nobody chose to offer. An argument of
    another type keeps its default."""
    function = _function(call)
    if function is None or _is_installed(function):
        return []
    try:
        arguments = list(inspect.signature(call).parameters.values())
    except (TypeError, ValueError):
        return []
    annotations = _annotations(function)
    first = next((each for each in arguments if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)), None)
    found = [
        _described(each.name, annotations.get(each.name, each.annotation), each.default)
        for each in arguments
        if each is not first
        and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        and each.default is not each.empty
    ]
    return [each for each in found if each is not None]


def _function(call: Any) -> "types.FunctionType | None":
    """The function that is called in the end: of a method, a partial, a decorated function or an object that is called itself."""
    while True:
        if isinstance(call, functools.partial):
            call = call.func
        elif isinstance(call, types.MethodType):
            call = call.__func__
        elif isinstance(call, types.FunctionType):
            inner: Any = inspect.unwrap(call)
            if isinstance(inner, types.FunctionType):
                return inner
            call = inner
        else:
            method = inspect.getattr_static(type(call), "__call__", None)
            return method if isinstance(method, types.FunctionType) else None


def _is_installed(function: types.FunctionType) -> bool:
    """Whether it is part of Python or of an installed package."""
    paths = sysconfig.get_paths()
    roots = tuple(os.path.realpath(paths[name]) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    return os.path.realpath(function.__code__.co_filename).startswith(roots)


def _annotations(function: types.FunctionType) -> "dict[str, Any]":
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception:  # an annotation may name what is there for a type checker alone
        return {name: value for name, value in function.__annotations__.items() if not isinstance(value, str)}


def _described(name: str, annotation: Any, default: Any) -> "Fields | None":
    """The parameter; None where its type or its default is no plain one."""
    description = ""
    if typing.get_origin(annotation) is typing.Annotated:
        texts = [extra for extra in annotation.__metadata__ if isinstance(extra, str)]
        annotation, description = annotation.__origin__, texts[0] if texts else ""
    kind, choices = _kind(annotation)
    if annotation is inspect.Parameter.empty or annotation is Any:
        kind = _kind_of_value(default)
    if not kind:
        return None
    fields: Fields = {"name": name, "type": kind}
    if default is not None:
        try:
            fields["default"] = _plain(kind, default)
        except ValueError:
            return None
        items = default if kind.startswith("list[") else [default]
        if choices and not all(item in choices for item in items):
            return None
    return fields | ({"description": description} if description else {}) | ({"choices": choices} if choices else {})


def _kind(annotation: Any) -> "tuple[str, list[Any]]":
    """The type of an annotation, and the only values that it names; an empty type for one that is not plain."""
    if isinstance(annotation, type) and annotation in _TYPES:
        return _TYPES[annotation], []
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in _UNIONS:
        known = [each for each in arguments if each is not type(None)]
        return _kind(known[0]) if len(known) == 1 else ("number", []) if set(known) == {int, float} else ("", [])
    if origin is typing.Literal:
        values = [each for each in arguments if each is not None]
        kinds = {_TYPES.get(type(value), "") for value in values}
        return (kinds.pop(), values) if len(kinds) == 1 else ("", [])
    if origin in _LISTS and arguments:
        kind, choices = _kind(arguments[0])
        return (f"list[{kind}]", choices) if kind and "[" not in kind else ("", [])
    return "", []


def _kind_of_value(value: Any) -> str:
    """The type of a default whose argument has no annotation."""
    if isinstance(value, list) and value:
        kinds = {_TYPES.get(type(item), "") for item in value}
        return f"list[{kinds.pop()}]" if len(kinds) == 1 and "" not in kinds else ""
    return _TYPES.get(type(value), "")


def _plain(kind: str, value: Any) -> Any:
    """A default as JSON has it. Raises ValueError for one that is not of the type."""
    if kind.startswith("list["):
        if not isinstance(value, (list, tuple)):
            raise ValueError
        return [_plain(kind[len("list[") : -1], item) for item in value]
    if kind == "number" and type(value) in (int, float):
        if math.isnan(value):
            raise ValueError
        return float(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
    if _TYPES.get(type(value)) != kind:
        raise ValueError
    return value
