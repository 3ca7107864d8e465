"""The door to pipelines: keep their versions, list and show them, delete one."""

import hashlib
from typing import Any

import msgspec
from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Conflict, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.develop.jobs.trees import check_tree, sizes_of
from unshelf.develop.pipelines.code import holder_of
from unshelf.develop.pipelines.definition import PipelineRequest, StepKind, check_definition
from unshelf.develop.pipelines.run import KeptPipeline
from unshelf.develop.pipelines.search import PIPELINE, RUN, subject_of_pipeline
from unshelf.develop.pipelines.tables import PipelineRow, PipelineRunRow, PipelineStepRow, PipelineVersionRow
from unshelf.develop.pipelines.views import run_of
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.blob_holds import BlobHolds, hold, let_go
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.manage.projects.lookup import find_open_project
from unshelf.manage.quotas.service import QuotaService


class PipelineService:
    """Keeps pipelines. One is its project's: who may read jobs there sees it, to all others it does not exist."""

    def __init__(
        self, database: Database, events: EventStore, subjects: Subjects, *, holds: BlobHolds, quotas: QuotaService
    ) -> None:
        self._database = database
        self._events = events
        self._subjects = subjects
        self._holds = holds
        self._quotas = quotas

    def keep(self, actor: Actor, wanted: PipelineRequest) -> KeptPipeline:
        """Keep a pipeline as the next version of its name, unless its latest version is the same.

        Raises NotFound for a project that the actor may not see, InvalidInput for a definition that could not run, Conflict for files
        that were not uploaded."""
        scope = project_scope(wanted.project)
        actor.must_see(scope)
        actor.must(Permission.JOBS_RUN, scope)
        check_definition(wanted)
        files = files_of(wanted)
        if files:
            check_tree(files, "The code")
        digest = _digest(wanted)
        with (
            self._holds.claim(actor, sizes_of(files)) as session,
            self._quotas.within(session, project=wanted.project, makers=[actor.label]),
        ):
            find_open_project(session, wanted.project)
            row = _named(session, wanted.project, wanted.name)
            if row is None:
                row = PipelineRow(
                    id=new_id(), project=wanted.project, name=wanted.name, version=0, created_at=now(), created_by=actor.label
                )  # fmt: skip
                session.add(row)
                session.flush()
            latest = session.get(PipelineVersionRow, (row.id, row.version))
            if latest is None or latest.digest != digest:
                row.version += 1
                session.add(
                    PipelineVersionRow(
                        pipeline=row.id, number=row.version, digest=digest, definition=wanted.model_dump(mode="json"),
                        created_at=now(), created_by=actor.label,
                    )
                )  # fmt: skip
                hold(session, sizes_of(files), holder_of(row.id, row.version))
                after = {"name": row.name, "version": row.version, "steps": [step.name for step in wanted.steps]}
                self._events.record(session, actor, "pipeline.kept", subject_of_pipeline(row), after=after)
            session.flush()
            return _pipeline(session, row, row.version)

    def list_for(
        self,
        actor: Actor,
        *,
        project: str | None = None,
        name: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[KeptPipeline]:
        """List the pipelines that the actor may see, by name, with their last runs."""
        query = select(PipelineRow).where(in_visible_project(PipelineRow.project, actor, Permission.JOBS_READ))
        for column, value in ((PipelineRow.project, project), (PipelineRow.name, name)):
            if value is not None:
                query = query.where(column == value)
        with self._database.read() as session:
            keys = [SortKey(PipelineRow.name), SortKey(PipelineRow.id)]
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
            return Page([_pipeline(session, row, row.version) for row in page.items], page.next_cursor)

    def show(self, actor: Actor, id: str, version: int | None = None) -> KeptPipeline:
        """Return a pipeline with a version, the latest unless one is given. Raises NotFound."""
        with self._database.read() as session:
            row = visible_pipeline(session, actor, id)
            return _pipeline(session, row, row.version if version is None else version)

    def delete(self, actor: Actor, id: str) -> None:
        """Delete a pipeline with its runs; the jobs of these stay. Raises Conflict while one runs."""
        with self._database.transaction() as session:
            row = visible_pipeline(session, actor, id)
            actor.must(Permission.JOBS_RUN, project_scope(row.project))
            of_it = PipelineRunRow.pipeline == row.id
            if session.scalar(select(PipelineRunRow.id).where(of_it, PipelineRunRow.state == "running").limit(1)):
                raise Conflict(f"The pipeline {row.name!r} is running.", hint="Cancel its runs first.")
            runs = list(session.scalars(select(PipelineRunRow.id).where(of_it)))
            session.execute(
                delete(PipelineStepRow).where(PipelineStepRow.run.in_(select(PipelineRunRow.id).where(of_it)))
            )
            session.execute(delete(PipelineRunRow).where(of_it))
            for number in range(1, row.version + 1):
                let_go(session, holder_of(row.id, number))
            session.execute(delete(PipelineVersionRow).where(PipelineVersionRow.pipeline == row.id))
            self._events.record(session, actor, "pipeline.deleted", subject_of_pipeline(row), before={"name": row.name})
            session.delete(row)
            session.flush()
            self._subjects.removed(session, RUN, runs)
            self._subjects.removed(session, PIPELINE, [id])


def visible_pipeline(session: Session, actor: Actor, id: str) -> PipelineRow:
    """Return a pipeline that the actor may see. Raises NotFound."""
    row = session.get(PipelineRow, id)
    if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
        raise NotFound(
            f"There is no pipeline {id[:80]!a}, or you may not see it.",
            hint="`unshelf pipelines list` shows their ids.",
        )
    return row


def pipelines_with(
    session: Session, project: str, kind: StepKind, *, argument: str, value: str
) -> list[tuple[str, str]]:
    """List the pipelines of a project whose latest version has a step of a kind with this value of an argument: id and name."""
    latest = and_(PipelineVersionRow.pipeline == PipelineRow.id, PipelineVersionRow.number == PipelineRow.version)
    query = select(PipelineRow, PipelineVersionRow.definition).join(PipelineVersionRow, latest)
    found = []
    for row, stored in session.execute(query.where(PipelineRow.project == project).order_by(PipelineRow.name)):
        definition = PipelineRequest.model_validate(stored)
        usual = {each.name: each.default for each in definition.parameters}
        for step in definition.steps:
            source = step.arguments.get(argument)
            given = None if source is None else usual.get(source.parameter or "", source.value)
            if step.kind == kind and given == value:
                found.append((row.id, row.name))
                break
    return found


def definition_of(session: Session, pipeline: str, version: int) -> PipelineRequest:
    """Return the definition of a version. Raises NotFound."""
    row = session.get(PipelineVersionRow, (pipeline, version))
    if row is None:
        latest = session.scalar(
            select(func.max(PipelineVersionRow.number)).where(PipelineVersionRow.pipeline == pipeline)
        )
        raise NotFound(f"The pipeline has no version {version}.", hint=f"The latest one is {latest}.")
    return PipelineRequest.model_validate(row.definition)


def files_of(wanted: PipelineRequest) -> list[BundleFile]:
    """Return the code of a pipeline. Raises InvalidInput for paths that can't be."""
    return [BundleFile(path=file.path, sha256=file.sha256, size=file.size) for file in wanted.files]


def _named(session: Session, project: str, name: str) -> PipelineRow | None:
    return session.scalar(select(PipelineRow).where(PipelineRow.project == project, PipelineRow.name == name))


def _digest(wanted: PipelineRequest) -> str:
    known: dict[str, Any] = wanted.model_dump(mode="json")
    known["files"] = sorted(known["files"], key=lambda file: str(file["path"]))
    return hashlib.sha256(msgspec.json.encode(known, order="deterministic")).hexdigest()


def _pipeline(session: Session, row: PipelineRow, version: int) -> KeptPipeline:
    definition = definition_of(session, row.id, version)
    last = session.scalar(
        select(PipelineRunRow).where(PipelineRunRow.pipeline == row.id).order_by(PipelineRunRow.id.desc()).limit(1)
    )
    return KeptPipeline(
        id=row.id, name=row.name, project=row.project, description=definition.description, version=version, latest=row.version,
        parameters=definition.parameters, steps=definition.steps, created_at=row.created_at, created_by=row.created_by,
        last=None if last is None else run_of(session, last, definition_of(session, row.id, last.version), row.name),
    )  # fmt: skip
