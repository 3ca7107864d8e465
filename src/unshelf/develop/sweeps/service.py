"""The service of sweeps: begun, followed, cancelled, and the loop that tries one combination after the other."""

import importlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound, Unavailable, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.develop.sweeps.space import MOST_TRIALS, Value, space_of
from unshelf.develop.sweeps.sweep import RunsAgain, Strategy, Sweep, SweepState, Trial, TrialState, reached
from unshelf.develop.sweeps.tables import SweepJobRow, SweepRow, SweepTrialRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.manage.notifications.notification import NotificationKind, PersonNow
from unshelf.manage.notifications.service import NotificationService

LOOP = "sweeps"
ENDED = NotificationKind(name="sweep.ended", description="A sweep of yours has ended.")
MOST_PARALLEL = 200
FOLDS = range(2, 51)
_SEARCH_MODULE = "unshelf.develop.sweeps.proposals"
_LOOK_SECONDS = 0.25
_RETRY_SECONDS = 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SweepOrder:
    """A sweep to begin."""

    job: str
    """The job to run again with other parameters."""
    space: Mapping[str, Any]
    objective: str
    name: str = ""
    strategy: Strategy = "random"
    trials: int | None = None
    """How many combinations to try; None: all of a grid, else 20."""
    parallel: int = 10
    folds: int | None = None
    maximize: bool = True
    seed: int = 0


