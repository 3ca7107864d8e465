"""Submission: an order is judged once, with the rights of who gives it, and becomes a job that needs nobody any more."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile, NetworkAccess
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import JOB_SCHEME, InvalidReference, parse_data_reference
from unshelf.contracts.variables import check_variables
from unshelf.develop.data.service import ConnectionPlace, DataService
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.jobs.job import (
    ENDED,
    MAX_COPIES,
    MAX_RETRIES,
    MAX_SECONDS,
    PRIORITIES,
    JobInput,
    JobOrder,
    PlatformFiles,
)
from unshelf.develop.jobs.job_inputs import input_of_job
from unshelf.develop.jobs.scheduling.preparing import EnvironmentPreparation
from unshelf.develop.jobs.scheduling.settling import JOB, holder_of, subject_of
from unshelf.develop.jobs.sources.fetching import CodeFetching, source_of
from unshelf.develop.jobs.sources.notebooks import with_notebook
from unshelf.develop.jobs.sources.publishing import JobOutput, OutputPublishing, described, outputs_of
from unshelf.develop.jobs.sources.staging import is_unread
from unshelf.develop.jobs.tables import JobDependencyRow, JobRow
from unshelf.develop.jobs.trees import check_tree, read_tree, remember_tree, sizes_of
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.subjects import Subjects
from unshelf.manage.egress.networks import VersionNetworks
from unshelf.manage.projects.lookup import find_open_project
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.tiers.service import TierService

DATA_VARIABLE = "UNSHELF_DATA_"
_VARIABLE = re.compile(r"UNSHELF_DATA_[A-Z0-9_]{1,64}")
_MOST_ARGUMENTS = 1000
_MOST_CHARACTERS = 64 << 10
_MOST_INPUTS = 100
_MOST_AFTER = 100
_MOST_PARAMETERS = 256 << 10


class Submission:
    """Takes orders."""

    def __init__(
        self,
        database: Database,
        holds: BlobHolds,
        *,
        events: EventStore,
        subjects: Subjects,
        tiers: TierService,
        environments: EnvironmentService,
        preparation: EnvironmentPreparation,
        data: DataService,
        networks: VersionNetworks,
        quotas: QuotaService,
        code: CodeFetching,
        publishing: OutputPublishing,
    ) -> None:
        self._publishing = publishing
        self._code = code
        self._database = database
        self._holds = holds
        self._events = events
        self._subjects = subjects
        self._tiers = tiers
        self._environments = environments
        self._preparation = preparation
        self._data = data
        self._networks = networks
        self._quotas = quotas

    def submit(self, actor: Actor, order: JobOrder) -> list[str]:
        """Take an order, and return the ids of its jobs: one, or as many as copies are wanted.

        Raises NotFound for a project, environment, data or earlier job that the actor may not see, Forbidden for what they may not use,
        Conflict for files that were not uploaded, InvalidInput for what can't be run."""
        scope = project_scope(order.project)
        actor.must_see(scope)
        actor.must(Permission.JOBS_RUN, scope)
        if known := self._begun(actor, order):
            return known
        _check(order)
        if order.git is not None:
            self._code.check(order.git)
        self._publishing.check(actor, order.project, order.outputs)
        if order.model is None:  # that of a version was granted when it was deployed
            self._networks.must_grant(order.network.access, order.network.allow)
        inputs = [self._input(actor, order.project, each) for each in order.inputs]
        inputs += [(_of_platform(each), list(each.files)) for each in order.reads]
        files = [*order.files, *(file for _, those in inputs for file in those)]
        with (
            self._holds.claim(actor if order.model is None else None, sizes_of(files)) as session,
            self._quotas.within(session, project=order.project, makers=[actor.label]),
        ):
            find_open_project(session, order.project)
            self._quotas.must_allow_jobs(session, order.project)
            self._tiers.must_exist(order.tier)
            self._tiers.must_use(session, actor, order.tier, scope)
            code = remember_tree(session, order.files)
            read = [
                facts if facts.get("tree") else facts | {"tree": remember_tree(session, those)}
                for facts, those in inputs
            ]
            wanted, environment = self._environment(session, actor, order)
            ids = [new_id() for _ in range(order.copies or 1)]
            for index, job in enumerate(ids):
                row = _row(order, actor, job=job, code=code, inputs=read, wanted=wanted)
                row.environment = environment
                if order.copies is not None:
                    row.array, row.array_index = ids[0], index
                if index:
                    row.request_key = None
                session.add(row)
                session.flush()
                if environment is not None:
                    self._environments.hold(session, environment, holder_of(job))
                self._place(session, actor, row, order.after)
            self._note(session, actor, order, ids)
        for facts, _ in inputs:
            if is_unread(facts):
                self._data.note_read(actor, parse_data_reference(facts["reference"]), holder_of(ids[0]))
        self._preparation.wake()
        return ids

    def take_environment(self, session: Session, actor: Actor, row: JobRow) -> None:
        """Have a job that ended long ago hold its environment again, so that it can be tried again. Raises as `submit`."""
        if row.environment is not None and self._environments.known(session, [row.environment]):
            return
        row.environment = None
        if "reference" in row.wanted_environment:
            found = self._environments.require(session, actor, row.wanted_environment["reference"], row.project)
            row.environment = found.hash
            self._environments.hold(session, found.hash, holder_of(row.id))

    def _place(self, session: Session, actor: Actor, row: JobRow, after: Sequence[str]) -> None:
        """Have a job wait for those that it comes after, or go on."""
        unfinished = []
        for job in dict.fromkeys(after):
            earlier = session.get(JobRow, job)
            if earlier is None or not actor.may(Permission.JOBS_READ, project_scope(earlier.project)):
                raise NotFound(f"There is no job {job[:80]!a}, or you may not see it.")
            if earlier.state in ENDED and earlier.state != "succeeded":
                raise Conflict(f"The job {job}, which it would come after, did not succeed.")
            session.add(JobDependencyRow(job=row.id, after=job))
            if earlier.state != "succeeded":
                unfinished.append(job)
        if unfinished:
            row.state, row.reason = "waiting", f"It waits for {', '.join(unfinished)}."
        else:
            self._preparation.begin(session, row)
        session.flush()

    def _environment(self, session: Session, actor: Actor, order: JobOrder) -> tuple[dict[str, Any], str | None]:
        """Return what is wanted, as it is stored, and the hash where it is known."""
        if order.model is not None and order.environment is not None:  # that of a version
            return {"reference": order.environment}, order.environment
        if order.requirements is not None and order.environment is not None:
            raise InvalidInput("A job has an environment or requirements, not both.", hint="Leave one of them out.")
        if order.git is not None and not order.files and (order.packages_of_code or not _names_packages(order)):
            plain = replace(order, git=None, packages_of_code=False, environment=None, requirements=None)
            wanted, found = self._environment(session, actor, plain)
            return wanted | {"from_code": True}, found
        wanted, found = self._named_environment(session, actor, order)
        return wanted | ({"from_code": True} if order.packages_of_code else {}), found

    def _named_environment(self, session: Session, actor: Actor, order: JobOrder) -> tuple[dict[str, Any], str | None]:
        has_none = order.environment is None and self._environments.default(session) is None
        if order.requirements is not None or has_none:  # bare Python where the installation has no default
            wanted = {
                "requirements": with_notebook(order.command[0], order.requirements or ()), "constraints": list(order.constraints),
                "python": order.python,
            }  # fmt: skip
            return wanted, None
        found = self._environments.require(session, actor, order.environment, order.project)
        return {"reference": found.reference or found.hash}, found.hash

    def _input(self, actor: Actor, project: str, wanted: JobInput) -> tuple[dict[str, Any], list[BundleFile]]:
        """Return the facts of some data as they are stored, and its files."""
        if not _VARIABLE.fullmatch(wanted.variable):
            raise InvalidInput(
                f"{wanted.variable[:80]!a} may be no variable of data.",
                hint=f"Name it {DATA_VARIABLE}NAME: capitals, digits and '_'.",
            )
        if wanted.reference.startswith(JOB_SCHEME):
            with self._database.read() as session:
                return input_of_job(session, actor, project, wanted)
        try:
            reference = parse_data_reference(wanted.reference)
        except InvalidReference as error:
            raise InvalidInput(f"{error}.") from None
        place = self._data.place(actor, reference)
        facts: dict[str, Any] = {"variable": wanted.variable, "wanted": wanted.wanted or wanted.reference}
        if isinstance(place, ConnectionPlace):
            staged = dict(wanted.staged or {"tree": None})
            found: dict[str, Any] = {"reference": str(reference), "connection": place.connection, "path": place.path}
            return facts | staged | found, []
        found = {"reference": f"data://{place.name}@{place.number}", "dataset": place.name, "version": place.number}
        return facts | found, place.files

    def _begun(self, actor: Actor, order: JobOrder) -> list[str]:
        """Return the jobs that the same request made before; its answer may have been lost."""
        if order.key is None:
            return []
        with self._database.read() as session:
            row = session.scalar(select(JobRow).where(JobRow.request_key == order.key))
            if row is None:
                return []
            if (row.project, row.created_by) != (order.project, actor.label):
                raise Conflict(
                    "Another job was submitted with the same key.", hint="Choose a new, random key for each request."
                )
            if row.array is None:
                return [row.id]
            return list(session.scalars(select(JobRow.id).where(JobRow.array == row.array).order_by(JobRow.id)))

    def _note(self, session: Session, actor: Actor, order: JobOrder, ids: Sequence[str]) -> None:
        after = {
            "name": order.name, "tier": order.tier, "command": list(order.command)[:10], "copies": order.copies,
            "parent": order.parent, "repository": order.git and order.git.url,
            "data": [each.reference for each in order.inputs], "secrets": list(order.secrets),
        }  # fmt: skip
        kept = {name: value for name, value in after.items() if value not in (None, [], "")}
        self._events.record(session, actor, "job.submitted", subject_of(session.get_one(JobRow, ids[0])), after=kept)
        self._subjects.changed(session, JOB, ids)


