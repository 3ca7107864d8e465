"""Taking use in: each batch of the host's meter once, with its price; and what lies on the disk."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.metering.usage import MeteredUse, TakenUsage
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostLink, HostRequestFailed
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.tables import UsageHourRow, UsageSourceRow, UsageUnsharedRow
from unshelf.manage.usage.usage import HOUR, PriceList, UsageAmounts

logger = logging.getLogger(__name__)

DISK = "disk"
_DISK_SECONDS = 3600
_MOST_DISK_SECONDS = 2 * 3600
"""The longest pause over which files are taken to have lain there."""
_GIB = 1 << 30
PersonsOf = Callable[[Session, list[str]], Mapping[str, str]]
"""Finds whose things are: name → label of a person."""


@dataclass(frozen=True, kw_only=True)
class DiskUse:
    """Bytes that lie somewhere."""

    name: str
    """Which files: `files of the project`, `records`, `environments`."""
    project: str = ""
    model: str = ""
    size: int


DiskSource = Callable[[Session], Iterable[DiskUse]]


class UsageIntake:
    """Adds up what was used. A batch and its number are stored in one transaction, so none counts twice, whichever control takes it."""

    def __init__(self, database: Database, host: HostLink, prices: PriceService) -> None:
        self._database = database
        self._host = host
        self._prices = prices
        self._persons: dict[str, PersonsOf] = {}
        self._disk: list[DiskSource] = []
        self._lock = threading.Lock()

    def register(self, kind: str, persons: PersonsOf) -> None:
        """Have the persons found that jobs (`job`, by id) or versions (`worker`, by reference) belong to."""
        self._persons[kind] = persons

    def add_disk(self, source: DiskSource) -> None:
        """Have these files counted too."""
        self._disk.append(source)

    def collect(self) -> bool:
        """Take in what was used up to now; whether there was something of versions. Without a host nothing is lost: it comes later."""
        with self._lock:
            batch = self._take()
            return batch is not None and self._add(batch)

    def measure_disk(self) -> None:
        """Count what lies on the disk, once an hour."""
        moment = int(time.time())
        with self._database.read() as session:
            row = session.get(UsageSourceRow, DISK)
            since = None if row is None else row.number
            if since is not None and moment - since < _DISK_SECONDS:
                return
            found = [use for source in self._disk for use in source(session)]
        with self._database.transaction() as session:
            row = session.get(UsageSourceRow, DISK)
            if row is None:
                session.add(UsageSourceRow(source=DISK, number=moment, taken_at=now()))
                return  # nobody knows since when it lies there
            if since is None or row.number != since:
                return  # another control did it
            row.number, row.taken_at = moment, now()
            hours = min(moment - since, _MOST_DISK_SECONDS) / HOUR
            prices = self._prices.prices(session)
            for use in found:
                amounts = UsageAmounts(disk_gib_hours=use.size / _GIB * hours)
                key = UsageKey(hour=moment // HOUR, kind=DISK, name=use.name, project=use.project, model=use.model)
                add_use(session, key, amounts, prices)

    def _take(self) -> TakenUsage | None:
        with self._database.read() as session:
            newest = select(UsageSourceRow).where(UsageSourceRow.source != DISK)
            row = session.scalar(newest.order_by(UsageSourceRow.taken_at.desc(), UsageSourceRow.source).limit(1))
            source, number = ("", 0) if row is None else (row.source, row.number)
        try:
            return self._host.take_usage(source, number)
        except (Unavailable, HostRequestFailed) as error:
            logger.info("use can't be taken in now", extra={"reason": str(error)})
            return None

    def _add(self, batch: TakenUsage) -> bool:
        with self._database.transaction() as session:
            row = session.get(UsageSourceRow, batch.source)
            if row is None:
                row = UsageSourceRow(source=batch.source, number=0, taken_at=now())
                session.add(row)
            if batch.number <= row.number:
                return False
            row.number, row.taken_at = batch.number, now()
            prices, persons = self._prices.prices(session), self._owners(session, batch.lines)
            hours = set()
            for line in batch.lines:
                used = line.amounts
                amounts = UsageAmounts(
                    cpu_seconds=used.cpu_seconds, memory_gib_seconds=used.memory_gib_seconds,
                    held_seconds=used.held_seconds, gpu_seconds=used.gpu_seconds,
                )  # fmt: skip
                add_use(session, _key_of(line, persons), amounts, prices)
                if line.consumer.kind == "worker":
                    hours.add(line.hour)
            for hour in hours:
                if session.get(UsageUnsharedRow, hour) is None:
                    session.add(UsageUnsharedRow(hour=hour))
            return bool(hours)

    def _owners(self, session: Session, lines: Iterable[MeteredUse]) -> dict[tuple[str, str], str]:
        named: dict[str, set[str]] = {}
        for line in lines:
            named.setdefault(line.consumer.kind, set()).add(_name_of(line))
        return {
            (kind, name): person
            for kind, names in named.items()
            if kind in self._persons
            for name, person in self._persons[kind](session, sorted(names)).items()
        }


@dataclass(frozen=True, kw_only=True)
class UsageKey:
    """The fields that use is added up by."""

    hour: int
    kind: str
    name: str = ""
    project: str = ""
    model: str = ""
    version: int = 0
    job: str = ""
    tier: str = ""
    person: str = ""

    @property
    def id(self) -> str:
        """The digest that names the row."""
        parts = (
            self.hour, self.kind, self.name, self.project, self.model, self.version, self.job, self.tier, self.person
        )  # fmt: skip
        return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def add_use(session: Session, key: UsageKey, amounts: UsageAmounts, prices: PriceList) -> None:
    """Add amounts to an hour, at these prices."""
    row = session.get(UsageHourRow, key.id)
    if row is None:
        row = UsageHourRow(
            id=key.id, hour=key.hour, kind=key.kind, name=key.name, project=key.project, model=key.model,
            version=key.version, job=key.job, tier=key.tier, person=key.person, cpu_seconds=0.0, memory_gib_seconds=0.0,
            held_seconds=0.0, gpu_seconds=0.0, disk_gib_hours=0.0, cost=0.0,
        )  # fmt: skip
        session.add(row)
    row.cpu_seconds += amounts.cpu_seconds
    row.memory_gib_seconds += amounts.memory_gib_seconds
    row.held_seconds += amounts.held_seconds
    row.gpu_seconds += amounts.gpu_seconds
    row.disk_gib_hours += amounts.disk_gib_hours
    row.cost += prices.cost(amounts, key.tier)


def _name_of(line: MeteredUse) -> str:
    consumer = line.consumer
    return consumer.job or f"{consumer.model}:{consumer.version}"


def _key_of(line: MeteredUse, persons: Mapping[tuple[str, str], str]) -> UsageKey:
    consumer = line.consumer
    person = persons.get((consumer.kind, _name_of(line)), "") or consumer.actor
    return UsageKey(
        hour=line.hour, kind=consumer.kind, name=consumer.name[:128], project=consumer.project[:64],
        model=consumer.model[:200], version=consumer.version, job=consumer.job, tier=consumer.tier, person=person[:200],
    )  # fmt: skip