class SweepService:
    """Keeps the sweeps. Their jobs need what their owner may do at that moment."""

    def __init__(
        self, database: Database, events: EventStore, notifications: NotificationService, *, person_now: PersonNow,
        jobs: RunsAgain,
    ) -> None:  # fmt: skip
        notifications.register(ENDED)
        self._database = database
        self._events = events
        self._notifications = notifications
        self._person_now = person_now
        self._jobs = jobs

    def loop(self) -> PeriodicLoop:
        """Describe the loop that takes sweeps further, which the end of a job does."""
        return PeriodicLoop(name=LOOP, act=self.advance, every=_LOOK_SECONDS, retry=_RETRY_SECONDS, after_changes=True)

    def begin(self, actor: Actor, order: SweepOrder) -> Sweep:
        """Begin a sweep. Raises InvalidInput for what can't be searched, NotFound for a job that the actor may not see."""
        trials = _checked(order)
        project = self._jobs.require(actor, order.job)
        with self._database.transaction() as session:
            row = SweepRow(
                id=new_id(), name=order.name or f"Sweep of {', '.join(order.space)}"[:200], project=project, job=order.job,
                strategy=order.strategy, space=dict(order.space), trials=trials, parallel=order.parallel, folds=order.folds,
                objective=order.objective, maximize=order.maximize, seed=order.seed, state="running", reason="",
                created_at=now(), created_by=actor.label, actor_id=actor.id, ended_at=None,
            )  # fmt: skip
            session.add(row)
            after = {"job": row.job, "strategy": row.strategy, "trials": trials, "objective": row.objective}
            self._events.record(session, actor, "sweep.begun", _subject_of(row), after=after)
            session.flush()
            return _sweep_of(session, row)

    def list_for(
        self, actor: Actor, *, project: str | None = None, job: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[Sweep]:
        """List the sweeps that the actor may see, the newest first."""
        query = select(SweepRow).where(in_visible_project(SweepRow.project, actor, Permission.JOBS_READ))
        for column, value in ((SweepRow.project, project), (SweepRow.job, job)):
            if value is not None:
                query = query.where(column == value)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(SweepRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page([_sweep_of(session, row) for row in page.items], page.next_cursor)

    def show(self, actor: Actor, id: str) -> Sweep:
        """Return a sweep. Raises NotFound."""
        with self._database.read() as session:
            return _sweep_of(session, _visible(session, actor, id))

    def trials(self, actor: Actor, id: str, *, limit: int, cursor: str | None = None) -> Page[Trial]:
        """List the trials of a sweep, in the order in which they began."""
        with self._database.read() as session:
            row = _visible(session, actor, id)
            query = select(SweepTrialRow).where(SweepTrialRow.sweep == row.id)
            page = read_page(session, query, [SortKey(SweepTrialRow.number)], limit=limit, cursor=cursor)
            return Page(_trials_of(session, row.id, page.items), page.next_cursor)

    def cancel(self, actor: Actor, id: str) -> Sweep:
        """Cancel a sweep and the jobs of it that are not over. One that has ended stays as it is."""
        with self._database.transaction() as session:
            row = _visible(session, actor, id)
            actor.must(Permission.JOBS_RUN, project_scope(row.project))
            if row.state != "running":
                return _sweep_of(session, row)
            row.state, row.reason, row.ended_at = "cancelled", f"{actor.label} cancelled it.", now()
            self._events.record(session, actor, "sweep.cancelled", _subject_of(row))
            jobs = _close_trials(session, row.id, "The sweep was cancelled.")
        for job in jobs:
            self._jobs.cancel(actor, job)
        return self.show(actor, id)

    def advance(self) -> float | None:
        """Judge what has ended, and begin the next trials of each sweep that runs; return the seconds until what had no answer is tried
        again, None: all had."""
        with self._database.read() as session:
            running = list(session.scalars(select(SweepRow).where(SweepRow.state == "running").order_by(SweepRow.id)))
        pause = None
        for row in running:
            try:
                self._advance(row)
            except Unavailable as error:
                pause = _RETRY_SECONDS
                logger.warning("the sweep %s waits: %s", row.id, error)
            except UnshelfError as refused:
                self._end(row.id, "failed", str(refused))
        return pause

    def _advance(self, row: SweepRow) -> None:
        self._judge(row)
        while self._next(row):
            continue
        self._submit(row)
        with self._database.read() as session:
            counts = _counts(session, row.id)
        if counts["running"] == 0 and sum(counts.values()) >= row.trials:
            self._end(
                row.id, "done" if counts["done"] else "failed", "" if counts["done"] else "No trial reached anything."
            )

    def _judge(self, row: SweepRow) -> None:
        """Note what the trials reached whose jobs are over."""
        with self._database.read() as session:
            jobs = _jobs_of(session, row.id, SweepTrialRow.state == "running")
        outcomes = self._jobs.outcomes([each.job for each in jobs if each.job is not None])
        by_trial: dict[int, list[SweepJobRow]] = {}
        for job in jobs:
            by_trial.setdefault(job.trial, []).append(job)
        found = {
            number: reached(row.objective, [outcomes.get(each.job) if each.job else None for each in those])
            for number, those in by_trial.items()
        }
        with self._database.transaction() as session:
            for number, result in found.items():
                if result.state != "running":
                    trial = session.get_one(SweepTrialRow, (row.id, number))
                    trial.state, trial.value, trial.spread, trial.reason = (
                        result.state, result.value, result.spread, result.reason,
                    )  # fmt: skip

    def _next(self, row: SweepRow) -> bool:
        """Write down the next trial, before anything of it is submitted. False: there is no room, or none is left."""
        with self._database.read() as session:
            counts = _counts(session, row.id)
            number = sum(counts.values())
            if counts["running"] >= row.parallel or number >= row.trials:
                return False
            parameters = _propose(session, row, number)  # a search thinks for a while: outside the transaction
        with self._database.transaction() as session:
            if session.get_one(SweepRow, row.id).state != "running" or sum(_counts(session, row.id).values()) != number:
                return False
            trial = SweepTrialRow(sweep=row.id, number=number, parameters=parameters, state="running", reason="")
            session.add(trial)
            session.flush()
            session.add_all(SweepJobRow(sweep=row.id, trial=number, fold=fold) for fold in range(row.folds or 1))
        return True

    def _submit(self, row: SweepRow) -> None:
        """Submit the jobs that were written down and not submitted. A key of its own for each keeps it from being submitted twice."""
        with self._database.read() as session:
            jobs = [each for each in _jobs_of(session, row.id, SweepTrialRow.state == "running") if each.job is None]
            numbers = {each.trial for each in jobs}
            of_it = select(SweepTrialRow).where(SweepTrialRow.sweep == row.id, SweepTrialRow.number.in_(numbers))
            parameters = {each.number: each.parameters for each in session.scalars(of_it)}
        if not jobs:
            return
        actor = self._person_now(row.actor_id)
        if actor is None:
            raise Forbidden(f"{row.created_by!r} may do nothing here any more.")
        for each in jobs:
            fold = {} if row.folds is None else {"fold": each.fold, "folds": row.folds}
            job = self._jobs.start(
                actor, row.job, key=f"sweep/{row.id}/{each.trial}/{each.fold}", name=f"{row.name} #{each.trial}"[:200],
                parameters={**parameters[each.trial], **fold}, same_data=True,
            )  # fmt: skip
            with self._database.transaction() as session:
                session.get_one(SweepJobRow, (row.id, each.trial, each.fold)).job = job
                is_running = session.get_one(SweepRow, row.id).state == "running"
            if not is_running:  # it was cancelled meanwhile, when this job was not known yet
                self._jobs.cancel(actor, job)
                return

    def _end(self, id: str, state: SweepState, reason: str) -> None:
        with self._database.transaction() as session:
            row = session.get_one(SweepRow, id)
            if row.state != "running":
                return
            row.state, row.reason, row.ended_at = state, reason, now()
            jobs = _close_trials(session, row.id, "The sweep ended before.")
            sweep = _sweep_of(session, row)
            best = "" if sweep.best is None else f" Best: {sweep.best.value:.6g}, by trial {sweep.best.number}."
            body = f"{sweep.done} of {sweep.trials} trials reached something.{best} {reason}".strip()
            self._notifications.notify(
                session, [row.actor_id], _subject_of(row), kind=ENDED.name, title=f"{row.name}: {state}", body=body,
                link=f"/sweeps/{row.id}",
            )  # fmt: skip
        actor = self._person_now(row.actor_id)
        if actor is not None:
            for job in jobs:
                self._jobs.cancel(actor, job)


def _checked(order: SweepOrder) -> int:
    """Return how many trials an order makes. Raises InvalidInput for one that can't be begun."""
    space = space_of(order.space)
    if not 1 <= len(order.objective) <= 200:
        raise InvalidInput(
            "A sweep needs an objective.",
            hint="Name the field of the job's results that is compared, such as accuracy.",
        )
    if not 1 <= order.parallel <= MOST_PARALLEL:
        raise InvalidInput(f"A sweep tries 1 to {MOST_PARALLEL} combinations at a time, got {order.parallel}.")
    if order.folds is not None and order.folds not in FOLDS:
        raise InvalidInput(
            f"A trial has {FOLDS[0]} to {FOLDS[-1]} folds, got {order.folds}.", hint="Leave it out for one job a trial."
        )
    reserved = sorted({"fold", "folds"} & set(order.space)) if order.folds is not None else []
    if reserved:
        raise InvalidInput(f"The parameter {reserved[0]!a} is set by the folds.", hint="Give yours another name.")
    size = sum(1 for _ in space.grid()) if order.strategy == "grid" else MOST_TRIALS
    wanted = order.trials if order.trials is not None else (size if order.strategy == "grid" else 20)
    if not 1 <= wanted <= MOST_TRIALS:
        raise InvalidInput(f"A sweep has 1 to {MOST_TRIALS} trials, got {wanted}.")
    return min(size, wanted)


def _propose(session: Session, row: SweepRow, number: int) -> dict[str, Value]:
    space = space_of(row.space)
    if row.strategy == "grid":
        return next(islice(space.grid(), number, None))
    if row.strategy == "random":
        return space.draw(row.seed, number)
    search = importlib.import_module(_SEARCH_MODULE)
    of_it = select(SweepTrialRow).where(SweepTrialRow.sweep == row.id).order_by(SweepTrialRow.number)
    tried = [
        search.Tried(parameters=each.parameters, state=each.state, value=each.value) for each in session.scalars(of_it)
    ]
    return cast(dict[str, Value], search.propose(space, tried, maximize=row.maximize, seed=row.seed))


def _visible(session: Session, actor: Actor, id: str) -> SweepRow:
    row = session.get(SweepRow, id)
    if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
        raise NotFound(
            f"There is no sweep {id[:80]!a}, or you may not see it.", hint="`unshelf sweeps list` shows their ids."
        )
    return row


def _jobs_of(session: Session, sweep: str, trials: ColumnElement[bool]) -> list[SweepJobRow]:
    numbers = select(SweepTrialRow.number).where(SweepTrialRow.sweep == sweep, trials)
    query = select(SweepJobRow).where(SweepJobRow.sweep == sweep, SweepJobRow.trial.in_(numbers))
    return list(session.scalars(query.order_by(SweepJobRow.trial, SweepJobRow.fold)))


def _close_trials(session: Session, sweep: str, reason: str) -> list[str]:
    """Have the trials that run be over; returns their jobs."""
    running = SweepTrialRow.state == "running"
    jobs = [each.job for each in _jobs_of(session, sweep, running) if each.job is not None]
    session.execute(
        update(SweepTrialRow).where(SweepTrialRow.sweep == sweep, running).values(state="failed", reason=reason)
    )
    return jobs


def _counts(session: Session, sweep: str) -> dict[TrialState, int]:
    query = select(SweepTrialRow.state, func.count()).where(SweepTrialRow.sweep == sweep).group_by(SweepTrialRow.state)
    found = {str(state): int(count) for state, count in session.execute(query)}
    return {"running": found.get("running", 0), "done": found.get("done", 0), "failed": found.get("failed", 0)}


def _trials_of(session: Session, sweep: str, rows: list[SweepTrialRow]) -> list[Trial]:
    jobs: dict[int, list[str | None]] = {}
    for job in _jobs_of(session, sweep, SweepTrialRow.number.in_([row.number for row in rows])):
        jobs.setdefault(job.trial, []).append(job.job)
    return [
        Trial(
            number=row.number, parameters=row.parameters, state=cast(TrialState, row.state), value=row.value,
            spread=row.spread, reason=row.reason, jobs=jobs.get(row.number, []),
        )
        for row in rows
    ]  # fmt: skip


def _sweep_of(session: Session, row: SweepRow) -> Sweep:
    counts = _counts(session, row.id)
    order = SweepTrialRow.value.desc() if row.maximize else SweepTrialRow.value.asc()
    of_it = select(SweepTrialRow).where(SweepTrialRow.sweep == row.id, SweepTrialRow.state == "done")
    best = session.scalar(of_it.order_by(order, SweepTrialRow.number).limit(1))
    return Sweep(
        id=row.id, name=row.name, project=row.project, job=row.job, strategy=cast(Strategy, row.strategy), space=row.space,
        trials=row.trials, parallel=row.parallel, folds=row.folds, objective=row.objective, maximize=row.maximize,
        seed=row.seed, state=cast(SweepState, row.state), reason=row.reason, created_at=row.created_at,
        created_by=row.created_by, ended_at=row.ended_at, done=counts["done"], failed=counts["failed"],
        running=counts["running"], best=None if best is None else _trials_of(session, row.id, [best])[0],
    )  # fmt: skip


def _subject_of(row: SweepRow) -> Subject:
    return Subject(kind="sweep", name=row.id, project=row.project)
