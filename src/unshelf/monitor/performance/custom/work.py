"""The work of custom metrics: days whose records, labels or function changed are laid out, evaluated by a job, and their values kept.

Each step is done again where it was cut off, and has its effect once: a run is written down before its job is submitted, under a key of
its own, and the values of a day replace those before."""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Forbidden, NotFound, Unavailable, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import DataLimits
from unshelf.contracts.tiers import Tier
from unshelf.deploy.registry.values import InspectedModel
from unshelf.deploy.scorings.orders import CHUNKS, ScoringProgram
from unshelf.deploy.scorings.rows.tables_read import put_bytes, put_file
from unshelf.develop.datasets.processes import DataProblemError, DataProcesses, Program
from unshelf.develop.jobs.job import ENDED as JOB_ENDED
from unshelf.develop.jobs.service import JobService
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.blob_holds import BlobHolds, hold, let_go
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, PeriodicLoop, Postponed, QueueLoop
from unshelf.manage.notifications.notification import PersonNow
from unshelf.monitor.performance.custom.days import LOOKED_BACK, day_row, facts_of, found_by, stamps_of
from unshelf.monitor.performance.custom.messages import (
    DayRowsAnswer,
    DayRowsOrder,
    DayRowsOrders,
    DayRowsWritten,
    DaysWritten,
)
from unshelf.monitor.performance.custom.metric import DayFound
from unshelf.monitor.performance.custom.orders import CODE, PLAN, file_of, job_order, plan_of
from unshelf.monitor.performance.custom.service import current, definition_of, holder_of
from unshelf.monitor.performance.custom.tables import CustomMetricDayRow, CustomMetricRow, CustomMetricRunRow
from unshelf.monitor.performance.intake import QualitySources, join_roles
from unshelf.monitor.performance.labels_file import write_labels
from unshelf.records.labels.service import days_around, labels_of
from unshelf.runtime.blobs.port import Blobs

QUEUE, FOLLOWING = "custom-metrics", "custom-metrics-followed"
MOST_ROWS = 100_000
"""Rows of a day that a function gets; of more than these a sample, drawn at random."""
_MOST_DAYS = 20
_LOOK_SECONDS = 0.5
_AGAIN_SECONDS = 5.0
_SECONDS = 600.0
_MEMORY_BYTES = 1 << 30
_LEAST_REST_SECONDS = 5.0
_REST = 10.0
"""A model's metrics rest this many times as long as their last job took, so that labels that trickle in do not keep a machine busy."""
_PROGRAM = "unshelf.monitor.performance.custom.rows_process"
_OF_NO_DAY = "labels.arrow"

OnValues = Callable[[Collection[str]], object]
"""Called with the models whose metrics have new values."""


@dataclass(frozen=True, kw_only=True)
class MetricDependencies:
    """Parts that the work of metrics stands on."""

    database: Database
    loops: Loops
    sources: QualitySources
    jobs: JobService
    blobs: Blobs
    holds: BlobHolds
    inspect: Callable[[str], InspectedModel]
    """Raises NotFound."""
    person_now: PersonNow
    tiers: Mapping[str, Tier]


