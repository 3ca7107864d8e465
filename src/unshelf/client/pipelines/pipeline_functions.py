"""`@unshelf.step` and `@unshelf.pipeline`: functions that become the steps of a pipeline, and the function that puts them together."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, overload

from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.client.functions.job_function import target_of
from unshelf.client.jobs.code import JobCode, read_code
from unshelf.client.jobs.function_code import program_source
from unshelf.client.jobs.pipelines_client import PipelineCode
from unshelf.client.pipelines.annotations import hints_of, parameter_type
from unshelf.client.pipelines.graph import PipelineParameter, StepGraph, StepNode, building, graph_in_hand
from unshelf.client.pipelines.step_code import files_of_step

Given = ParamSpec("Given")
Returned = TypeVar("Returned")
_STEP_OPTIONS = frozenset({
    "name", "tier", "environment", "secrets", "retries", "time_limit", "cache", "inputs", "network", "requirements"
})  # fmt: skip


class StepFunction(Generic[Given, Returned]):
    """A function that is a step where a pipeline calls it, and runs here where anybody else does."""

    def __init__(self, function: Callable[Given, Returned], options: Mapping[str, Any]) -> None:
        unknown = sorted(options.keys() - _STEP_OPTIONS)
        if unknown:
            raise UnshelfError(
                f"A step has no option {unknown[0]!r}.",
                code="invalid_input",
                hint=f"It has: {', '.join(sorted(_STEP_OPTIONS))}.",
            )
        functools.update_wrapper(self, function)
        self._function = function
        self._options = options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add a step to the pipeline that is put together, which comes after `after`; outside of one, call the function."""
        graph = graph_in_hand()
        return (
            self._function(*args, **kwargs)
            if graph is None
            else graph.add_call(self._function, args, kwargs, self._options)
        )

    def options(self, **changes: Any) -> "StepFunction[Given, Returned]":
        """Return the step with other options, such as `tier` or `name`; this one stays as it is."""
        return StepFunction(self._function, {**self._options, **changes})


