"""Taking use in: each batch once, at the prices of that moment."""

import pytest
from sqlalchemy import select, update

from tests.support.actors import actor
from tests.unit.manage.usage.conftest import HOUR, Metered, used
from unshelf.contracts.errors import Unavailable
from unshelf.foundation.database.engine import Database
from unshelf.manage.usage.intake import DiskUse, UsageIntake
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.tables import UsageHourRow, UsageSourceRow, UsageUnsharedRow

GIB = 1 << 30


def rows(database: Database) -> list[UsageHourRow]:
    with database.read() as session:
        return list(session.scalars(select(UsageHourRow).order_by(UsageHourRow.kind, UsageHourRow.name)))


def test_a_batch_counts_once_however_often_it_is_given(database: Database, intake: UsageIntake, host: Metered) -> None:
    host.give(
        used(2.0, 60.0, kind="worker", project="flowers", model="iris", version=1, tier="small"),
        used(5.0, 9.0, kind="job", project="risk", job="j1", tier="large"),
        used(1.0, kind="platform", name="gateway"),
    )
    assert intake.collect()
    assert not intake.collect(), "the same batch, given again since the answer was lost"
    job, gateway, worker = rows(database)
    assert (job.person, job.cpu_seconds, job.tier) == ("ben (01hz)", 5.0, "large")
    assert (gateway.name, gateway.cpu_seconds, gateway.person) == ("gateway", 1.0, "")
    assert (worker.person, worker.held_seconds, worker.hour) == ("ana", 60.0, HOUR)
    host.give(used(3.0, kind="job", project="risk", job="j1", tier="large"))
    intake.collect()
    assert host.asked[-1] == ("meter-1", 1), "the batch that was taken in is named"
    assert rows(database)[0].cpu_seconds == 8.0
    with database.read() as session:
        assert list(session.scalars(select(UsageUnsharedRow.hour))) == [HOUR]


def test_a_meter_that_began_anew_is_another_source(database: Database, intake: UsageIntake, host: Metered) -> None:
    for number in range(3):
        host.give(used(1.0 + number, kind="platform", name="host"))
        intake.collect()
    host.source, host.number = "meter-2", 0
    host.give(used(10.0, kind="platform", name="host"))
    intake.collect()
    assert rows(database)[0].cpu_seconds == 16.0


def test_a_host_that_is_away_loses_nothing(
    database: Database, intake: UsageIntake, host: Metered, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.give(used(1.0, kind="platform", name="host"))

    def away(source: str, taken: int) -> None:
        raise Unavailable("The host does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(host, "take_usage", away)
        assert not intake.collect()
    intake.collect()
    assert rows(database)[0].cpu_seconds == 1.0


def test_what_was_used_keeps_the_price_that_it_had(
    database: Database, intake: UsageIntake, host: Metered, prices: PriceService
) -> None:
    prices.before_change = intake.collect
    prices.set(actor("admin"), {"cpu_hour": 3600.0})
    host.give(used(1.0, kind="job", project="risk", job="j1", tier="small"))
    prices.set(actor("admin"), {"cpu_hour": 7200.0})
    host.give(used(1.0, kind="job", project="risk", job="j1", tier="small"))
    intake.collect()
    assert rows(database)[0].cost == pytest.approx(1.0 + 2.0)


def test_the_disk_is_counted_by_the_hours_that_passed(
    database: Database, intake: UsageIntake, prices: PriceService
) -> None:
    prices.set(actor("admin"), {"disk_gib_month": 730.0})
    intake.add_disk(lambda _session: [DiskUse(name="files of projects", project="risk", size=2 * GIB)])
    intake.measure_disk()
    assert not rows(database), "nobody knows since when it lies there"
    with database.transaction() as session:
        session.execute(update(UsageSourceRow).values(number=UsageSourceRow.number - 3600))
    intake.measure_disk()
    intake.measure_disk()
    (disk,) = rows(database)
    assert (disk.project, disk.disk_gib_hours) == ("risk", pytest.approx(2.0, rel=0.01))
    assert disk.cost == pytest.approx(2.0, rel=0.01)
