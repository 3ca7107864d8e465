"""Steps that are functions: their inputs put together, their keys, their jobs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import msgspec
from sqlalchemy import select

from unshelf.contracts.bundle import BundleFile, NetworkAccess, tree_digest
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.references import parse_data_reference
from unshelf.develop.data.service import DataService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs.again import JobsAgain
from unshelf.develop.jobs.job import JobInput, JobOrder
from unshelf.develop.jobs.tables import JobAttemptRow, JobRow
from unshelf.develop.pipelines.definition import ArgumentSource, PipelineRequest, StepDefinition
from unshelf.develop.pipelines.run import DONE, StepOutcome
from unshelf.develop.pipelines.service import files_of
from unshelf.develop.pipelines.step_keys import step_key
from unshelf.develop.pipelines.tables import PipelineRunRow, PipelineStepRow
from unshelf.develop.pipelines.values import VALUE, LeftFiles, read_part, value_files
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.runtime.blobs.port import Blobs

DATA_VARIABLE = "UNSHELF_DATA_"
_MOST_LOOKED_AT = 20


class SubmitsJobs(Protocol):
    """Submits jobs."""

    def submit(self, actor: Actor, order: JobOrder) -> list[str]:
        """Take an order, and return the ids of its jobs."""


@dataclass(frozen=True, kw_only=True)
class StepInputs:
    """A step and all that its arguments come from."""

    actor: Actor
    project: str
    step: StepDefinition
    definition: PipelineRequest
    parameters: Mapping[str, Any]
    data: Mapping[str, str]
    jobs: Mapping[str, str]
    """Step → the job that its value is of."""
    values: Mapping[str, Any]
    """Step → its value, of steps of the platform."""

    @property
    def code(self) -> list[BundleFile]:
        """The files that the function gets."""
        wanted = set(self.step.files)
        return [file for file in files_of(self.definition) if file.path in wanted]

    @property
    def references(self) -> dict[str, str]:
        """Name → the version of the dataset that this run reads."""
        return {name: self.data[reference] for name, reference in self.step.data.items()}


@dataclass(kw_only=True)
class _Arguments:
    """The arguments of a function, by the way that they go."""

    plain: dict[str, Any] = field(default_factory=dict)
    of_jobs: dict[str, ArgumentSource] = field(default_factory=dict)


class FunctionSteps:
    """Runs functions as jobs."""

    def __init__(
        self, database: Database, blobs: Blobs, *, jobs: SubmitsJobs, again: JobsAgain, environments: EnvironmentService,
        data: DataService,
    ) -> None:  # fmt: skip
        self._database = database
        self._blobs = blobs
        self._jobs = jobs
        self._again = again
        self._environments = environments
        self._data = data

    def key(self, inputs: StepInputs) -> str:
        """Return the digest of all that the step's value comes from. Raises NotFound for an environment or data that are gone."""
        arguments = _arguments(inputs)
        values = {
            name: {"digest": tree_digest(self._value(inputs.jobs[str(source.step)])), "at": source.at}
            for name, source in arguments.of_jobs.items()
        }
        data = {name: self._digest(inputs.actor, reference) for name, reference in inputs.references.items()}
        return step_key(
            inputs.step, code=inputs.code, environment=self._environment(inputs), arguments=arguments.plain, values=values,
            data=data,
        )  # fmt: skip

    def find(self, project: str, key: str) -> tuple[str, str] | None:
        """Return the job and the run of a step of the project that has this key and whose value is still there; None: there is none."""
        query = (
            select(PipelineStepRow)
            .join(PipelineRunRow, PipelineRunRow.id == PipelineStepRow.run)
            .where(PipelineRunRow.project == project, PipelineStepRow.key == key, PipelineStepRow.state.in_(DONE))
            .order_by(PipelineStepRow.run.desc())
            .limit(_MOST_LOOKED_AT)
        )
        with self._database.read() as session:
            found = list(session.scalars(query))
        for step in found:
            if step.job is not None and self._left(step.job):
                return step.job, step.cached_from or step.run
        return None

    def submit(self, actor: Actor, inputs: StepInputs, *, request_key: str, name: str) -> str:
        """Submit the job of a step, and return its id; the same request again returns the same one. Raises as jobs do."""
        step, arguments = inputs.step, _arguments(inputs)
        sources = {name: f"job://{inputs.jobs[str(source.step)]}/{VALUE}" for name, source in arguments.of_jobs.items()}
        given = {
            "values": {name: {"variable": variable_of(name), "at": arguments.of_jobs[name].at} for name in sources},
            "paths": {name: variable_of(name) for name in step.data}, "sent": [],
        }  # fmt: skip
        order = JobOrder(
            project=inputs.project, name=name[:200], files=inputs.code,
            command=[step.files[0], step.function, *([json.dumps(given)] if any(given.values()) else [])], tier=step.tier,
            environment=step.environment, requirements=step.requirements, constraints=step.constraints, python=step.python,
            secrets=step.secrets, parameters=arguments.plain, seconds=step.time_limit, retries=step.retries, key=request_key,
            inputs=[
                JobInput(reference=reference, variable=variable_of(name))
                for name, reference in {**sources, **inputs.references}.items()
            ],
            network=NetworkAccess(access=step.network.access, allow=list(step.network.allow)),
        )  # fmt: skip
        return self._jobs.submit(actor, order)[0]

    def arguments(self, inputs: StepInputs) -> dict[str, Any]:
        """Return the arguments of a step of the platform: values, and LeftFiles where functions left some. Raises InvalidInput."""
        arguments = _arguments(inputs)
        found = dict(arguments.plain)
        for name, source in arguments.of_jobs.items():
            job = inputs.jobs[str(source.step)]
            with self._database.read() as session:
                environment = session.get_one(JobRow, job).environment
            try:
                part = read_part(self._blobs, self._value(job), source.at, environment)
                found[name] = replace(part, job=job) if isinstance(part, LeftFiles) else part
            except InvalidInput as error:
                raise InvalidInput(f"The argument {name!r}: {error.detail}", hint=error.hint) from None
        return found

    def outcomes(self, jobs: Sequence[str]) -> dict[str, StepOutcome]:
        """Return how the jobs came out that are over."""
        found: dict[str, StepOutcome] = {}
        outcomes = self._again.outcomes(jobs)
        for job in jobs:
            outcome = outcomes.get(job)
            if outcome is None:
                found[job] = StepOutcome(state="failed", reason="Its job is gone.", facts={})
            elif outcome.is_over and outcome.succeeded:
                results = {} if outcome.results is None else {"results": outcome.results}
                found[job] = StepOutcome(state="succeeded", facts=results)
            elif outcome.is_over:
                found[job] = StepOutcome(state="failed", reason=outcome.reason, facts={})
        return found

    def cancel(self, actor: Actor, job: str) -> None:
        """Ask for the end of a job; one that is over is no error."""
        self._again.cancel(actor, job)

    def _environment(self, inputs: StepInputs) -> dict[str, Any]:
        step = inputs.step
        with self._database.read() as session:
            if step.requirements is not None or (
                step.environment is None and self._environments.default(session) is None
            ):
                wanted = {
                    "requirements": step.requirements or [],
                    "constraints": step.constraints,
                    "python": step.python,
                }
                return {name: value for name, value in wanted.items() if value}
            found = self._environments.require(session, inputs.actor, step.environment, inputs.project)
            return {"hash": found.hash}

    def _digest(self, actor: Actor, reference: str) -> str:
        version = self._data.dataset_version(actor, parse_data_reference(reference))
        if version is None:
            raise InvalidInput(f"{reference} leads to a connection now.")
        return tree_digest(version.files)

    def _value(self, job: str) -> list[BundleFile]:
        return value_files(self._left(job))

    def _left(self, job: str) -> list[BundleFile]:
        with self._database.read() as session:
            row = session.get(JobRow, job)
            kept = None if row is None else session.get(JobAttemptRow, (job, row.attempts))
        return [] if kept is None else msgspec.convert(kept.files, list[BundleFile])


def variable_of(name: str) -> str:
    """Return the environment variable that leads to an input of a name."""
    return f"{DATA_VARIABLE}{name.upper()}"


def _arguments(inputs: StepInputs) -> _Arguments:
    found = _Arguments()
    for name, source in inputs.step.arguments.items():
        if source.parameter is not None:
            found.plain[name] = inputs.parameters[source.parameter]
        elif source.step is None:
            found.plain[name] = source.value
        elif source.step in inputs.jobs:
            found.of_jobs[name] = source
        else:
            found.plain[name] = _at(inputs.values.get(source.step), name, source.at)
    return found


def _at(value: Any, name: str, keys: Sequence[str | int]) -> Any:
    try:
        for key in keys:
            value = value[key]
    except (LookupError, TypeError):
        raise InvalidInput(f"The argument {name!r} is {list(keys)} of a value that has it not.") from None
    return value
