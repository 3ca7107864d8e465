"""Use over a real database; the host's meter and the records say what a test says."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from tests.support.deploying import add_default_project
from unshelf.contracts.metering.usage import Amounts, Consumer, MeteredUse, TakenUsage
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.projects.tables import ProjectRow
from unshelf.manage.usage.intake import UsageIntake
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.service import UsageService
from unshelf.manage.usage.sharing import Called, UsageSharing

HOUR = int(datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()) // 3600
"""An hour of November 2026."""


def used(
    cpu: float = 0.0, held: float = 0.0, *, memory: float = 0.0, hour: int = HOUR, **consumer: object
) -> MeteredUse:
    """What the meter says of one consumer."""
    return MeteredUse(
        hour=hour, consumer=Consumer(**consumer),  # type: ignore[arg-type]
        amounts=Amounts(cpu_seconds=cpu, held_seconds=held, memory_gib_seconds=memory),
    )  # fmt: skip


@dataclass
class Metered:
    """A host that answers with batches, each until it is taken in."""

    source: str = "meter-1"
    number: int = 0
    lines: list[MeteredUse] = field(default_factory=list)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def take_usage(self, source: str, taken: int) -> TakenUsage:
        self.asked.append((source, taken))
        return TakenUsage(id=1, source=self.source, number=self.number, lines=self.lines)

    def give(self, *lines: MeteredUse) -> None:
        """Have the next batch."""
        self.number, self.lines = self.number + 1, list(lines)


@dataclass
class Recorded:
    """Records of predictions."""

    called: list[Called] = field(default_factory=list)

    def __call__(self, first: int, end: int) -> list[Called]:
        return [each for each in self.called if first <= each.hour < end]


@pytest.fixture
def host() -> Metered:
    return Metered()


@pytest.fixture
def records() -> Recorded:
    return Recorded()


@pytest.fixture
def prices(database: Database) -> PriceService:
    return PriceService(database, EventStore(database), "EUR")


@pytest.fixture
def intake(database: Database, host: Metered, prices: PriceService) -> UsageIntake:
    add_default_project(database)
    with database.transaction() as session:
        for name in ("flowers", "risk"):
            session.add(
                ProjectRow(
                    name=name, title=name, description="", priority="normal", created_at=datetime.now(UTC), created_by="ana"
                )
            )  # fmt: skip
    made = UsageIntake(database, host, prices)  # type: ignore[arg-type]
    made.register("job", lambda _session, jobs: dict.fromkeys(jobs, "ben (01hz)"))
    made.register("worker", lambda _session, versions: dict.fromkeys(versions, "ana"))
    return made


@pytest.fixture
def sharing(database: Database, records: Recorded) -> UsageSharing:
    return UsageSharing(database, records, lambda key: {"k1": "website", "k2": "batch-jobs"}.get(key, ""))


@pytest.fixture
def usage(database: Database, intake: UsageIntake, sharing: UsageSharing, prices: PriceService) -> UsageService:
    return UsageService(database, intake, sharing, prices)