class PipelineFunction:
    """A function that puts a pipeline together."""

    def __init__(self, function: Callable[..., Any], *, name: str, project: str, folder: str | Path | None) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._name = name or function.__name__
        self._project = project
        self._folder = folder

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function here: steps run one after the other, as functions do."""
        return self._function(*args, **kwargs)

    def graph(self) -> StepGraph:
        """Put the graph together. Raises UnshelfError for arguments of the wrong type, and for values used before they are there."""
        hints = hints_of(self._function)
        parameters = inspect.signature(self._function).parameters
        with building() as graph:
            self._function(**{name: PipelineParameter(name, hints.get(name, Any)) for name in parameters})
        if not graph.nodes:
            raise UnshelfError(f"The pipeline {self._name!r} calls no steps.", code="invalid_input")
        return graph

    def keep(self, *, project: str | None = None, client: Client | None = None) -> dict[str, Any]:
        """Send the pipeline with its code, and keep it as its name's next version unless the latest is the same."""
        code = self.code(project)
        if client is not None:
            return client.pipelines.keep(code)
        with Client() as own:
            return own.pipelines.keep(code)

    def submit(
        self, *, project: str | None = None, fresh: bool = False, client: Client | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """Keep the pipeline, begin a run of it, and return that; `unshelf pipelines show ID` follows it. Raises UnshelfError.

        `fresh`: every step runs, also where an earlier run has the same value."""
        if client is None:
            with Client() as own:
                return self.submit(project=project, fresh=fresh, client=own, **parameters)
        kept = self.keep(project=project, client=client)
        return client.pipelines.begin(kept["id"], parameters, fresh=fresh)

    def run(self, *, project: str | None = None, fresh: bool = False, **parameters: Any) -> dict[str, Any]:
        """As `submit`, and wait for the run's end. Raises UnshelfError where it did not succeed."""
        with Client() as client:
            run = client.pipelines.wait(self.submit(project=project, fresh=fresh, client=client, **parameters)["id"])
        if run["state"] != "succeeded":
            raise UnshelfError(
                f"The run {run['id']} has {run['state']}: {run['reason']}", code="pipeline_failed",
                hint=f"`unshelf pipelines resume {run['id']}` goes on from there.",
            )  # fmt: skip
        return run

    def code(self, project: str | None = None) -> PipelineCode:
        """Return the definition and the files, as they are sent."""
        graph = self.graph()
        file = Path(target_of(self._function).rpartition(":")[0])
        code = read_code(file, None if self._folder is None else Path(self._folder))
        root = (Path(self._folder) if self._folder is not None else file.parent).resolve()
        contents = [*code.contents, program_source()]
        definition = {
            "project": project or self._project, "name": self._name, "description": inspect.getdoc(self._function) or "",
            "parameters": [_parameter(each, hints_of(self._function)) for each in inspect.signature(self._function).parameters.values()],
            "steps": [_step(node, code, root) for node in graph.nodes],
        }  # fmt: skip
        return PipelineCode(definition=definition, contents=contents, notes=code.notes)


@overload
def step(function: Callable[Given, Returned], /) -> StepFunction[Given, Returned]: ...


@overload
def step(**options: Any) -> Callable[[Callable[Given, Returned]], StepFunction[Given, Returned]]: ...


def step(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function a step: called in a pipeline's function it is a job of that pipeline, called elsewhere it runs here.

    `options`: `tier`, `environment` or `requirements`, `secrets`, `network` (places, `HOST:PORT`), `retries`, `time_limit` (seconds),
    `inputs` (name → `data://…`, given as a path to the parameter of that name), `cache` (False: it runs anew in each run), `name`."""
    if function is not None:
        return StepFunction(function, options)
    return lambda decorated: StepFunction(decorated, options)


@overload
def pipeline(function: Callable[..., Any], /) -> PipelineFunction: ...


@overload
def pipeline(
    *, name: str = "", project: str = "default", folder: str | Path | None = None
) -> Callable[[Callable[..., Any]], PipelineFunction]: ...


def pipeline(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str = "",
    project: str = "default",
    folder: str | Path | None = None,
) -> Any:
    """Make a function one that puts a pipeline together: the steps that it calls are its graph, its parameters those of each run.

    `folder`: the code that is sent, the folder of the function's file unless given."""
    if function is not None:
        return PipelineFunction(function, name=name, project=project, folder=folder)
    return lambda decorated: PipelineFunction(decorated, name=name, project=project, folder=folder)


def _parameter(parameter: inspect.Parameter, hints: Mapping[str, Any]) -> dict[str, Any]:
    is_required = parameter.default is inspect.Parameter.empty
    found = {"name": parameter.name, "type": parameter_type(hints.get(parameter.name, Any)), "required": is_required}
    return found if is_required else {**found, "default": parameter.default}


def _step(node: StepNode, code: JobCode, root: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"name": node.name, "kind": node.kind, "arguments": node.arguments, "after": node.after}
    if node.function is None:
        return found
    file, _, name = target_of(node.function).rpartition(":")
    path = Path(file).resolve()
    if not path.is_relative_to(root):
        raise UnshelfError(
            f"The step {node.name!r} stands in {file}, outside of the folder {root}.", code="invalid_input",
            hint="Give the folder that has both: @unshelf.pipeline(folder=…).",
        )  # fmt: skip
    entry = path.relative_to(root).as_posix()
    return found | _options(node.options, code) | {
        "function": f"{entry}:{name}", "files": files_of_step(code.contents, entry), "data": dict(node.options.get("inputs") or {}),
    }  # fmt: skip


def _options(options: Mapping[str, Any], code: JobCode) -> dict[str, Any]:
    """Return the options of a step as the API has them; without an environment that of the folder."""
    plain = ("tier", "retries", "time_limit", "cache")
    found = {name: options[name] for name in plain if options.get(name) is not None}
    found["secrets"] = _texts(options.get("secrets"))
    found["network"] = {"allow": _texts(options.get("network"))}
    if options.get("environment") is not None:
        return {**found, "environment": options["environment"]}
    if options.get("requirements") is not None:
        return {**found, "requirements": _texts(options["requirements"])}
    return {**found, **code.environment}


def _texts(given: Sequence[str] | None) -> list[str]:
    return list(given or ())
