"""The scheduler: starts jobs as room comes free, and records how they end. One control at a time does it."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, Unavailable
from unshelf.contracts.protocols.jobs import AttemptOrder, AttemptOutcome, AttemptUsage, JobAttempt
from unshelf.contracts.tiers import Tier
from unshelf.develop.jobs.job import ACTIVE, ENDED
from unshelf.develop.jobs.launcher import Capacity, JobLauncher
from unshelf.develop.jobs.scheduling.orders import SecretsOf, chosen_secrets, order_of
from unshelf.develop.jobs.scheduling.preparing import EnvironmentPreparation
from unshelf.develop.jobs.scheduling.settling import CHECKPOINT_KEPT, Settling
from unshelf.develop.jobs.scheduling.turns import Room, Taking, Waiting, choose
from unshelf.develop.jobs.sources.publishing import OutputPublishing
from unshelf.develop.jobs.tables import JobAttemptRow, JobRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostRequestFailed
from unshelf.foundation.loops.loops import Loops, PeriodicLoop
from unshelf.manage.quotas.service import QuotaService

logger = logging.getLogger(__name__)

LOOP = "jobs"
_EVERY_SECONDS = 1.0
_RECONNECT_SECONDS = 0.5
_MOST_WAITING = 5000
_STARTS_AT_ONCE = 4
_MOST_AT_ONCE = 64
_MISSING_SECONDS = 10.0
_MOST_SAMPLES = 240

Key = tuple[str, int]


class JobScheduler:
    """Decides which job starts when. Everything that counts is in the database; a next scheduler goes on from there."""

    def __init__(
        self,
        database: Database,
        launcher: JobLauncher,
        *,
        loops: Loops,
        settling: Settling,
        preparation: EnvironmentPreparation,
        publishing: OutputPublishing,
        quotas: QuotaService,
        tiers: Mapping[str, Tier],
        secrets_of: SecretsOf,
    ) -> None:
        self._database = database
        self._launcher = launcher
        self._loops = loops
        self._settling = settling
        self._preparation = preparation
        self._publishing = publishing
        self._quotas = quotas
        self.tiers = dict(tiers)
        self._secrets_of = secrets_of
        self._starters = ThreadPoolExecutor(_STARTS_AT_ONCE, thread_name_prefix="job-start")
        self._lock = threading.Lock()
        self._known: dict[Key, JobAttempt] = {}
        """The attempts that the launcher tells of."""
        self._series: dict[Key, list[AttemptUsage]] = {}
        """Measurements of attempts that run, since this control heard of them."""
        self._pruned_until = now() - 2 * CHECKPOINT_KEPT
        """The checkpoints of jobs that ended until then are gone."""
        self._missing: dict[Key, float] = {}
        """When attempts that run were first seen to be unknown to the launcher."""
        self._is_connected = threading.Event()
        self._has_news = threading.Event()
        """Set when the launcher reports an end."""
        self._mark: object = None
        """The database's mark before the last turn, where that left nothing to do until something is written."""
        self._ended = threading.Event()
        self._on_change: Callable[[Sequence[str]], None] = lambda _jobs: None
        settling.on_ready(preparation.begin)
        preparation.on_change(self._changed)
        publishing.on_change(self._changed)

    def loop(self) -> PeriodicLoop:
        """Return the loop that schedules."""
        return PeriodicLoop(name=LOOP, act=self._turn, every=_EVERY_SECONDS, retry=_EVERY_SECONDS)

    def on_change(self, act: Callable[[Sequence[str]], None]) -> None:
        """Have something done when jobs changed, after that is committed."""
        self._on_change = act

    def start(self) -> None:
        """Begin to hear the launcher."""
        threading.Thread(target=self._watch, name="job-watch", daemon=True).start()

    def stop(self) -> None:
        """Hear it no more."""
        self._ended.set()
        self._launcher.close()
        self._starters.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        """Look at once whether a job may start or must end."""
        self._loops.wake(LOOP)

    def usage(self, job: str, number: int) -> AttemptUsage | None:
        """Return what an attempt takes; None: it was not measured yet, or has ended."""
        with self._lock:
            known = self._known.get((job, number))
        return None if known is None or known.outcome is not None else known.usage

    def series(self, job: str, number: int) -> list[AttemptUsage]:
        """Return the measurements of an attempt that runs, since this control hears of it."""
        with self._lock:
            return list(self._series.get((job, number), ()))

    def prune(self) -> None:
        """Delete the checkpoints of jobs that did not succeed and that nobody tried again for a while."""
        until = now() - CHECKPOINT_KEPT
        jobs = self._settling.outdated_checkpoints(self._pruned_until, until)
        try:
            for start in range(0, len(jobs), _MOST_AT_ONCE):
                self._launcher.forget([], jobs[start : start + _MOST_AT_ONCE])
        except Unavailable:
            return
        self._pruned_until = until

    def room(self, session: Session) -> Room | None:
        """Return what is left for jobs; None: what runs them does not answer."""
        try:
            capacity = self._launcher.capacity()
        except Unavailable:
            return None
        return Room(capacity, _taking(session), self.tiers)

    def _watch(self) -> None:
        """Hear the launcher, again and again; wake the loop for each end."""
        while not self._ended.is_set():
            try:
                is_first = True
                for attempts in self._launcher.watch():
                    if self._ended.is_set():
                        return
                    self._hear(attempts, is_first=is_first)
                    is_first = False
            except Unavailable as error:
                logger.debug("attempts can't be watched", extra={"reason": str(error)})
            self._is_connected.clear()
            self._ended.wait(_RECONNECT_SECONDS)

    def _hear(self, attempts: Sequence[JobAttempt], *, is_first: bool) -> None:
        with self._lock:
            if is_first:
                self._known.clear()
            self._known.update({(each.job, each.number): each for each in attempts})
            for each in attempts:
                if each.outcome is not None:
                    self._series.pop((each.job, each.number), None)
                elif each.usage is not None:
                    add_sample(self._series.setdefault((each.job, each.number), []), each.usage)
        if is_first:
            self._is_connected.set()
        if is_first or any(each.outcome is not None for each in attempts):
            self._has_news.set()
            self.wake()

    def _turn(self) -> None:
        """Record what has ended, then start what may start, until nothing is left to do."""
        mark = self._database.change_mark()
        if not self._is_connected.is_set() or (mark == self._mark and not self._has_news.is_set()):
            return
        self._has_news.clear()
        self._mark = None
        try:
            self._settle()
            is_unfinished = self._cancel() | self._start_again()
            while self._start_some():
                pass
        except Unavailable:  # the next turn goes on
            self._has_news.set()
            return
        self._mark = None if is_unfinished else mark

    def _settle(self) -> None:
        with self._lock:
            ended = [each for each in self._known.values() if each.outcome is not None]
        done = [(each, self._settling.settle(each)) for each in ended]
        if not done:
            return
        self._launcher.forget(
            [(each.job, each.number) for each, _ in done], [each.job for each, is_last in done if is_last]
        )
        with self._lock:
            for each, _ in done:
                self._known.pop((each.job, each.number), None)
        self._on_change([each.job for each, _ in done])
        self._preparation.wake()
        self._publishing.wake()

    def _cancel(self) -> bool:
        """Have those end that somebody cancelled; returns whether there are any."""
        with self._database.read() as session:
            query = select(JobRow.id, JobRow.attempts).where(JobRow.state.in_(ACTIVE), JobRow.cancelled_by.is_not(None))
            wanted = [(job, number) for job, number in session.execute(query)]
        for job, number in wanted:
            self._launcher.cancel(job, number)
        return bool(wanted)

    def _start_again(self) -> bool:
        """Begin once more what was to start when a control, or the host, was lost; to start twice is no error. What ran and is not
        known any more, such as after its folder was deleted by hand, is lost. Returns whether there is any such."""
        with self._database.read() as session:
            starting = list(session.scalars(select(JobRow.id).where(JobRow.state == "starting").order_by(JobRow.id)))
            at_work = (
                select(JobRow.id, JobRow.attempts)
                .join(JobAttemptRow, (JobAttemptRow.job == JobRow.id) & (JobAttemptRow.number == JobRow.attempts))
                .where(JobRow.state == "running", JobAttemptRow.outcome.is_(None))
            )
            running = list(session.execute(at_work))
        if starting:
            self._start(starting)
        with self._lock:
            missing = {(job, number) for job, number in running} - self._known.keys()
        moment = time.monotonic()
        self._missing = {key: self._missing.get(key, moment) for key in missing}
        for job, number in [key for key, since in self._missing.items() if moment - since > _MISSING_SECONDS]:
            seconds = time.time()
            outcome = AttemptOutcome(
                how="lost", detail="Nothing is known of it any more.", started_at=seconds, ended_at=seconds
            )
            self._settling.settle(JobAttempt(job=job, number=number, outcome=outcome))
            self._on_change([job])
        return bool(starting or missing)

    def _start_some(self) -> bool:
        """Start the jobs for which there is room; returns whether there were any. Raises Unavailable."""
        chosen = self._choose(self._launcher.capacity())
        if chosen:
            self._start(chosen)
        return bool(chosen)

    def _choose(self, capacity: Capacity) -> list[str]:
        with self._database.read() as session:  # so that looking in vain writes nothing
            waiting = _waiting(session)
            if not waiting:
                return []
            taking = _taking(session)
        moment = now()
        chosen = choose(waiting, taking, Room(capacity, taking, self.tiers), moment, most=_MOST_AT_ONCE)
        started = []
        for job in chosen:
            with self._database.transaction() as session:
                if self._take(session, job):
                    started.append(job)
        return started

    def _take(self, session: Session, job: str) -> bool:
        """Have a queued job take its place, unless a quota is in the way. Returns whether it did."""
        row = session.get(JobRow, job, populate_existing=True)
        if row is None or row.state != "queued":
            return False
        if row.cancelled_by is not None:
            self._settling.end(session, row, "cancelled", f"It was cancelled by {row.cancelled_by}.")
            return False
        try:
            self._quotas.must_allow_jobs(session, row.project)
            with session.begin_nested(), self._quotas.within(session, project=row.project, makers=[row.created_by]):
                row.state, row.reason, row.attempts = "starting", "", row.attempts + 1
                session.add(JobAttemptRow(job=row.id, number=row.attempts, detail="", files=[]))
        except Forbidden as error:
            session.refresh(row)
            row.reason = f"It waits for its quota: {error.detail}"
            return False
        return True

    def _start(self, jobs: Sequence[str]) -> None:
        """Have the launcher begin these, several at a time."""
        list(self._starters.map(self._start_one, jobs))
        self._on_change(jobs)

    def _start_one(self, job: str) -> None:
        try:
            order = self._order(job)
            if order is None:
                return
            self._launcher.start(order)
        except Conflict as error:
            self._refuse(job, error)
        except HostRequestFailed as error:
            if error.failed.code == "unavailable":
                return  # tried again at the next turn
            if error.failed.code == "conflict" and "environment" in error.failed.detail:
                self._bring_environment(job)
            else:
                self._refuse(job, error)
        except Unavailable:
            return
        else:
            with self._database.transaction() as session:
                row = session.get_one(JobRow, job)
                if row.state == "starting":
                    row.state, row.started_at = "running", row.started_at or now()
                    session.get_one(JobAttemptRow, (job, row.attempts)).started_at = now()

    def _order(self, job: str) -> AttemptOrder | None:
        with self._database.read() as session:
            row = session.get_one(JobRow, job)
            if row.state not in ACTIVE:
                return None
            project, names, model, use = row.project, list(row.secrets), row.model, row.use
        if use == "metric":  # a function of somebody's own, which has no business with what the model may know
            values: dict[str, str] = {}
        elif model is not None:
            values = self._secrets_of(model, None)
        else:
            values = chosen_secrets(self._secrets_of("", project), names, project) if names else {}
        with self._database.read() as session:
            return order_of(session, session.get_one(JobRow, job), values)

    def _bring_environment(self, job: str) -> None:
        """Have the environment built again that the host has not; the attempt never began."""
        with self._database.transaction() as session:
            row = session.get_one(JobRow, job)
            if row.state in ENDED:
                return
            _unbegin(session, row)
            self._preparation.rebuild(session, row)
        self._preparation.wake()

    def _refuse(self, job: str, error: Conflict | HostRequestFailed) -> None:
        """End a job that can't be started as it is."""
        with self._database.transaction() as session:
            row = session.get_one(JobRow, job)
            if row.state not in ENDED:
                said = " ".join(part for part in (error.detail.rstrip(".") + ".", error.hint) if part)
                kept = session.get_one(JobAttemptRow, (job, row.attempts))
                kept.outcome, kept.detail, kept.ended_at = "refused", said, now()
                self._settling.end(session, row, "failed", f"It can't be started: {said}")

    def _changed(self, jobs: Sequence[str]) -> None:
        self._on_change(jobs)
        self.wake()


