"""The graph of a pipeline: calls of steps inside of a pipeline's function become its nodes, and their values its edges."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NoReturn

from unshelf.client.errors import UnshelfError
from unshelf.client.pipelines.annotations import check_argument, hints_of, name_of_type, part_of_type

_NO_VALUE_YET = "has no value while the pipeline is put together: give it to a step, which gets its value"


class Symbol:
    """Something that has its value when the pipeline runs. It may be given to steps, and nothing else done with it."""

    def _refuse(self, what: str) -> NoReturn:
        raise UnshelfError(f"{self!r} {_NO_VALUE_YET}.", code="invalid_input", hint=f"Do the {what} in a step.")

    def __bool__(self) -> bool:  # noqa: PLE0304 - it never returns
        self._refuse("comparison")

    def __iter__(self) -> Iterator[Any]:
        self._refuse("loop")

    def __len__(self) -> int:  # noqa: PLE0303 - it never returns
        self._refuse("counting")


@dataclass(frozen=True, eq=False, repr=False)
class PipelineParameter(Symbol):
    """A parameter of the pipeline."""

    name: str
    type: Any

    def __repr__(self) -> str:
        return f"The parameter {self.name!r}"

    def source(self) -> dict[str, Any]:
        """Return where the value comes from, as the API has it."""
        return {"parameter": self.name}


@dataclass(frozen=True, eq=False, repr=False)
class Value(Symbol):
    """The value of a step, or a part of it: `value["train"]`, `value[0]`."""

    step: str
    type: Any = Any
    at: tuple[str | int, ...] = ()

    def __repr__(self) -> str:
        return f"The value of the step {self.step!r}"

    def __getitem__(self, key: str | int) -> "Value":
        if isinstance(key, bool | slice | Symbol):
            self._refuse("lookup")
        return Value(self.step, part_of_type(self.type, key), (*self.at, key))

    def source(self) -> dict[str, Any]:
        """Return where the value comes from, as the API has it."""
        return {"step": self.step, "at": list(self.at)}


@dataclass(kw_only=True)
class StepNode:
    """A step of the graph."""

    name: str
    kind: str = "function"
    function: Callable[..., Any] | None = None
    arguments: dict[str, dict[str, Any]]
    after: list[str] = field(default_factory=list)
    options: Mapping[str, Any] = field(default_factory=dict)


class StepGraph:
    """The graph that is put together."""

    def __init__(self) -> None:
        self.nodes: list[StepNode] = []

    def add_call(
        self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], options: Mapping[str, Any]
    ) -> Value:
        """Add the call of a step's function. Raises UnshelfError for arguments that it does not take, and of other types."""
        after = _steps_of(kwargs.get("after"), function)
        given = {
            name: value
            for name, value in kwargs.items()
            if name != "after" or "after" in inspect.signature(function).parameters
        }
        name = self.free_name(str(options.get("name") or function.__name__))
        arguments = self._bound(name, function, args, given, set(options.get("inputs") or ()))
        self.nodes.append(StepNode(name=name, function=function, arguments=arguments, after=after, options=options))
        return Value(name, hints_of(function).get("return", Any))

    def add_platform_step(
        self, kind: str, name: str, arguments: Mapping[str, Any], after: Any, value_type: Any = Any
    ) -> Value:
        """Add a step that the platform carries out."""
        name = self.free_name(name)
        known = {key: _source(name, key, value) for key, value in arguments.items() if value is not None}
        self.nodes.append(StepNode(name=name, kind=kind, arguments=known, after=_steps_of(after, None)))
        return Value(name, value_type)

    def free_name(self, wanted: str) -> str:
        """Return a name that no step has: that one, or with a number."""
        taken = {node.name for node in self.nodes}
        return next(each for each in (wanted, *(f"{wanted}_{n}" for n in range(2, 10_000))) if each not in taken)

    def _bound(
        self, step: str, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], data: set[str]
    ) -> dict[str, dict[str, Any]]:
        signature, hints = inspect.signature(function), hints_of(function)
        filled = {name: None for name in data if name in signature.parameters}
        try:
            bound = signature.bind(*args, **{**filled, **kwargs}).arguments
        except TypeError as error:
            raise UnshelfError(f"The step {step!r} can't be called so: {error}.", code="invalid_input") from None
        found = {}
        for name, value in bound.items():
            if name in filled and name not in kwargs:
                continue
            if signature.parameters[name].kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
                raise UnshelfError(f"The step {step!r} takes *{name}; give its parameters names.", code="invalid_input")
            check_argument(
                step,
                name,
                value.type if isinstance(value, PipelineParameter | Value) else type(value),
                hints.get(name, Any),
            )
            found[name] = _source(step, name, value)
        return found


_building: ContextVar[StepGraph | None] = ContextVar("pipeline", default=None)


def graph_in_hand() -> StepGraph | None:
    """Return the graph that is put together at the moment; None: there is none."""
    return _building.get()


@contextmanager
def building() -> Iterator[StepGraph]:
    """Have calls of steps become a graph."""
    graph = StepGraph()
    token = _building.set(graph)
    try:
        yield graph
    finally:
        _building.reset(token)


def _source(step: str, name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, PipelineParameter | Value):
        return value.source()
    if _holds_symbol(value):
        raise UnshelfError(
            f"The argument {name!r} of the step {step!r} has values of other steps inside of it.", code="invalid_input",
            hint="Give each as an argument of its own.",
        )  # fmt: skip
    if not _is_json(value):
        raise UnshelfError(
            f"The argument {name!r} of the step {step!r} is a {name_of_type(type(value))}, which a pipeline can't keep.",
            code="invalid_input", hint="Constants are numbers, texts, lists and dicts; have a step make everything else.",
        )  # fmt: skip
    return {"value": value}


def _steps_of(after: Any, function: Callable[..., Any] | None) -> list[str]:
    if after is None or (function is not None and "after" in inspect.signature(function).parameters):
        return []
    steps = after if isinstance(after, list | tuple) else [after]
    if not all(isinstance(each, Value) for each in steps):
        raise UnshelfError("`after` is the value of a step, or a list of such.", code="invalid_input")
    return [each.step for each in steps]


def _holds_symbol(value: Any) -> bool:
    if isinstance(value, Symbol):
        return True
    if isinstance(value, list | tuple):
        return any(map(_holds_symbol, value))
    return isinstance(value, dict) and any(map(_holds_symbol, value.values()))


def _is_json(value: Any) -> bool:
    if value is None or isinstance(value, bool | int | str):
        return True
    if isinstance(value, float):
        return value - value == 0
    if isinstance(value, list):
        return all(map(_is_json, value))
    return isinstance(value, dict) and all(isinstance(key, str) and _is_json(each) for key, each in value.items())
