"""The door to runs of pipelines: begin, list, show, cancel, resume; each needs what its actor may do when a step begins."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import InvalidReference, parse_data_reference
from unshelf.develop.data.service import DataService
from unshelf.develop.pipelines.definition import PipelineRequest, in_order, parameters_of
from unshelf.develop.pipelines.run import STOPPED, Run, RunState
from unshelf.develop.pipelines.running import PipelineRunning
from unshelf.develop.pipelines.search import RUN, subject_of_run
from unshelf.develop.pipelines.service import definition_of, visible_pipeline
from unshelf.develop.pipelines.tables import PipelineRow, PipelineRunRow, PipelineStepRow
from unshelf.develop.pipelines.views import run_of, steps_of
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.manage.projects.lookup import find_open_project

GIVEN_BY_TRIGGERS = frozenset({"call", "event"})
"""The parameters that triggers give; a pipeline gets those that it declares."""


class PipelineRuns:
    """Keeps the runs of pipelines."""

    def __init__(
        self, database: Database, events: EventStore, subjects: Subjects, *, data: DataService, running: PipelineRunning
    ) -> None:
        self._database = database
        self._events = events
        self._subjects = subjects
        self._data = data
        self._running = running

    def begin(
        self, actor: Actor, pipeline: str, *, parameters: Mapping[str, Any], version: int | None = None, fresh: bool = False,
        parent: str | None = None, key: str | None = None,
    ) -> Run:  # fmt: skip
        """Begin a run of a version, the latest unless one is given. Data without a version are read as they are now, by all steps.

        Raises NotFound, InvalidInput for parameters that the pipeline does not take. The same key again begins nothing."""
        with self._database.read() as session:
            row = visible_pipeline(session, actor, pipeline)
            actor.must(Permission.JOBS_RUN, project_scope(row.project))
            if key is not None and (known := self._begun(session, actor, key, row)) is not None:
                return known
            number = row.version if version is None else version
            definition = definition_of(session, row.id, number)
            if parent is not None and visible_run(session, actor, parent).pipeline != row.id:
                raise InvalidInput("The run that it repeats is another pipeline's.")
        complete = parameters_of(definition.parameters, parameters)
        data = self._versions(actor, definition)
        with self._database.transaction() as session:
            find_open_project(session, row.project)
            run = PipelineRunRow(
                id=new_id(), pipeline=row.id, version=number, project=row.project, state="running", reason="", parameters=complete,
                data=data, fresh=fresh, parent=parent, request_key=key, created_at=now(), created_by=actor.label,
                actor_id=actor.id, actor_label=actor.label,
            )  # fmt: skip
            session.add(run)
            session.flush()
            session.add_all(
                PipelineStepRow(
                    run=run.id, position=position, name=step.name, state="waiting", reason="", tries=0, facts={}
                )
                for position, step in enumerate(in_order(definition.steps))
            )
            after = {"pipeline": row.name, "version": number, "parameters": complete, "fresh": fresh, "parent": parent}
            kept = {name: value for name, value in after.items() if value not in (None, False, {})}
            self._events.record(session, actor, "pipeline_run.begun", subject_of_run(run), after=kept)
            self._subjects.changed(session, RUN, [run.id])
            session.flush()
            return run_of(session, run, definition, row.name)

    def list_for(
        self, actor: Actor, *, project: str | None = None, pipeline: str | None = None, state: RunState | None = None,
        limit: int, cursor: str | None = None,
    ) -> Page[Run]:  # fmt: skip
        """List the runs that the actor may see, the newest first."""
        query = select(PipelineRunRow).where(in_visible_project(PipelineRunRow.project, actor, Permission.JOBS_READ))
        for column, value in (
            (PipelineRunRow.project, project), (PipelineRunRow.pipeline, pipeline), (PipelineRunRow.state, state)
        ):  # fmt: skip
            if value is not None:
                query = query.where(column == value)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(PipelineRunRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page([_shown(session, row) for row in page.items], page.next_cursor)

    def show(self, actor: Actor, id: str) -> Run:
        """Return a run. Raises NotFound."""
        with self._database.read() as session:
            return _shown(session, visible_run(session, actor, id))

    def cancel(self, actor: Actor, id: str) -> Run:
        """Cancel a run as a whole, with all that it has running. A second call changes nothing. Raises Conflict where it is over."""
        with self._database.transaction() as session:
            row = visible_run(session, actor, id)
            actor.must(Permission.JOBS_RUN, project_scope(row.project))
            if row.state == "cancelled":
                return _shown(session, row)
            if row.state != "running":
                raise Conflict(f"The run is over: it has {row.state}.")
            open_steps = self._running.close(session, row, "cancelled", f"{actor.label} cancelled it.")
            self._events.record(session, actor, "pipeline_run.cancelled", subject_of_run(row))
            shown = _shown(session, row)
        self._running.end_all(actor, open_steps)
        return shown

    def resume(self, actor: Actor, id: str) -> Run:
        """Have a run go on from what failed, was rejected or was cancelled, with the rights of who resumes it; what is done stays.

        Raises Conflict for a run that goes on, or has succeeded."""
        with self._database.transaction() as session:
            row = visible_run(session, actor, id)
            actor.must(Permission.JOBS_RUN, project_scope(row.project))
            if row.state not in STOPPED:
                raise Conflict(
                    f"The run is {row.state}: only one that failed, was rejected or was cancelled is resumed.",
                    hint="`unshelf pipelines run` begins another one.",
                )
            find_open_project(session, row.project)
            for step in steps_of(session, row.id):
                if step.state in (*STOPPED, "running"):
                    step.state, step.reason, step.tries = "waiting", "", step.tries + 1
                    step.job = step.cached_from = step.key = step.started_at = step.ended_at = None
                    step.facts = {}
            row.state, row.reason, row.ended_at = "running", "", None
            row.actor_id, row.actor_label = actor.id, actor.label
            self._events.record(session, actor, "pipeline_run.resumed", subject_of_run(row))
            self._subjects.changed(session, RUN, [row.id])
            session.flush()
            return _shown(session, row)

    def _versions(self, actor: Actor, definition: PipelineRequest) -> dict[str, str]:
        """Return the version that each reference to a dataset leads to now. Raises NotFound, InvalidInput for what has no versions."""
        found = {}
        for text in sorted({each for step in definition.steps for each in step.data.values()}):
            try:
                version = self._data.dataset_version(actor, parse_data_reference(text))
            except InvalidReference as error:
                raise InvalidInput(f"{error}.") from None
            if version is None:
                raise InvalidInput(
                    f"{text[:80]!a} leads to a connection, which has no versions.", hint="Use a dataset."
                )
            found[text] = f"data://{version.name}@{version.number}"
        return found

    def _begun(self, session: Session, actor: Actor, key: str, pipeline: PipelineRow) -> Run | None:
        row = session.scalar(select(PipelineRunRow).where(PipelineRunRow.request_key == key))
        if row is None:
            return None
        if (row.pipeline, row.created_by) != (pipeline.id, actor.label):
            raise Conflict("Another run was begun with the same key.", hint="Choose a new, random key for each.")
        return _shown(session, row)


class PipelinesAgain:
    """Starts pipelines for schedules and triggers."""

    def __init__(self, database: Database, runs: PipelineRuns) -> None:
        self._database = database
        self._runs = runs

    def require(self, actor: Actor, target: str) -> str:
        """Return the project of a pipeline that the actor may run. Raises NotFound or Forbidden."""
        with self._database.read() as session:
            project = visible_pipeline(session, actor, target).project
        actor.must(Permission.JOBS_RUN, project_scope(project))
        return project

    def start(self, actor: Actor, target: str, *, key: str, parameters: Mapping[str, Any] | None = None) -> str:
        """Begin a run of the latest version, and return its id. The same key again returns the same id."""
        with self._database.read() as session:
            row = visible_pipeline(session, actor, target)
            declared = {each.name for each in definition_of(session, row.id, row.version).parameters}
        given = {
            name: value
            for name, value in (parameters or {}).items()
            if name in declared or name not in GIVEN_BY_TRIGGERS
        }
        return self._runs.begin(actor, target, parameters=given, key=key).id


def visible_run(session: Session, actor: Actor, id: str) -> PipelineRunRow:
    """Return a run that the actor may see. Raises NotFound."""
    row = session.get(PipelineRunRow, id)
    if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
        raise NotFound(
            f"There is no run {id[:80]!a} of a pipeline, or you may not see it.",
            hint="`unshelf pipelines runs` lists them.",
        )
    return row


def _shown(session: Session, row: PipelineRunRow) -> Run:
    definition = definition_of(session, row.pipeline, row.version)
    return run_of(session, row, definition, session.get_one(PipelineRow, row.pipeline).name)
