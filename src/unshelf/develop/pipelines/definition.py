"""Definitions of pipelines: their steps, where the arguments of each come from, and what they may be."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from unshelf.contracts.errors import InvalidInput
from unshelf.develop.jobs.job import DEFAULT_SECONDS, MAX_RETRIES, MAX_SECONDS
from unshelf.develop.jobs.schemas import CodeFile, NetworkRequest
from unshelf.foundation.web.schemas import RequestModel

MOST_STEPS = 200
StepKind = Literal["function", "deploy", "compare", "approval", "release"]
"""function: runs as a job. The others are carried out by the platform, with the rights of who runs the pipeline."""
ParameterType = Literal["int", "float", "str", "bool", "list", "dict", "any"]
_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,), "float": (int, float), "str": (str,), "bool": (bool,), "list": (list,), "dict": (dict,),
}  # fmt: skip
_NEEDED: Mapping[StepKind, Sequence[str]] = {
    "function": (), "deploy": ("model", "files"), "compare": ("candidate", "data", "label"), "approval": ("question",),
    "release": ("version",),
}  # fmt: skip
_TAKEN: Mapping[StepKind, Sequence[str]] = {
    "function": (), "deploy": ("file", "example", "alias", "description"),
    "compare": ("current", "output", "metric", "require", "tolerance", "rows"),
    "approval": ("about", "details"), "release": ("percent",),
}  # fmt: skip
_Identifier = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class ArgumentSource(RequestModel):
    """The source of an argument: a step, a parameter of the pipeline, or a value."""

    step: str | None = Field(default=None, max_length=80)
    """The step whose value it is; null: another source."""
    at: list[str | int] = Field(default=[], max_length=16)
    """Keys and positions that lead into that value."""
    parameter: str | None = Field(default=None, max_length=80)
    """The parameter of the pipeline that it is; null: another source."""
    value: Any = None
    """The value, where it is neither."""


class StepDefinition(RequestModel):
    """A step."""

    name: _Identifier
    """The name, unique in the pipeline."""
    kind: StepKind = "function"
    """function: a function that runs as a job; deploy, compare, approval, release: the platform's own."""
    function: str = Field(default="", max_length=400, examples=["train.py:fit"])
    """The file and the function; empty for the platform's own steps."""
    files: list[Annotated[str, Field(max_length=1024)]] = Field(default=[], max_length=10_000)
    """The paths of the files that the function gets, the program that calls it first; no other file is there when it runs."""
    arguments: dict[str, ArgumentSource] = Field(default={}, max_length=100)
    """The arguments by name."""
    data: dict[str, Annotated[str, Field(max_length=1200)]] = Field(default={}, max_length=100)
    """Name → `data://…`: given as a path to the parameter of that name."""
    after: list[_Identifier] = Field(default=[], max_length=MOST_STEPS)
    """Steps that must be done before, beside those whose values it takes."""
    tier: str = Field(default="small", max_length=64)
    """The hardware."""
    environment: str | None = Field(default=None, max_length=128)
    """The environment; null: that of the requirements, else the default one."""
    requirements: list[str] | None = Field(default=None, max_length=2000)
    """Packages, where no environment is named; null: none were given."""
    constraints: list[str] = Field(default=[], max_length=2000)
    """Bounds on packages."""
    python: str = Field(default="", max_length=16, pattern=r"^(3\.\d{1,2}(\.\d{1,3})?)?$")
    """The Python version for the requirements; empty: the server's own."""
    secrets: list[Annotated[str, Field(min_length=1, max_length=128)]] = Field(default=[], max_length=100)
    """Names of secrets."""
    network: NetworkRequest = NetworkRequest()
    """The network that it may reach."""
    time_limit: float = Field(default=DEFAULT_SECONDS, ge=1, le=MAX_SECONDS)
    """Seconds that an attempt may take."""
    retries: int = Field(default=0, ge=0, le=MAX_RETRIES)
    """How often it is tried again when it fails."""
    cache: bool = True
    """Whether the value of an earlier run is taken where code, environment, inputs and arguments are the same."""

    def needs(self) -> list[str]:
        """Return the steps that must be done before it."""
        return list(dict.fromkeys([*(each.step for each in self.arguments.values() if each.step), *self.after]))


class ParameterDefinition(RequestModel):
    """A parameter of a pipeline."""

    name: _Identifier
    """The name."""
    type: ParameterType = "any"
    """The type of its values."""
    required: bool = False
    """Whether a run must give it."""
    default: Any = None
    """The value in runs that do not give it."""


