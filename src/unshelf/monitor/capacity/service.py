"""The view of who uses the machine now, and who waits for it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.host import Replica
from unshelf.deploy.registry.tables import VersionRow
from unshelf.develop.jobs.job import ACTIVE, ENDED
from unshelf.develop.jobs.scheduling.turns import Room, Taking, Waiting, in_turn
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.access.tables import ModelAccessRow
from unshelf.foundation.database.engine import Database
from unshelf.manage.tiers.service import TierService
from unshelf.manage.tiers.tier import TierQueue

MOST_JOBS = 500
_WAITS = {
    "queued": "It waits for a place; what runs jobs does not answer.",
    "preparing": "Its environment is being made.",
    "waiting": "It comes after other jobs, which have not ended.",
}


@dataclass(frozen=True, kw_only=True)
class JobNow:
    """A job that runs or waits."""

    id: str
    name: str
    project: str
    created_by: str
    tier: str
    state: str
    reason: str
    """The reason why it waits; empty: it runs."""
    since: datetime
    turn: int | None
    """The place in the order of turns, from 1; None: it does not wait for a place."""


@dataclass(frozen=True, kw_only=True)
class WarmWorker:
    """A worker that runs."""

    model: str
    version: int
    project: str
    tier: str
    memory_bytes: int
    requests: int
    idle_seconds: float
    reason: str
    """The reason why it is there."""


@dataclass(frozen=True, kw_only=True)
class CapacityNow:
    """Use of the machine at this moment."""

    queues: Mapping[str, TierQueue]
    running: list[JobNow]
    waiting: list[JobNow]
    """Jobs in the order of their submission."""
    warm: list[WarmWorker] | None
    """Workers, those that take the most memory first; None: the host does not answer."""


class CapacityService:
    """Puts together what control and the host know of this moment."""

    def __init__(
        self,
        database: Database,
        tiers: TierService,
        replicas: Callable[[], list[Replica]],
        *,
        room: Callable[[Session], Room | None],
    ) -> None:
        """`room`: what is left for jobs; None: what runs them does not answer."""
        self._room = room
        self._database = database
        self._tiers = tiers
        self._replicas = replicas

    def look(self) -> CapacityNow:
        """Return who uses the machine now, and who waits."""
        try:
            replicas: list[Replica] | None = self._replicas()
        except Unavailable:
            replicas = None
        queues = self._tiers.queues()
        with self._database.read() as session:
            rows = session.scalars(
                select(JobRow).where(JobRow.state.not_in(ENDED)).order_by(JobRow.id).limit(MOST_JOBS)
            ).all()
            warm = None if replicas is None else _warm(session, replicas)
            room = self._room(session)
        taking = [
            Taking(project=row.project, actor=row.created_by, tier=row.tier) for row in rows if row.state in ACTIVE
        ]
        queued = [_waiting(row) for row in rows if row.state == "queued"]
        turns = {job: turn for turn, job in enumerate(in_turn(queued, taking), start=1)}
        running = [_job(row, room, turns) for row in rows if row.state in ACTIVE]
        waiting = [_job(row, room, turns) for row in rows if row.state not in ACTIVE]
        return CapacityNow(queues=queues, running=running, waiting=waiting, warm=warm)


def _waiting(row: JobRow) -> Waiting:
    return Waiting(
        id=row.id, project=row.project, actor=row.created_by, priority=row.priority, tier=row.tier,
        queued_at=row.queued_at or row.created_at,
    )  # fmt: skip


def _job(row: JobRow, room: Room | None, turns: Mapping[str, int]) -> JobNow:
    is_running, turn = row.state in ACTIVE, turns.get(row.id)
    reason = "" if is_running else row.reason or _WAITS.get(row.state, "")
    if row.state == "queued" and room is not None:
        why = "others are before it" if room.has(row.tier) else room.shortage(row.tier)
        reason = f"{row.reason} It waits for a place: {why}.".strip()
    since = row.started_at if is_running else row.queued_at
    return JobNow(
        id=row.id, name=row.name, project=row.project, created_by=row.created_by, tier=row.tier, state=row.state,
        reason=reason, since=since or row.created_at, turn=turn,
    )  # fmt: skip


def _warm(session: Session, replicas: list[Replica]) -> list[WarmWorker]:
    models = {each.model for each in replicas}
    places = select(ModelAccessRow.model, ModelAccessRow.project).where(ModelAccessRow.model.in_(models))
    projects = {model: project for model, project in session.execute(places)}  # noqa: C416 - a row is no pair to the type checker
    versions = select(VersionRow.model, VersionRow.number, VersionRow.min_replicas).where(VersionRow.model.in_(models))
    least = {(model, number): count for model, number, count in session.execute(versions)}
    moment = time.time()
    found = []
    for each in replicas:
        idle, kept = max(0.0, moment - each.last_used_at), least.get((each.model, each.version), 0)
        reason = (
            f"{kept} always run, by its scaling." if kept else "It was called, and stays until it is idle for its time."
        )
        found.append(
            WarmWorker(
                model=each.model, version=each.version, project=projects.get(each.model, ""), tier=each.tier,
                memory_bytes=each.memory_bytes, requests=each.requests, idle_seconds=idle,
                reason="It is ending." if each.state == "stopping" else reason,
            )
        )  # fmt: skip
    return sorted(found, key=lambda worker: (-worker.memory_bytes, worker.model, worker.version))