def _check(order: JobOrder) -> None:
    """Raise InvalidInput for what can't be run."""
    is_fetched = order.git is not None and not order.files
    if not is_fetched:
        check_tree(order.files, "The code")
    if not order.command or not (is_fetched or order.command[0] in {file.path for file in order.files}):
        raise InvalidInput("The command begins with no file of the code.", hint="Name a Python file in the folder.")
    if len(order.command) > _MOST_ARGUMENTS or sum(map(len, order.command)) > _MOST_CHARACTERS:
        raise InvalidInput("The command is too long.", hint="Put what it says into a file, or into parameters.")
    if any("\0" in part for part in order.command):
        raise InvalidInput("An argument of the command has a null character.")
    bounds: list[tuple[str, float, float, float]] = [
        ("time limit", order.seconds, 1.0, MAX_SECONDS), ("number of retries", order.retries, 0, MAX_RETRIES),
        ("priority", order.priority, PRIORITIES[0], PRIORITIES[-1]),
        ("number of copies", 1 if order.copies is None else order.copies, 1, MAX_COPIES),
    ]  # fmt: skip
    for what, value, least, most in bounds:
        if not least <= value <= most:
            raise InvalidInput(f"The {what} is {least:g} to {most:g}, got {value:g}.")
    if len(order.inputs) > _MOST_INPUTS or len(order.after) > _MOST_AFTER:
        raise InvalidInput(f"A job reads at most {_MOST_INPUTS} datasets and comes after at most {_MOST_AFTER} jobs.")
    if len({each.variable for each in order.inputs}) < len(order.inputs):
        raise InvalidInput("Two datasets have the same variable.", hint="Give one of them another name.")
    if len(msgspec.json.encode(dict(order.parameters))) > _MOST_PARAMETERS:
        raise InvalidInput(
            f"The parameters have more than {_MOST_PARAMETERS >> 10} KiB.", hint="Put them into a dataset."
        )
    _check_variables(order.variables)


