"""Intake of labels into quality: finds the days of predictions whose labels or records changed, has a process join them, and stores sums.

A day is joined anew as a whole, from its records and the labels that count then: late, duplicate and contradicting labels lead to the same
sums in whatever order they came."""

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.protocols.data import DataLimits
from unshelf.develop.datasets.processes import DataProcesses, Program
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, Postponed, QueueLoop
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.labels_file import write_labels
from unshelf.monitor.performance.messages import DayJoined, DaysJoined, JoinAnswer, JoinDayOrder, JoinOrder, JoinRoles
from unshelf.monitor.performance.tables import QualityDayRow, QualityWindowRow
from unshelf.monitor.windows.intake import VersionDay
from unshelf.monitor.windows.tables import CountedDayRow
from unshelf.monitor.windows.window import HOUR_SECONDS
from unshelf.records.labels.label import class_name
from unshelf.records.labels.service import (
    days_around,
    labels_of,
    latest_numbers,
    mark_joined,
    mark_strays,
    models_with_labels,
)

QUALITY = "performance"
"""The loop's name."""
SECONDS = 600.0
_MEMORY_BYTES = 512 << 20
_BATCH_DAYS = 20
_AGAIN_SECONDS = 5.0
_FIRST_RETRY_SECONDS = 60.0
_LONGEST_RETRY_SECONDS = 6 * 3600.0
"""A day that can't be joined is tried again after a minute, and then after twice as long each time, up to this."""
_PROGRAM = "unshelf.monitor.performance.join_process"
_OF_NO_DAY = "labels.arrow"
"""The file with labels by key, and of ids that tell no day: one for all days of an order, which are of one model."""
_FORMAT = 2
"""Raised when sums have more than before, so that all days are joined anew."""
_TASKS = ("classification", "regression", "ranking")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class QualitySources:
    """Where records lie, and what is known of their columns."""

    predictions: Path
    setting: str
    """Where the archive lies, as in the settings."""
    s3_endpoint: str
    run: Path
    roles_of: Callable[[str, int], ColumnRoles]
    """Raises NotFound."""
    edges_of: Callable[[str, int], dict[str, list[float]]] = lambda _model, _version: {}
    """The bins of a version's inputs and prediction that a model of its loss looks at; empty: they are not known yet."""


class _Dirty(NamedTuple):
    """A day to be joined."""

    day: VersionDay
    roles: JoinRoles
    revision: int
    label: int
    """The number of the last label that may be of it."""
    only_after: int


OnQuality = Callable[[Collection[str]], object]
"""Called with the models whose quality changed."""