class PipelineRequest(RequestModel):
    """A pipeline, for its name's next version."""

    project: str = Field(default="default", max_length=64)
    """The project that it belongs to."""
    name: _Identifier
    """The name, unique in the project."""
    description: str = Field(default="", max_length=10_000)
    """A text for people."""
    parameters: list[ParameterDefinition] = Field(default=[], max_length=100)
    """The parameters of its runs."""
    steps: list[StepDefinition] = Field(min_length=1, max_length=MOST_STEPS)
    """The steps."""
    files: list[CodeFile] = Field(default=[], max_length=10_000)
    """The code of all steps: files that were uploaded."""


def check_definition(wanted: PipelineRequest) -> None:
    """Raise InvalidInput for a definition that could not run, with the step and what is wrong in it."""
    _unique([step.name for step in wanted.steps], "step")
    _unique([each.name for each in wanted.parameters], "parameter")
    paths = {file.path for file in wanted.files}
    names, parameters = {step.name for step in wanted.steps}, {each.name for each in wanted.parameters}
    for each in wanted.parameters:
        if not each.required and each.default is not None:
            _check_type(each, each.default)
    for step in wanted.steps:
        for problem in _problems(step, names=names, parameters=parameters, paths=paths):
            raise InvalidInput(f"The step {step.name!r}: {problem}.")
    in_order(wanted.steps)


def in_order(steps: Sequence[StepDefinition]) -> list[StepDefinition]:
    """Return the steps so that each comes after those that it needs. Raises InvalidInput where they go round in a circle."""
    left, done, ordered = list(steps), set[str](), list[StepDefinition]()
    while left:
        ready = [step for step in left if done.issuperset(step.needs())]
        if not ready:
            raise InvalidInput(f"The steps {', '.join(step.name for step in left)} wait for one another.")
        ordered += ready
        done |= {step.name for step in ready}
        left = [step for step in left if step.name not in done]
    return ordered


def parameters_of(wanted: Sequence[ParameterDefinition], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a run, complete. Raises InvalidInput for unknown, missing and wrong ones."""
    known = {each.name: each for each in wanted}
    unknown = sorted(given.keys() - known.keys())
    if unknown:
        raise InvalidInput(
            f"The pipeline has no parameter {unknown[0][:80]!a}.", hint=f"It has: {', '.join(known) or 'none'}."
        )
    missing = [each.name for each in wanted if each.required and each.name not in given]
    if missing:
        raise InvalidInput(f"The parameter {missing[0]!r} is missing.", hint=f"Give --param {missing[0]}=VALUE.")
    for name, value in given.items():
        _check_type(known[name], value)
    return {each.name: given.get(each.name, each.default) for each in wanted}


def _check_type(wanted: ParameterDefinition, value: Any) -> None:
    types = _TYPES.get(wanted.type)
    is_odd = types is not None and (not isinstance(value, types) or (isinstance(value, bool) and wanted.type != "bool"))
    if is_odd and value is not None:
        raise InvalidInput(f"The parameter {wanted.name!r} is of the type {wanted.type}, got {value!r:.80}.")


def _unique(names: Sequence[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInput(f"The {what} {twice[0]!r} is there twice.", hint="Give one of them another name.")


def _problems(step: StepDefinition, *, names: set[str], parameters: set[str], paths: set[str]) -> Iterator[str]:
    for needed in step.needs():
        if needed not in names:
            yield f"it needs the step {needed!r}, which there is not"
    for name, source in step.arguments.items():
        if source.parameter is not None and source.parameter not in parameters:
            yield f"its argument {name!r} is the parameter {source.parameter!r}, which the pipeline has not"
        if source.step is not None and source.parameter is not None:
            yield f"its argument {name!r} has two sources"
    if step.kind == "function":
        yield from _problems_of_function(step, paths)
        return
    known = {*_NEEDED[step.kind], *_TAKEN[step.kind]}
    if missing := [name for name in _NEEDED[step.kind] if name not in step.arguments]:
        yield f"its argument {missing[0]!r} is missing"
    if unknown := sorted(step.arguments.keys() - known):
        yield f"it takes no argument {unknown[0]!r}"


def _problems_of_function(step: StepDefinition, paths: set[str]) -> Iterator[str]:
    file, colon, name = step.function.rpartition(":")
    if not colon or not name.isidentifier() or file not in step.files:
        yield f"{step.function[:80]!a} names no function in one of its files"
    if missing := sorted(set(step.files) - paths):
        yield f"its file {missing[0][:80]!a} is none of the pipeline's"
    if both := sorted(step.data.keys() & step.arguments.keys()):
        yield f"{both[0]!r} is both an argument and data"
    if step.environment is not None and step.requirements is not None:
        yield "it has an environment or requirements, not both"