def _check_variables(variables: Mapping[str, str]) -> None:
    try:
        check_variables(dict(variables))
    except ValueError as error:
        raise InvalidInput(f"Variables: {error}.") from None


def _names_packages(order: JobOrder) -> bool:
    return order.environment is not None or order.requirements is not None


def _row(
    order: JobOrder, actor: Actor, *, job: str, code: str, inputs: list[dict[str, Any]], wanted: dict[str, Any]
) -> JobRow:
    return JobRow(
        id=job, project=order.project, name=order.name or order.command[0], state="queued", reason="", tier=order.tier,
        priority=order.priority, code=code,
        git=None if order.git is None else msgspec.to_builtins(order.git), command=list(order.command), wanted_environment=wanted,
        variables=dict(order.variables), secrets=list(order.secrets), inputs=inputs,
        outputs=described(order.outputs), network=msgspec.to_builtins(order.network),
        parameters=dict(order.parameters), seconds=order.seconds,
        retries=order.retries, parent=order.parent, request_key=order.key, attempts=0, created_at=now(),
        created_by=actor.label, actor_id=actor.id, actor_kind=actor.kind, model=order.model,
        use=None if order.use == "job" else order.use,
    )  # fmt: skip


def _of_platform(files: PlatformFiles) -> dict[str, Any]:
    return {"variable": files.variable, "reference": files.label, "dataset": None, "version": None}