class QualityIntake:
    """Joins records with labels as either of them arrives."""

    def __init__(self, database: Database, sources: QualitySources, loops: Loops) -> None:
        self._database = database
        self._sources = sources
        self._loops = loops
        self._processes = DataProcesses(sources.run)
        self._on_change: list[OnQuality] = []
        self._ended = threading.Event()

    def on_change(self, act: OnQuality) -> None:
        """Have something done after the quality of models has changed. No transaction is open."""
        self._on_change.append(act)

    def loop(self) -> QueueLoop:
        """Return the loop that joins. All controls together do one piece of work at a time."""
        return QueueLoop(name=QUALITY, act=self.work, of_one_actor=1)

    def start(self) -> None:
        """Have all models with labels looked at."""
        with self._database.read() as session:
            models = models_with_labels(session)
        self._add_models(models)

    def stop(self) -> None:
        """Cut short what is under way. Nothing is lost: what is not stored is joined by the next control."""
        self._ended.set()

    def labelled(self, session: Session, model: str, number: int) -> None:
        """Labels of a model are stored in this transaction: have them joined. Call `wake` after it."""
        self._loops.add_work(session, QUALITY, f"{model} {number}", actor=QUALITY)

    def wake(self) -> None:
        """Have the loop look now."""
        self._loops.wake(QUALITY)

    def counted(self, days: Collection[VersionDay]) -> None:
        """Records of these days became windows: have those of models with labels joined."""
        models = {day.model for day in days}
        with self._database.read() as session:
            labelled = models & set(models_with_labels(session))
        self._add_models(sorted(labelled))

    def changed(self, model: str) -> None:
        """Roles of a model's columns changed: have its days joined anew."""
        self._add_models([model])

    def work(self, claim: Claim) -> None:
        """Join what is new of one model, up to the end of the claim."""
        self._join(claim.key.partition(" ")[0], claim)
        with self._database.transaction() as session:
            claim.finish(session)

    def join_all(self) -> None:
        """Join whatever is new, now; for tests and the command line, where no loop runs."""
        with self._database.read() as session:
            models = models_with_labels(session)
        for model in models:
            self._join(model, None)

    def order(self, scratch: Path, days: list[JoinDayOrder]) -> list[DayJoined]:
        """Have a process join some days. Raises DataProblemError."""
        sources = self._sources
        limits = DataLimits(seconds=SECONDS, memory_bytes=_MEMORY_BYTES, threads=1, rows=0, output_bytes=0)
        order = JoinOrder(
            folder=str(sources.predictions.absolute()), predictions=sources.setting, s3_endpoint=sources.s3_endpoint,
            scratch=str(scratch), limits=limits, days=days,
        )  # fmt: skip
        environment = () if sources.setting == "files" else ("AWS_",)
        program = Program(module=_PROGRAM, environment=environment)
        answer: DaysJoined = self._processes.ask_for(program, order, JoinAnswer, seconds=SECONDS, watch=self._go_on)
        return answer.days

    @property
    def predictions(self) -> Path:
        """The folder of the predictions."""
        return self._sources.predictions

    def _go_on(self) -> None:
        """Raise Postponed once the server stops."""
        if self._ended.is_set():
            raise Postponed("The server stops.", seconds=0.0)

    def _add_models(self, models: Sequence[str]) -> None:
        if not models:
            return
        with self._database.transaction() as session:
            for model in models:
                self._loops.add_work(session, QUALITY, f"{model} {new_id()}", actor=QUALITY)
        self.wake()

    def _join(self, model: str, claim: Claim | None) -> None:
        dirty = self._dirty(model)
        is_again = has_changed = has_failed = False
        for start in range(0, len(dirty), _BATCH_DAYS):
            for each, done in self._joined(dirty[start : start + _BATCH_DAYS]):
                if done.problem:
                    has_failed = True
                    reason = {**each.day._asdict(), "reason": done.problem}
                    logger.error("a day can't be joined with labels", extra=reason)
                elif done.again:
                    is_again = True
                else:
                    self._store(each, done, claim)
                    has_changed = has_changed or done.changed
        if has_changed:
            for act in self._on_change:
                act([model])
        if is_again:
            raise Postponed("Files were merged or moved while they were joined.", seconds=_AGAIN_SECONDS)
        if has_failed and claim is not None:
            wait = min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2.0 ** min(claim.attempts - 1, 20))
            raise Postponed("A day could not be joined with labels; the log says why.", seconds=wait)

    def _dirty(self, model: str) -> list[_Dirty]:
        """Return the days of a model whose records, labels or roles are not those that were joined."""
        with self._database.read() as session:
            last = latest_numbers(session, model)
            counted = session.execute(
                select(CountedDayRow.version, CountedDayRow.day, CountedDayRow.revision)
                .where(CountedDayRow.model == model, CountedDayRow.version > 0)
                .order_by(CountedDayRow.day, CountedDayRow.version)
            ).all()
            known = {
                (row.version, row.day): row
                for row in session.scalars(select(QualityDayRow).where(QualityDayRow.model == model))
            }
        if not last:
            return []
        roles: dict[int, JoinRoles | None] = {}
        found = []
        for version, day, revision in counted:
            if version not in roles:
                roles[version] = self._roles(model, version)
            own = roles[version]
            if own is None:
                continue
            label = max(last.get(each, 0) for each in ("", *days_around(day)))
            before = known.get((version, day))
            is_same = before is not None and before.revision == revision and before.roles == digest_of(own)
            if before is None or not is_same or before.label < label:
                only_after = before.label if before is not None and is_same else 0
                found.append(_Dirty(VersionDay(model, version, day), own, revision, label, only_after))
        return found

    def _roles(self, model: str, version: int) -> JoinRoles | None:
        """Return the columns of a version that a join needs; None: they are not known, or its task is none that is measured."""
        try:
            roles = self._sources.roles_of(model, version)
        except NotFound:  # records outlive their version
            return None
        found = join_roles(roles)
        if found is None or found.task != "regression":
            return found
        return msgspec.structs.replace(found, edges=self._sources.edges_of(model, version))

    def _joined(self, dirty: Sequence[_Dirty]) -> Iterator[tuple[_Dirty, DayJoined]]:
        with self._processes.scratch() as scratch:
            orders = []
            with self._database.read() as session:
                if dirty:
                    write_labels(scratch / _OF_NO_DAY, labels_of(session, dirty[0].day.model, [""]))
                    session.expunge_all()  # labels of many days are not kept in memory
                for number, each in enumerate(dirty):
                    name = f"labels-{number}.arrow"
                    write_labels(scratch / name, labels_of(session, each.day.model, days_around(each.day.day)))
                    session.expunge_all()
                    orders.append(
                        JoinDayOrder(
                            model=each.day.model, version=each.day.version, day=each.day.day, roles=each.roles, labels=[_OF_NO_DAY, name],
                            only_after=each.only_after,
                        )
                    )  # fmt: skip
            yield from zip(dirty, self.order(scratch, orders), strict=True)

    def _store(self, each: _Dirty, done: DayJoined, claim: Claim | None) -> None:
        """Store the sums of a day in place of those before. Raises ClaimLost."""
        day = each.day
        with self._database.transaction() as session:
            if claim is not None:
                claim.require(session)
            if done.changed:
                self._replace(session, day, done)
                mark_joined(session, done.joined)
                mark_strays(session, done.strays)
            session.merge(
                QualityDayRow(
                    model=day.model, version=day.version, day=day.day, revision=each.revision, label=each.label,
                    roles=digest_of(each.roles),
                )
            )  # fmt: skip

    def _replace(self, session: Session, day: VersionDay, done: DayJoined) -> None:
        start = datetime.fromisoformat(day.day).replace(tzinfo=UTC)
        session.execute(
            delete(QualityWindowRow).where(
                QualityWindowRow.model == day.model, QualityWindowRow.version == day.version,
                QualityWindowRow.start >= start, QualityWindowRow.start < start + timedelta(days=1),
            )
        )  # fmt: skip
        moment = now()
        for hour, sums in done.hours.items():
            session.add(
                QualityWindowRow(
                    model=day.model, version=day.version, start=datetime.fromtimestamp(hour * HOUR_SECONDS, UTC), sums=sums,
                    changed_at=moment,
                )
            )  # fmt: skip


def join_roles(roles: ColumnRoles) -> JoinRoles | None:
    """Return the columns that a join needs; None: there is no answer to judge, or the task is none that is measured."""
    if roles.task not in _TASKS:
        return None
    if roles.prediction is None and (roles.task != "classification" or roles.scores is None or not roles.classes):
        return None
    return JoinRoles(
        task=roles.task, prediction=roles.prediction, scores=roles.scores, classes=list(map(class_name, roles.classes)), key=roles.key,
        slices=list(roles.slices), query=roles.query if roles.task == "ranking" else None,
    )  # fmt: skip


def digest_of(roles: JoinRoles) -> str:
    """Return a text that differs where roles do."""
    plain = json.dumps(
        [
            _FORMAT,
            roles.task,
            roles.prediction,
            roles.scores,
            roles.classes,
            roles.key,
            roles.slices,
            roles.query,
            roles.edges,
        ]
    )
    return hashlib.sha256(plain.encode()).hexdigest()