def add_sample(series: list[AttemptUsage], usage: AttemptUsage) -> None:
    """Add a measurement to a series; one that is long loses every other one first."""
    if not series or usage.at > series[-1].at:
        if len(series) >= _MOST_SAMPLES:
            del series[1::2]
        series.append(usage)


def _unbegin(session: Session, row: JobRow) -> None:
    kept = session.get(JobAttemptRow, (row.id, row.attempts))
    if kept is not None:
        session.delete(kept)
    row.attempts -= 1
    session.flush()


def _waiting(session: Session) -> list[Waiting]:
    columns = select(
        JobRow.id, JobRow.project, JobRow.created_by, JobRow.priority, JobRow.tier, JobRow.queued_at, JobRow.created_at
    )
    rows = session.execute(columns.where(JobRow.state == "queued").order_by(JobRow.id).limit(_MOST_WAITING))
    return [
        Waiting(
            id=row.id, project=row.project, actor=row.created_by, priority=row.priority, tier=row.tier,
            queued_at=row.queued_at or row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def _taking(session: Session) -> list[Taking]:
    rows = session.execute(select(JobRow.project, JobRow.created_by, JobRow.tier).where(JobRow.state.in_(ACTIVE)))
    return [Taking(project=row.project, actor=row.created_by, tier=row.tier) for row in rows]
