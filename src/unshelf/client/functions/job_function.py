"""`@unshelf.job`: a function that runs here when it is called, and as a job on a server with `submit` and `run`."""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, overload

from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.client.jobs.jobs_client import JobOptions

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


@dataclass(frozen=True, kw_only=True)
class FunctionOptions:
    """How a function is run as a job."""

    job: JobOptions
    inputs: Mapping[str, str] | None = None
    """Name → `data://NAME@VERSION` or `job://ID/PATH`; given as a path to the parameter of that name."""
    folder: str | Path | None = None
    """The folder that is sent; None: the one that the function's file lies in."""


class SubmittedCall(Generic[Returned]):
    """A call of a function that was submitted as a job. It may be given to another function in place of its value."""

    def __init__(self, id: str, client: Client | None = None) -> None:
        """`client`: else one is made for each question."""
        self.id = id
        self._client = client

    def __repr__(self) -> str:
        return f"SubmittedCall({self.id!r})"

    def show(self) -> dict[str, Any]:
        """Return the job, as the API shows it."""
        with _client(self._client) as client:
            return client.jobs.show(self.id)

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield what happens to the job, from its beginning to its end."""
        with _client(self._client) as client:
            yield from client.jobs.events(self.id)

    def output(self) -> str:
        """Return what the job printed so far."""
        with _client(self._client) as client:
            return client.jobs.output(self.id)

    def cancel(self) -> None:
        """End the job."""
        with _client(self._client) as client:
            client.jobs.cancel(self.id)

    def value(self, folder: str | Path | None = None) -> Returned:
        """Wait for the job's end and return what the function returned. Files are fetched into `folder`, a temporary one unless given.

        Raises UnshelfError where it did not succeed."""
        with _client(self._client) as client:
            found: Returned = client.jobs.value(self.id, folder)
            return found


class JobFunction(Generic[Given, Returned]):
    """A function that may run as a job."""

    def __init__(self, function: Callable[Given, Returned], options: FunctionOptions) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._options = options

    def __call__(self, *args: Given.args, **kwargs: Given.kwargs) -> Returned:
        """Call the function here."""
        return self._function(*args, **kwargs)

    def submit(self, *args: Any, **kwargs: Any) -> SubmittedCall[Returned]:
        """Send the function's folder and the arguments, and have it called by a job; returns at once, with the job.

        Arguments are JSON values, data frames, arrays, files as `pathlib.Path`, and calls that were submitted before, which are waited
        for. Raises UnshelfError."""
        return self._submit(None, args, kwargs)

    def run(self, *args: Any, **kwargs: Any) -> Returned:
        """Have the function called by a job, show here what it prints, and return its value. Raises UnshelfError."""
        with Client() as client:
            submitted = self._submit(client, args, kwargs)
            for event in submitted.events():
                if event["type"] == "output":
                    sys.stdout.write(event["text"])
                    sys.stdout.flush()
            return submitted.value()

    def options(self, *, inputs: Mapping[str, str] | None = None, **changes: Any) -> "JobFunction[Given, Returned]":
        """Return the function with other options, such as `tier` or `environment`; this one stays as it is."""
        changed = replace(self._options, job=replace(self._options.job, **changes))
        if inputs is not None:
            changed = replace(changed, inputs=inputs)
        return JobFunction(self._function, changed)

    def _submit(self, client: Client | None, args: Sequence[Any], kwargs: Mapping[str, Any]) -> SubmittedCall[Returned]:
        target = target_of(self._function)
        inputs = dict(self._options.inputs or {})
        arguments = _bound(self._function, inputs, args, kwargs)
        calls = {name: value for name, value in arguments.items() if isinstance(value, SubmittedCall)}
        with _client(client) as used:
            for call in calls.values():
                used.jobs.wait(call.id)
            job = self._options.job
            options = replace(job, data=[*job.data, *(f"{name}={reference}" for name, reference in inputs.items())])
            id = used.jobs.call(
                target, {name: value for name, value in arguments.items() if name not in calls},
                options=options, folder=self._options.folder, values={name: f"job://{call.id}/value" for name, call in calls.items()},
            )  # fmt: skip
        return SubmittedCall(id, client)


@overload
def job(function: Callable[Given, Returned], /) -> JobFunction[Given, Returned]: ...


@overload
def job(
    *, inputs: Mapping[str, str] | None = None, folder: str | Path | None = None, **options: Any
) -> Callable[[Callable[Given, Returned]], JobFunction[Given, Returned]]: ...


def job(
    function: Callable[..., Any] | None = None,
    /,
    *,
    inputs: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
    **options: Any,
) -> Any:
    """Make a function one that may run as a job: `fit.submit(rate=0.1)` has it run, `fit.run(…)` waits for its value, `fit(…)` runs here.

    `options`: those of JobOptions, such as `tier`, `environment`, `secrets`, `retries`. `inputs`: name → `data://…` or `job://ID/PATH`,
    given as a path to the parameter of that name. `folder`: what is sent, the folder of the function's file unless given."""
    try:
        chosen = FunctionOptions(job=JobOptions(**options), inputs=inputs, folder=folder)
    except TypeError as error:
        raise UnshelfError(f"A job has no such option: {error}.", code="invalid_input") from None
    if function is not None:
        return JobFunction(function, chosen)
    return lambda decorated: JobFunction(decorated, chosen)


def target_of(function: Callable[..., Any]) -> str:
    """Return `FILE:NAME` of a function. Raises UnshelfError for one that no file has at its top."""
    name = getattr(function, "__qualname__", "")
    try:
        file = inspect.getsourcefile(function)
    except TypeError:
        file = None
    if file is None or not Path(file).is_file() or not name.isidentifier():
        raise UnshelfError(
            f"The function {name or function!r} stands in no file, or not at its top.", code="invalid_input",
            hint="Put it into a Python file: a job gets files, and finds the function in them by its name.",
        )  # fmt: skip
    return f"{file}:{name}"


def _bound(
    function: Callable[..., Any], inputs: Mapping[str, str], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments by name. Raises UnshelfError for what the function does not take."""
    signature = inspect.signature(function)
    given = {name: None for name in inputs if name in signature.parameters and name not in kwargs}
    try:
        bound = signature.bind(*args, **kwargs, **given)
    except TypeError as error:
        raise UnshelfError(f"{function.__name__} can't be called so: {error}.", code="invalid_input") from None
    arguments = dict(bound.arguments)
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL and name in arguments:
            raise UnshelfError("Give a job's arguments by name.", code="invalid_input")
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments |= arguments.pop(name, {})
    return {name: value for name, value in arguments.items() if name not in given}


class _client:  # noqa: N801 - used like a function
    """A client that was given, which stays open, or one for this question."""

    def __init__(self, given: Client | None) -> None:
        self._given = given
        self._own = Client() if given is None else given

    def __enter__(self) -> Client:
        return self._own

    def __exit__(self, *_: object) -> None:
        if self._given is None:
            self._own.close()
