"""The service of backups: asked for by administrators, made by the clock, watched."""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import select

from unshelf.contracts.configs import ControlConfig
from unshelf.contracts.errors import Conflict
from unshelf.contracts.home import Home
from unshelf.contracts.machine import MachineCheck
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, PeriodicLoop, QueueLoop
from unshelf.foundation.loops.tables import WorkRow
from unshelf.manage.backups.history import BackupHistory, EndedBackup
from unshelf.manage.backups.identity import identity_of
from unshelf.manage.backups.making import Say
from unshelf.manage.backups.order import QUEUE, BackupOrder, BackupOutcome, BackupStep, order_of
from unshelf.manage.backups.store.manifest import Reason

_LOOK_SECONDS = 60.0
_RETRY = timedelta(minutes=15)
_TOO_OLD = 2.0
"""How many times the time between two backups may pass before the last one is too old."""
_ASKED: Reason = "asked"
_SCHEDULED: Reason = "scheduled"

logger = logging.getLogger(__name__)
Maker = Callable[[BackupOrder, Say], BackupOutcome]


@dataclass(frozen=True, kw_only=True)
class BackupState:
    """How the installation is backed up."""

    to: str
    """Where backups go by the clock; empty: nowhere."""
    every_hours: float
    keep: int
    key: str
    is_running: bool
    """Whether one is made now, or waits for its turn."""
    step: str
    """The step that it has come to, where this control makes it; else empty."""
    last_success: EndedBackup | None
    next_at: datetime | None
    """When the next one is due; None: none is."""
    is_too_old: bool
    problem: str
    """Why the last one failed, where none was made since."""
    backups: list[EndedBackup]
    """Backups that ended, the newest first."""


