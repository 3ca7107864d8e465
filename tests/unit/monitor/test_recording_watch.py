"""Recording is watched: what gateways count and what segments hold becomes alerts and metrics, and is over when it is over."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.actors import actor
from unshelf.contracts import counter_ids as c
from unshelf.contracts.protocols.records import Compacted
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.alerts.stored import AlertFilter
from unshelf.monitor.backup_alerts import BACKUP_TOO_OLD
from unshelf.monitor.budget_alerts import BUDGET_REACHED
from unshelf.monitor.egress_alerts import EGRESS_REFUSED
from unshelf.monitor.loop_alerts import LOOP_FAILING
from unshelf.monitor.machine_alerts import ALERTED
from unshelf.monitor.monitors.alerting import ESTIMATED_LOW
from unshelf.monitor.monitors.alerting import KINDS as OF_MONITORS
from unshelf.monitor.performance.watching import PERFORMANCE_FELL
from unshelf.monitor.provider_alerts import PROVIDER_UNUSABLE
from unshelf.monitor.recording_watch import KINDS, RecordingWatch
from unshelf.runtime.mapped_counters import MappedCounters, read_cells

ADMIN = actor()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "predictions").mkdir()
    return tmp_path


@pytest.fixture
def alerts(home: Path) -> Iterator[AlertService]:
    database = SqliteDatabase(f"sqlite:///{home}/unshelf.db")
    Base.metadata.create_all(database.engine)
    yield AlertService(database, EventStore(database), Subjects())
    database.dispose()


def watching(home: Path, alerts: AlertService, **options: Any) -> RecordingWatch:
    """One that looks when the test says so."""
    made = RecordingWatch(
        alerts, metrics=home / "metrics", predictions=home / "predictions", maker={"iris": "ada (k1)"}.get,
        **{"quiet": 0.0, **options},
    )  # fmt: skip
    made.start()
    return made


def gateway(home: Path, index: int = 0) -> MappedCounters:
    return MappedCounters(home / "metrics" / f"gateway-{index}.cells")


def open_ones(alerts: AlertService) -> dict[tuple[str, str | None], Alert]:
    """Alerts by kind and model."""
    return {alert.key[:2]: alert for alert in alerts.list_for(ADMIN, limit=100).items}


def test_what_could_not_be_recorded_is_an_alert_for_the_operator_and_for_the_models_owner(
    home: Path, alerts: AlertService
) -> None:
    watch = watching(home, alerts)
    for index in range(2):
        file = gateway(home, index)
        file.block((c.TOTALS,), c.TOTALS_CELLS)[c.LOST] += 3
        file.block((c.TOTALS,), c.TOTALS_CELLS)[c.NOT_RECORDING] = 1
        file.block((c.LOST_OF, "iris", 1), 1)[0] += 2
        file.block((c.LOST_OF, "", 0), 1)[0] += 1

    watch.look()

    found = open_ones(alerts)
    assert set(found) == {("recording_failing", None), ("predictions_lost", "iris")}
    overall, of_iris = found["recording_failing", None].finding, found["predictions_lost", "iris"].finding
    assert (overall.evidence["gateways_failing"], overall.evidence["lost_since_start"]) == (2, 6)
    assert (overall.owner, of_iris.owner) == ("operator", "ada (k1)")
    assert of_iris.evidence == {"lost_since_start": 4}
    cells = dict(read_cells(home / "metrics" / c.CONTROL_CELLS))[(c.RECORDS,)]
    assert (cells[c.OPEN_WARNINGS], cells[c.OPEN_CRITICAL]) == (0, 2)


def test_it_is_over_when_all_can_record_and_nothing_more_is_lost(home: Path, alerts: AlertService) -> None:
    watch, totals = watching(home, alerts), gateway(home).block((c.TOTALS,), c.TOTALS_CELLS)
    totals[c.NOT_RECORDING] = 1
    watch.look()
    watch.look()
    assert set(open_ones(alerts)) == {("recording_failing", None)}

    totals[c.NOT_RECORDING] = 0
    watch.look()
    assert open_ones(alerts) == {}

    totals[c.LOST] += 1  # between two looks
    watch.look()
    assert set(open_ones(alerts)) == {("recording_failing", None)}


def test_it_is_not_over_in_the_first_quiet_moment(home: Path, alerts: AlertService) -> None:
    watch, totals = watching(home, alerts, quiet=3600.0), gateway(home).block((c.TOTALS,), c.TOTALS_CELLS)
    totals[c.LOST] += 1
    watch.look()
    watch.look()
    assert set(open_ones(alerts)) == {("recording_failing", None)}


def test_what_was_lost_while_control_was_down_is_reported_once(home: Path, alerts: AlertService) -> None:
    watching(home, alerts)
    gateway(home).block((c.TOTALS,), c.TOTALS_CELLS)[c.LOST] += 1
    again = watching(home, alerts)
    again.look()
    told = alerts.list_for(ADMIN, AlertFilter(state="all"), limit=100).items
    assert [alert.finding.kind for alert in told] == ["recording_failing"]

    again.look()
    watching(home, alerts).look()
    assert len(alerts.list_for(ADMIN, AlertFilter(state="all"), limit=100).items) == 1


def compacted(name: str, **fields: Any) -> Compacted:
    return Compacted(**{"segment": name, "records": 1, "files": 1, "torn_bytes": 0, "kept_aside": False, **fields})


def test_a_torn_end_is_reported_for_a_while(home: Path, alerts: AlertService) -> None:
    watch = watching(home, alerts)
    watch.compacted(compacted("0.seg"))
    assert open_ones(alerts) == {}
    watch.compacted(compacted("1.seg", torn_bytes=7))
    watch.compacted(compacted("2.seg", torn_bytes=5))
    watch.look()
    evidence = open_ones(alerts)["segment_torn", None].finding.evidence
    assert evidence == {"segments_since_start": 2, "bytes_left_out": 12, "last_segment": "2.seg"}
    watching(home, alerts, torn_for=timedelta(0)).look()
    assert open_ones(alerts) == {}


def test_a_damaged_segment_is_reported_until_it_is_gone(home: Path, alerts: AlertService) -> None:
    watch = watching(home, alerts)
    damaged = home / "predictions" / "1.seg.damaged"
    damaged.write_bytes(b"x")
    watch.compacted(compacted("1.seg", torn_bytes=9, kept_aside=True))
    assert open_ones(alerts)["segment_damaged", None].finding.evidence["files"] == ["1.seg.damaged"]
    cells = dict(read_cells(home / "metrics" / c.CONTROL_CELLS))[(c.RECORDS,)]
    assert (cells[c.SEGMENTS_TORN], cells[c.SEGMENTS_DAMAGED], cells[c.BYTES_LEFT_OUT]) == (0, 1, 9)

    damaged.unlink()
    watch.look()
    assert open_ones(alerts) == {}


def test_every_kind_of_alert_is_explained() -> None:
    page = Path(__file__).parents[3] / "docs" / "concepts" / "alerts.md"
    cells = re.findall(r"^\| (`[^|]+`) \|", page.read_text().partition("\n## Kinds\n")[2], re.MULTILINE)
    kinds = tuple(kind for cell in cells for kind in re.findall(r"`(\w+)`", cell))
    assert kinds[:9] == (*KINDS, PROVIDER_UNUSABLE, BACKUP_TOO_OLD, LOOP_FAILING, BUDGET_REACHED)
    assert sorted(kinds[9:]) == sorted(
        [
            *(f"machine_{name}" for name in ALERTED),
            EGRESS_REFUSED,
            *OF_MONITORS.values(),
            ESTIMATED_LOW,
            PERFORMANCE_FELL,
        ]
    )