class CustomMetricWork:
    """Evaluates metrics as labels arrive. All controls together do one piece of work at a time."""

    def __init__(self, parts: MetricDependencies) -> None:
        self._parts = parts
        self._processes = DataProcesses(parts.sources.run)
        self._program = ScoringProgram(parts.blobs)
        self._on_values: list[OnValues] = []
        self._ended = threading.Event()

    def loops(self) -> list[QueueLoop | PeriodicLoop]:
        """Describe the loops: what has days evaluated, and what notices the end of jobs."""
        return [
            QueueLoop(name=QUEUE, act=self.work, of_one_actor=1),
            PeriodicLoop(name=FOLLOWING, act=self.follow, every=_LOOK_SECONDS, after_changes=True),
        ]

    def on_values(self, act: OnValues) -> None:
        """Have something done after metrics have new values. No transaction is open."""
        self._on_values.append(act)

    def stop(self) -> None:
        """Cut short what is under way; nothing is lost."""
        self._ended.set()

    def changed(self, models: Collection[str]) -> None:
        """The quality or the metrics of models changed: have what is new evaluated."""
        with self._parts.database.read() as session:
            wanted = [model for model in models if current(session, model)]
        if not wanted:
            return
        with self._parts.database.transaction() as session:
            for model in wanted:
                self.add(session, model)
        self.wake()

    def add(self, session: Session, model: str) -> None:
        """Have what is new of a model evaluated, once the caller's transaction is over and `wake` called."""
        self._parts.loops.add_work(session, QUEUE, f"{model} {new_id()}", actor=QUEUE)

    def wake(self) -> None:
        """Begin with what was added."""
        self._parts.loops.wake(QUEUE)

    def work(self, claim: Claim) -> None:
        """Have one model's new days evaluated, as far as no job does that already, up to the end of the claim."""
        model = claim.key.partition(" ")[0]
        self._rest(model)
        try:
            self._submit_begun(claim, model)
            for version, due in self._due(model).items():
                self._begin(claim, model, version, due)
            self._submit_begun(claim, model)
        except Unavailable as error:
            raise Postponed(error.detail, seconds=error.retry_after or _AGAIN_SECONDS) from None
        with self._parts.database.transaction() as session:
            claim.finish(session)

    def follow(self) -> float | None:
        """Keep what jobs that ended have found."""
        parts = self._parts
        with parts.database.read() as session:
            query = select(CustomMetricRunRow.id, CustomMetricRunRow.model, CustomMetricRunRow.job)
            running = session.execute(query.where(CustomMetricRunRow.job.is_not(None))).all()
        done = set()
        for id, model, job in running:
            found = parts.jobs.state_of(str(job))
            if found is None or found.state in JOB_ENDED:
                with parts.database.transaction() as session:
                    self._settle(session, id, found)
                done.add(model)
        if done:
            for act in self._on_values:
                act(done)
            self.changed(done)  # days beyond those of a run, and labels that came meanwhile
        return None

    def _rest(self, model: str) -> None:
        """Raise Postponed soon after the last evaluation."""
        query = select(CustomMetricDayRow.evaluated_at, CustomMetricDayRow.seconds).where(
            CustomMetricDayRow.model == model
        )
        with self._parts.database.read() as session:
            last = session.execute(query.order_by(CustomMetricDayRow.evaluated_at.desc()).limit(1)).first()
        if last is not None:
            rest = max(_LEAST_REST_SECONDS, _REST * last.seconds) - (now() - last.evaluated_at).total_seconds()
            if rest > 0 and last.seconds > 0:
                raise Postponed("The metrics were evaluated just now.", seconds=rest)

    def _due(self, model: str) -> dict[int, dict[str, list[tuple[CustomMetricRow, str]]]]:
        """Return by version and day the metrics that have no value of what is known of the day, with the stamp of that."""
        with self._parts.database.read() as session:
            metrics = current(session, model)
            stamps = stamps_of(session, model, now() - LOOKED_BACK)
            values = session.scalars(select(CustomMetricDayRow).where(CustomMetricDayRow.model == model))
            known = {(row.version, row.day, row.metric): (row.number, row.stamp) for row in values}
            runs = session.scalars(select(CustomMetricRunRow).where(CustomMetricRunRow.model == model)).all()
            busy = {(run.version, run.metric) for run in runs}
        found: dict[int, dict[str, list[tuple[CustomMetricRow, str]]]] = {}
        for (version, day), stamp in sorted(stamps.items(), reverse=True):
            for metric in metrics:
                is_new = known.get((version, day, metric.name)) != (metric.number, stamp)
                if is_new and (version, metric.name) not in busy:
                    days = found.setdefault(version, {})
                    if day in days or len(days) < _MOST_DAYS:
                        days.setdefault(day, []).append((metric, stamp))
        return found

    def _begin(self, claim: Claim, model: str, version: int, due: dict[str, list[tuple[CustomMetricRow, str]]]) -> None:
        """Have the rows of some days as blobs, and write down a run of each metric."""
        parts = self._parts
        with self._processes.scratch() as scratch:
            written = self._written(scratch, model, version, list(due))
            files = {
                each.day: put_file(parts.blobs, scratch / f"{each.day}.npz", file_of(each.day))
                for each in written
                if each.used
            }
        facts = {each.day: each for each in written if not each.again}
        metrics = {metric.name: metric for of_day in due.values() for metric, _ in of_day}
        for metric in metrics.values():
            stamps = {day: stamp for day, of_day in due.items() for own, stamp in of_day if own.name == metric.name}
            days = {day: stamp for day, stamp in stamps.items() if day in facts}
            self._note(claim, metric, version, days, facts=facts, files=files)
        if any(each.again for each in written):
            raise Postponed("Files were merged or moved while they were read.", seconds=_AGAIN_SECONDS)

    def _note(
        self, claim: Claim, metric: CustomMetricRow, version: int, days: Mapping[str, str], *,
        facts: Mapping[str, DayRowsWritten], files: Mapping[str, BundleFile],
    ) -> None:  # fmt: skip
        """Write a run down, and keep the days that need none."""
        parts, definition = self._parts, definition_of(metric)
        evaluated = [day for day in days if day in files]
        listed: list[BundleFile] = []
        if evaluated:
            plan = plan_of(definition, evaluated, parts.tiers.get(definition.tier))
            listed = [
                put_bytes(parts.blobs, msgspec.json.encode(plan), PLAN), put_bytes(parts.blobs, definition.code.encode(), CODE),
                *(files[day] for day in sorted(evaluated)),
            ]  # fmt: skip
        sizes = {file.sha256: file.size for file in listed}
        with parts.holds.claim(None, sizes) as session:
            claim.require(session)
            for day in days.keys() - set(evaluated):
                problem = facts[day].problem and f"Its rows can't be read: {facts[day].problem}"
                session.merge(day_row(metric, version, day, days[day], problem=problem))
            if evaluated:
                run = CustomMetricRunRow(
                    id=new_id(), model=metric.model, version=version, metric=metric.name, number=metric.number,
                    days={day: facts_of(days[day], facts[day]) for day in evaluated},
                    files=[msgspec.to_builtins(file) for file in listed], job=None, created_at=now(),
                )  # fmt: skip
                session.add(run)
                hold(session, sizes, holder_of(run.id))

    def _written(self, scratch: Path, model: str, version: int, days: list[str]) -> list[DayRowsWritten]:
        """Have a process lay out the labelled rows of days. What it can't do is said of each day."""
        parts, sources = self._parts, self._parts.sources
        try:
            roles = join_roles(sources.roles_of(model, version))
        except NotFound:  # records outlive their version
            roles = None
        if roles is None:
            return [DayRowsWritten(day=day) for day in days]
        orders = []
        with parts.database.read() as session:
            write_labels(scratch / _OF_NO_DAY, labels_of(session, model, [""]))
            session.expunge_all()
            for number, day in enumerate(days):
                name = f"labels-{number}.arrow"
                write_labels(scratch / name, labels_of(session, model, days_around(day)))
                session.expunge_all()
                orders.append(
                    DayRowsOrder(
                        model=model,
                        version=version,
                        day=day,
                        roles=roles,
                        labels=[_OF_NO_DAY, name],
                        most_rows=MOST_ROWS,
                    )
                )
        order = DayRowsOrders(
            folder=str(sources.predictions.absolute()), predictions=sources.setting, s3_endpoint=sources.s3_endpoint,
            scratch=str(scratch), days=orders,
            limits=DataLimits(seconds=_SECONDS, memory_bytes=_MEMORY_BYTES, threads=1, rows=0, output_bytes=0),
        )  # fmt: skip
        try:
            return self.lay_out(order)
        except DataProblemError as error:
            return [DayRowsWritten(day=day, problem=error.detail) for day in days]

    def lay_out(self, order: DayRowsOrders) -> list[DayRowsWritten]:
        """Have a process lay out rows. Raises DataProblemError."""
        environment = () if self._parts.sources.setting == "files" else ("AWS_",)
        program = Program(module=_PROGRAM, environment=environment)
        answer: DaysWritten = self._processes.ask_for(
            program, order, DayRowsAnswer, seconds=_SECONDS, watch=self._go_on
        )
        return answer.days

    def _go_on(self) -> None:
        if self._ended.is_set():
            raise Postponed("The server stops.", seconds=0.0)

    def _submit_begun(self, claim: Claim, model: str) -> None:
        """Have the jobs of runs submitted that have none yet."""
        with self._parts.database.read() as session:
            query = select(CustomMetricRunRow).where(
                CustomMetricRunRow.model == model, CustomMetricRunRow.job.is_(None)
            )
            runs = session.scalars(query).all()
        for run in runs:
            try:
                job = self._submitted(run)
            except Unavailable:
                raise
            except UnshelfError as refused:
                with self._parts.database.transaction() as session:
                    claim.require(session)
                    said = f"It can't be evaluated. {refused.detail} {refused.hint}".strip()
                    kept = session.get(CustomMetricRunRow, run.id)
                    if kept is not None:
                        self._keep(session, kept, {}, problem=said, seconds=0.0)
                for act in self._on_values:
                    act([model])
                continue
            with self._parts.database.transaction() as session:
                claim.require(session)
                kept = session.get(CustomMetricRunRow, run.id)
                if kept is not None:  # its model was not removed meanwhile
                    kept.job = job
                let_go(session, holder_of(run.id))  # the job holds them from now on

    def _submitted(self, run: CustomMetricRunRow) -> str:
        """Submit the job of a run, with the rights that who set the metric has now. Raises UnshelfError."""
        parts = self._parts
        with parts.database.read() as session:
            metric = session.get(CustomMetricRow, (run.model, run.metric, run.number))
            scope = scope_of(session, run.model)
        if metric is None:
            raise NotFound(f"The model {run.model!r} was removed.")
        actor = parts.person_now(metric.actor_id)
        if actor is None:
            raise Forbidden(
                f"{metric.created_by!r}, who set it, may do nothing here any more.",
                hint="Have somebody else set it anew.",
            )
        actor.must(Permission.RECORDS_READ, scope)
        found = parts.inspect(f"{run.model}:{run.version}")
        order = job_order(
            run, definition_of(metric), project=scope.project or "", environment=found.version.environment,
            program=self._program.files(), files=msgspec.convert(run.files, list[BundleFile]),
        )  # fmt: skip
        (job,) = parts.jobs.submit(actor, order)
        return job

    def _settle(self, session: Session, id: str, job: JobRow | None) -> None:
        run = session.get(CustomMetricRunRow, id)
        if run is None:
            return
        seconds = 0.0
        if job is not None and job.started_at is not None and job.ended_at is not None:
            seconds = (job.ended_at - job.started_at).total_seconds()
        found, problem = found_by(job)
        if job is not None:
            self._parts.jobs.release_reads(session, job.id, CHUNKS)
        self._keep(session, run, found, problem=problem, seconds=seconds)

    def _keep(
        self, session: Session, run: CustomMetricRunRow, found: Mapping[str, DayFound], *, problem: str, seconds: float
    ) -> None:  # fmt: skip
        """Keep the values of a run's days in place of those before, and end it."""
        metric = session.get(CustomMetricRow, (run.model, run.metric, run.number))
        if metric is not None and metric.removed_at is None:
            for day, facts in run.days.items():
                of_day = found.get(day, DayFound(day=day, problem=problem or "The job left no value of this day."))
                session.merge(
                    day_row(metric, run.version, day, facts["stamp"], found=of_day, facts=facts, seconds=seconds)
                )
        let_go(session, holder_of(run.id))
        session.delete(run)
