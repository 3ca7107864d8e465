"""Dividing what versions used among their callers."""

import pytest
from sqlalchemy import select

from tests.unit.manage.usage.conftest import HOUR, Metered, Recorded, used
from unshelf.foundation.database.engine import Database
from unshelf.manage.usage.intake import UsageIntake
from unshelf.manage.usage.sharing import Called, UsageSharing, called_from, calls_query
from unshelf.manage.usage.tables import UsagePredictionRow


def called(
    seconds: float, predictions: int = 1, *, caller: str = "k1", purpose: str = "live", hour: int = HOUR
) -> Called:
    return Called(
        hour=hour, model="iris", version=1, purpose=purpose, caller=caller, predictions=predictions, seconds=seconds
    )


def shares(database: Database) -> dict[tuple[str, str], UsagePredictionRow]:
    with database.read() as session:
        return {(row.purpose, row.caller): row for row in session.scalars(select(UsagePredictionRow))}


def worker(cpu: float, held: float) -> object:
    return used(cpu, held, memory=held, kind="worker", project="flowers", model="iris", version=1, tier="small")


def test_callers_share_by_the_time_that_their_predictions_took(
    database: Database, intake: UsageIntake, sharing: UsageSharing, host: Metered, records: Recorded
) -> None:
    host.give(worker(10.0, 100.0))  # type: ignore[arg-type]
    intake.collect()
    records.called = [called(6.0, 60), called(2.0, 5, caller="k2"), called(2.0, caller="", purpose="shadow")]
    assert sharing.share() == 1
    found = shares(database)
    website = found["live", "k1"]
    assert (website.name, website.predictions, website.project, website.tier) == ("website", 60, "flowers", "small")
    assert website.cpu_seconds == pytest.approx(6.0), "all CPU time is that of predictions"
    assert website.held_seconds == pytest.approx(6.0), "of the time held, that in which it predicted"
    assert found["shadow", ""].cpu_seconds == pytest.approx(2.0)


def test_predictions_in_batches_never_count_more_than_was_held(
    database: Database, intake: UsageIntake, sharing: UsageSharing, host: Metered, records: Recorded
) -> None:
    host.give(worker(10.0, 10.0))  # type: ignore[arg-type]
    intake.collect()
    records.called = [called(30.0), called(10.0, caller="k2")]
    sharing.share()
    found = shares(database)
    assert sum(row.held_seconds for row in found.values()) == pytest.approx(10.0)
    assert found["live", "k1"].held_seconds == pytest.approx(7.5)


def test_dividing_again_replaces_and_what_nobody_used_is_nobodys(
    database: Database, intake: UsageIntake, sharing: UsageSharing, host: Metered, records: Recorded
) -> None:
    host.give(worker(1.0, 10.0))  # type: ignore[arg-type]
    intake.collect()
    records.called = [called(1.0)]
    sharing.share()
    host.give(worker(1.0, 10.0))  # type: ignore[arg-type]
    intake.collect()
    records.called = [called(4.0, 2), called(1.0, hour=HOUR - 1)]
    sharing.share()
    (row,) = shares(database).values()
    assert (row.predictions, row.cpu_seconds, row.held_seconds) == (2, pytest.approx(2.0), pytest.approx(4.0))


def test_the_query_names_whole_hours_in_utc() -> None:
    text = calls_query(HOUR, HOUR + 1)
    assert "timestamp '2026-11-30 12:00:00'" in text
    assert "timestamp '2026-11-30 13:00:00'" in text
    rows = [[HOUR, "iris", 1, None, None, 3, 0.5], [HOUR, "iris", 1, "batch", "k2", 1, 2]]
    assert [each.purpose for each in called_from(rows)] == ["live", "batch"]
