"""The work on runs of pipelines: what has ended is noted, what is ready begins, and each thing that is begun has a key of its own."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, Unavailable, UnshelfError
from unshelf.develop.pipelines.definition import PipelineRequest, StepDefinition
from unshelf.develop.pipelines.function_steps import FunctionSteps, StepInputs
from unshelf.develop.pipelines.platform_steps import PlatformSteps, refused
from unshelf.develop.pipelines.run import DONE, STOPPED, RunState, StepOrder, StepOutcome, StepState
from unshelf.develop.pipelines.search import RUN, subject_of_run
from unshelf.develop.pipelines.service import definition_of
from unshelf.develop.pipelines.tables import PipelineRow, PipelineRunRow, PipelineStepRow
from unshelf.develop.pipelines.views import steps_of
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.subjects import Subjects
from unshelf.manage.notifications.notification import NotificationKind, PersonNow
from unshelf.manage.notifications.service import NotificationService

LOOP = "pipelines"
ENDED = NotificationKind(
    name="pipeline.ended", description="A run of a pipeline that you began has ended.", of_subject=True
)
ASKS_PEOPLE = "approval"
"""The kind of step that waits for people, which no run goes on for that can't succeed any more."""
_LOOK_SECONDS = 0.25
_RETRY_SECONDS = 5.0
_WORSE: Sequence[RunState] = ("failed", "rejected", "cancelled")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Work:
    """A run as one look sees it."""

    row: PipelineRunRow
    name: str
    definition: PipelineRequest
    steps: Mapping[str, PipelineStepRow]

    def step(self, name: str) -> StepDefinition:
        return next(step for step in self.definition.steps if step.name == name)