class BackupService:
    """Has backups made in a process of their own, one at a time among all controls."""

    def __init__(
        self, database: Database, events: EventStore, loops: Loops, config: ControlConfig, make: Maker | None = None
    ) -> None:
        """`make` makes one and says what came of it; None: by a process."""
        self.history = BackupHistory(database, events)
        self._database = database
        self._events = events
        self._loops = loops
        self._config = config
        self._make = make or in_process
        self._step = ""

    def loops(self) -> list[PeriodicLoop | QueueLoop]:
        """Return the loop that makes backups, and the one that looks whether one is due."""
        found: list[PeriodicLoop | QueueLoop] = [QueueLoop(name=QUEUE, act=self.make)]
        if self._config.backup.to:
            found.append(PeriodicLoop(name="backups-due", act=self.look, every=_LOOK_SECONDS))
        return found

    def start(self, actor: Actor) -> BackupState:
        """Have a backup made now, to the place of scheduled ones. Raises Conflict where there is none."""
        if not self._config.backup.to:
            raise Conflict(
                "This installation has no place for backups.",
                hint="Set UNSHELF_BACKUP_TO, or run `unshelf backup DIR` on the server's machine.",
            )
        with self._database.transaction() as session:
            self._loops.add_work(session, QUEUE, _ASKED)
            self._events.record(
                session, actor, "backup.asked", Subject(kind="backup", name=self._config.backup.to[:200])
            )
        self._loops.wake(QUEUE)
        return self.state()

    def state(self) -> BackupState:
        """Return how the installation is backed up."""
        backup, since = self._config.backup, self._since()
        ended = self.history.ended(since=since)
        last = next((each for each in ended if each.state == "done"), None) or self.history.last_success(
            backup.to, since
        )
        with self._database.read() as session:
            running = session.scalar(select(WorkRow.key).where(WorkRow.loop == QUEUE).limit(1)) is not None
        return BackupState(
            to=backup.to, every_hours=backup.every, keep=backup.keep, key=backup.key, is_running=running, step=self._step,
            last_success=last, next_at=self._next_at() if backup.to else None,
            is_too_old=self._is_too_old(last, failed=bool(ended) and ended[0].state == "failed"),
            problem=ended[0].problem if ended and ended[0].state == "failed" else "", backups=ended,
        )  # fmt: skip

    def checks(self) -> list[MachineCheck]:
        """Say it in a line, as `unshelf doctor` and the page of the machine show it."""
        state = self.state()
        last = state.last_success
        when = "never" if last is None else f"{last.begun_at:%Y-%m-%d %H:%M} UTC, to {last.place}"
        hint = state.problem or "Is the place there, and has it room? `unshelf backup` makes one now."
        if state.is_too_old:
            detail = "none was made yet" if last is None else f"the last one is too old: {when}"
            return [MachineCheck(name="backup", state="fail", detail=detail, hint=hint)]
        if state.problem:
            detail = f"the newest one failed; the last one: {when}"
            return [MachineCheck(name="backup", state="warn", detail=detail, hint=hint)]
        if not state.to and last is None:
            hint = "Set UNSHELF_BACKUP_TO, or run `unshelf backup DIR` by the clock."
            return [MachineCheck(name="backup", state="warn", detail="none was ever made", hint=hint)]
        return [MachineCheck(name="backup", state="ok", detail=f"the last one: {when}")]

    def look(self) -> None:
        """Put a backup on the queue if one is due."""
        if self._next_at() <= now():
            with self._database.transaction() as session:
                self._loops.add_work(session, QUEUE, _SCHEDULED)
            self._loops.wake(QUEUE)

    def make(self, claim: Claim) -> None:
        """Make a backup and note what came of it; nothing where there is no place any more, as in a copy of another installation."""
        if not self._config.backup.to:
            logger.info("a backup that waited has no place any more, and is not made")
            with self._database.transaction() as session:
                claim.finish(session)
            return
        backup, begun = self._config.backup, self.history.begin()
        reason: Reason = _ASKED if claim.key == _ASKED else _SCHEDULED
        order = order_of(
            self._config, to=backup.to, reason=reason, key=backup.key, passphrase=backup.passphrase, keep=backup.keep
        )
        try:
            outcome = self._make(order, self._say)
        finally:
            self._say("")
        if outcome.manifest is not None:
            self.history.made(begun, outcome.manifest, backup.to)
        else:
            self.history.failed(begun, reason, backup.to, outcome.problem)
            logger.error("a backup failed", extra={"reason": outcome.problem[:500]})
        with self._database.transaction() as session:
            claim.finish(session)

    def _say(self, step: str) -> None:
        self._step = step

    def _next_at(self) -> datetime:
        since = self._since()
        last = self.history.last_success(self._config.backup.to, since)
        due = now() if last is None else last.begun_at + timedelta(hours=self._config.backup.every)
        ended = self.history.ended(limit=1, since=since)
        return max(due, ended[0].ended_at + _RETRY) if ended and ended[0].state == "failed" else due

    def _since(self) -> datetime | None:
        """Return when this copy of another installation was restored: what was noted before is of the original."""
        identity = identity_of(Home(Path(self._config.home)))
        return None if identity is None else identity.copied_at

    def _is_too_old(self, last: EndedBackup | None, *, failed: bool) -> bool:
        if not self._config.backup.to:
            return False
        if last is None:
            return failed
        return now() - last.begun_at > timedelta(hours=self._config.backup.every * _TOO_OLD)


def in_process(order: BackupOrder, say: Say = lambda _: None) -> BackupOutcome:
    """Have a process carry the order out, and say its steps. The passphrase goes by standard input, where no list of processes shows it."""
    command = [sys.executable, "-P", "-m", "unshelf.manage.backups.backup_process"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 -- they are pipes
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        process.stdin.flush()  # and it stays open: where this process dies, that one ends
        outcome = _outcome(process.stdout, say)
    problem = f"The process that makes backups ended with status {process.returncode}."
    return BackupOutcome(problem=problem) if outcome is None else outcome


def _outcome(lines: Iterable[bytes], say: Say) -> BackupOutcome | None:
    """Read what the process says up to the outcome; None: it said none."""
    for line in lines:
        try:
            said = msgspec.json.decode(line, type=BackupStep | BackupOutcome)
        except msgspec.DecodeError:
            return None
        if isinstance(said, BackupOutcome):
            return said
        say(said.says)
    return None