def order_from(session: Session, row: JobRow) -> JobOrder:
    """Return the order that a job was made by, for one like it. Raises Conflict for one that the platform ordered."""
    if row.use == "bench":
        raise Conflict(
            "The job belongs to a bench, which has no copies.", hint=f"Measure again: unshelf bench {row.model}"
        )
    if row.use == "metric":
        raise Conflict(
            "The job belongs to a metric, which has no copies.",
            hint=f"`unshelf metrics list {row.model}` shows its values.",
        )
    if row.model is not None:
        raise Conflict(
            "The job belongs to a scoring, which has no copies.", hint=f"Score again with `unshelf score {row.model}`."
        )
    wanted = row.wanted_environment
    return JobOrder(
        project=row.project, name=row.name, files=read_tree(session, row.code), git=source_of(row),
        packages_of_code=bool(wanted.get("from_code")), command=row.command, tier=row.tier,
        environment=wanted.get("reference"), requirements=wanted.get("requirements"),
        constraints=wanted.get("constraints", ()), python=wanted.get("python", ""), variables=row.variables,
        secrets=row.secrets,
        inputs=[_input_of(each) for each in row.inputs],
        outputs=[JobOutput(name=each.name, path=each.path) for each in outputs_of(row)],
        network=msgspec.convert(row.network, NetworkAccess), parameters=row.parameters, seconds=row.seconds,
        retries=row.retries, priority=row.priority, parent=row.id,
    )  # fmt: skip


def _input_of(facts: Mapping[str, Any]) -> JobInput:
    """Return what a job read, for another one that is to read the same."""
    staged = None
    if facts.get("connection") is not None and not is_unread(dict(facts)):
        staged = {name: facts[name] for name in ("tree", "sha256", "rows", "read_at")}
    wanted = str(facts.get("wanted") or facts["reference"])
    return JobInput(reference=facts["reference"], variable=facts["variable"], wanted=wanted, staged=staged)


def with_latest_data(order: JobOrder) -> JobOrder:
    """Return an order that reads what its references lead to now, instead of what another job read."""
    inputs = [JobInput(reference=each.wanted or each.reference, variable=each.variable) for each in order.inputs]
    return replace(order, inputs=inputs)