class PipelineRunning:
    """Takes runs further."""

    def __init__(
        self, database: Database, events: EventStore, subjects: Subjects, notifications: NotificationService, *,
        person_now: PersonNow, functions: FunctionSteps, platform: PlatformSteps,
    ) -> None:  # fmt: skip
        notifications.register(ENDED)
        self._database = database
        self._events = events
        self._subjects = subjects
        self._notifications = notifications
        self._person_now = person_now
        self._functions = functions
        self._platform = platform
        platform.on_work(self._carry_out)

    def loop(self) -> PeriodicLoop:
        """Describe the loop that takes runs further, which whatever a step waits for does."""
        return PeriodicLoop(name=LOOP, act=self.advance, every=_LOOK_SECONDS, retry=_RETRY_SECONDS, after_changes=True)

    def advance(self) -> float | None:
        """Look at each run that goes on: note what ended, begin what is ready. Returns the seconds until what had no answer is tried again,
        None: all had."""
        with self._database.read() as session:
            running = list(session.scalars(select(PipelineRunRow.id).where(PipelineRunRow.state == "running")))
        pause = None
        for run in sorted(running):
            try:
                self._advance(run)
            except Unavailable as error:
                pause = _RETRY_SECONDS
                logger.warning("the run %s of a pipeline waits: %s", run, error)
        return pause

    def close(self, session: Session, row: PipelineRunRow, state: RunState, reason: str) -> list[PipelineStepRow]:
        """End a run in the caller's transaction; returns the steps that were running, for `end_all` once it is committed."""
        row.state, row.reason, row.ended_at = state, reason, now()
        open_steps = []
        for step in steps_of(session, row.id):
            if step.state == "running":
                open_steps.append(step)
            if step.state in ("running", "waiting"):
                step.state, step.reason, step.ended_at = "cancelled", "The run ended before.", row.ended_at
        self._subjects.changed(session, RUN, [row.id])
        session.flush()
        return open_steps

    def end_all(self, actor: Actor | None, steps: Sequence[PipelineStepRow]) -> None:
        """End what these steps have running."""
        for step in steps:
            if step.job is not None and actor is not None:
                self._functions.cancel(actor, step.job)
            elif "kind" in step.facts:
                self._platform.of(step.facts["kind"]).cancel(actor, step.facts)

    def _advance(self, run: str) -> None:
        self._note_ended(self._read(run))
        while not self._has_ended(work := self._read(run)):
            ready = [name for name, step in work.steps.items() if self._is_to_begin(work, name, step)]
            done = [self._begin(work, name) for name in ready]
            if not any(done):
                break
        self._say_what_it_waits_for(run)

    def _is_to_begin(self, work: _Work, name: str, step: PipelineStepRow) -> bool:
        if step.state == "waiting":
            return all(work.steps[needed].state in DONE for needed in work.step(name).needs())
        # A control died after it wrote down that it would begin it.
        return step.state == "running" and step.job is None and work.step(name).kind == "function"

    def _read(self, run: str) -> _Work:
        with self._database.read() as session:
            row = session.get_one(PipelineRunRow, run)
            return _Work(
                row=row, name=session.get_one(PipelineRow, row.pipeline).name,
                definition=definition_of(session, row.pipeline, row.version),
                steps={step.name: step for step in steps_of(session, run)},
            )  # fmt: skip

    def _note_ended(self, work: _Work) -> None:
        """Note the outcome of each step that runs and has one."""
        running = [step for step in work.steps.values() if step.state == "running"]
        jobs = self._functions.outcomes([step.job for step in running if step.job is not None])
        for step in running:
            outcome: StepOutcome | None = None
            if step.job is not None:
                outcome = jobs.get(step.job)
            elif "kind" in step.facts:
                with self._database.read() as session:
                    outcome = self._platform.of(step.facts["kind"]).look(session, step.facts)
            if outcome is not None and outcome.state != "running":
                self._note(step, outcome)

    def _note(self, step: PipelineStepRow, outcome: StepOutcome) -> None:
        with self._database.transaction() as session:
            row = session.get_one(PipelineStepRow, (step.run, step.position))
            if row.state != "running" or row.tries != step.tries:
                return
            state: StepState = "running" if outcome.state == "running" else outcome.state
            row.facts, row.reason = {**row.facts, **outcome.facts}, outcome.reason
            if state != "running":
                row.state, row.ended_at = state, now()
                self._record(session, row)

    def _record(self, session: Session, row: PipelineStepRow) -> None:
        after = {"step": row.name, "job": row.job, "cached_from": row.cached_from}
        run = session.get_one(PipelineRunRow, row.run)
        self._events.record(
            session, SYSTEM, f"pipeline_run.step_{row.state}", subject_of_run(run),
            after={name: value for name, value in after.items() if value is not None}, reason=row.reason[:500],
        )  # fmt: skip
        self._subjects.changed(session, RUN, [row.run])

    def _has_ended(self, work: _Work) -> bool:
        """End a run all of whose steps are done, or in which one did not succeed and no other one runs any more."""
        states = [step.state for step in work.steps.values()]
        if all(state in DONE for state in states):
            self._end(work, "succeeded", "")
            return True
        stopped = [step for step in work.steps.values() if step.state in STOPPED]
        if not stopped:
            return False
        running = [step for step in work.steps.values() if step.state == "running"]
        if any(step.facts.get("kind") != ASKS_PEOPLE for step in running):
            return True  # what runs comes to its end, for a resumed run to have it; nothing else begins
        for state in _WORSE:
            found = next((step for step in stopped if step.state == state), None)
            if found is not None:
                self._end(work, state, f"{found.name}: {found.reason}")
                break
        return True

    def _end(self, work: _Work, state: RunState, reason: str) -> None:
        with self._database.transaction() as session:
            row = session.get_one(PipelineRunRow, work.row.id)
            if row.state != "running":
                return
            open_steps = self.close(session, row, state, reason)
            self._events.record(session, SYSTEM, f"pipeline_run.{state}", subject_of_run(row), reason=reason[:500])
            self._notifications.notify(
                session, [row.actor_id], subject_of_run(row), kind=ENDED.name, title=f"{work.name}: {state}", body=reason,
                link=f"/pipeline-runs/{row.id}",
            )  # fmt: skip
        self.end_all(self._person_now(work.row.actor_id), open_steps)

    def _begin(self, work: _Work, name: str) -> bool:
        """Begin a step, and return whether it is done by that. A refusal is its outcome; Unavailable is raised: nobody said no."""
        step, row = work.step(name), work.steps[name]
        try:
            actor = self._actor(work.row)
            if step.kind != "function":
                self._queue(work, step, row)
                return False
            inputs = self._inputs(work, step, actor)
            key = self._functions.key(inputs) if step.cache else None
            known = None if key is None or work.row.fresh else self._functions.find(work.row.project, key)
            if known is not None and row.state == "waiting":
                self._take(row, key, *known)
                return True
            if not self._write_down(row, key):
                return False
            job = self._functions.submit(actor, inputs, request_key=_key_of(row), name=f"{work.name} · {name}")
            with self._database.transaction() as session:
                current = session.get_one(PipelineStepRow, (row.run, row.position))
                is_wanted = current.state == "running" and current.tries == row.tries
                if is_wanted:
                    current.job = job
                    self._subjects.changed(session, RUN, [row.run])
            if not is_wanted:  # it was cancelled meanwhile, when this job was not known yet
                self._functions.cancel(actor, job)
        except Unavailable:
            raise
        except UnshelfError as error:
            self._write_down(row, None)
            self._note(row, refused(error))
            return True
        return False

    def _queue(self, work: _Work, step: StepDefinition, row: PipelineStepRow) -> None:
        """Have a step of the platform carried out by whichever control is free."""
        with self._database.transaction() as session:
            current = session.get_one(PipelineStepRow, (row.run, row.position))
            if current.state != "waiting":
                return
            current.state, current.started_at, current.facts = "running", now(), {"kind": step.kind}
            self._platform.add(session, f"{row.run}/{row.position}/{row.tries}", actor=work.row.actor_label)
            self._subjects.changed(session, RUN, [row.run])
        self._platform.wake()

    def _carry_out(self, key: str) -> None:
        """Begin a step of the platform: the act of the queue. Raises Unavailable."""
        run, position, tries = key.split("/")
        with self._database.read() as session:
            row = session.get(PipelineStepRow, (run, int(position)))
            if row is None or row.state != "running" or row.tries != int(tries):
                return
        work = self._read(run)
        step = work.step(row.name)
        try:
            actor = self._actor(work.row)
            inputs = self._inputs(work, step, actor)
            order = StepOrder(
                run=run, step=step.name, project=work.row.project, pipeline=work.name, key=_key_of(row),
                arguments=self._functions.arguments(inputs), facts=row.facts,
            )  # fmt: skip
            outcome = self._platform.of(step.kind).begin(actor, order)
        except Unavailable:
            raise
        except UnshelfError as error:
            outcome = refused(error)
        self._note(row, outcome)

    def _inputs(self, work: _Work, step: StepDefinition, actor: Actor) -> StepInputs:
        jobs = {name: row.job for name, row in work.steps.items() if row.job is not None}
        values = {
            name: row.facts.get("value") for name, row in work.steps.items() if row.job is None and row.state in DONE
        }
        return StepInputs(
            actor=actor, project=work.row.project, step=step, definition=work.definition, parameters=work.row.parameters,
            data=work.row.data, jobs=jobs, values=values,
        )  # fmt: skip

    def _take(self, row: PipelineStepRow, key: str | None, job: str, run: str) -> None:
        """Take the value of an earlier run."""
        with self._database.transaction() as session:
            current = session.get_one(PipelineStepRow, (row.run, row.position))
            if current.state == "waiting" and current.tries == row.tries:
                current.state, current.key, current.job, current.cached_from = "cached", key, job, run
                current.started_at = current.ended_at = now()
                self._record(session, current)

    def _write_down(self, row: PipelineStepRow, key: str | None) -> bool:
        """Write down that a step begins, before anything of it is submitted. False: it is not wanted any more."""
        with self._database.transaction() as session:
            current = session.get_one(PipelineStepRow, (row.run, row.position))
            if current.tries != row.tries or current.state not in ("waiting", "running"):
                return False
            if current.state == "waiting":
                current.state, current.key, current.started_at = "running", key, now()
            return True

    def _actor(self, row: PipelineRunRow) -> Actor:
        actor = self._person_now(row.actor_id)
        if actor is None:
            raise Forbidden(
                f"{row.actor_label!r} may do nothing here any more.", hint="Somebody else may resume the run."
            )
        return actor

    def _say_what_it_waits_for(self, run: str) -> None:
        """Have the run say what it waits for, where that is people."""
        with self._database.read() as session:
            row, steps = session.get_one(PipelineRunRow, run), steps_of(session, run)
            waits = [step.reason for step in steps if step.state == "running" and step.facts.get("kind") == ASKS_PEOPLE]
            if row.state != "running" or row.reason == (waits[0] if waits else ""):
                return
        with self._database.transaction() as session:
            row = session.get_one(PipelineRunRow, run)
            if row.state == "running":
                row.reason = waits[0] if waits else ""
                self._subjects.changed(session, RUN, [run])


def _key_of(row: PipelineStepRow) -> str:
    """Return the name of what a step begins: the same each time that it is tried, another one when the run is resumed."""
    return f"pipeline/{row.run}/{row.position}/{row.tries}"
