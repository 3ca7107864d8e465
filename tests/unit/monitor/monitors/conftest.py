"""Monitors over a real database, with windows of records that a test makes, and a clock that it sets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.support.monitored import asked, store_hour
from unshelf.contracts.monitoring.columns import ModelFacts
from unshelf.contracts.monitoring.monitors import DeclaredMonitor
from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.deploy.registry.tables import ModelRow
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.monitors import alerting, runs, service, watching
from unshelf.monitor.monitors.alerting import MonitorAlerts
from unshelf.monitor.monitors.comparison import ColumnComparisons
from unshelf.monitor.monitors.judging.evaluation import WindowEvaluation
from unshelf.monitor.monitors.results import ResultStore
from unshelf.monitor.monitors.runs import MonitorRuns
from unshelf.monitor.monitors.service import MonitorService
from unshelf.monitor.monitors.watching import MonitorWatch
from unshelf.monitor.monitors.window_index import WindowIndex
from unshelf.monitor.windows.service import WindowService
from unshelf.records.profiles.building import baseline_of
from unshelf.records.profiles.storing import pack

MODEL = "credit"
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
HOUR = timedelta(hours=1)


@dataclass
class Stage:
    """A platform's monitoring, as far as a test needs it."""

    database: Database
    windows: WindowService
    monitors: MonitorService
    watch: MonitorWatch
    runs: MonitorRuns
    comparisons: ColumnComparisons
    results: ResultStore
    alerts: AlertService
    subjects: Subjects
    clock: "Clock"
    baselines: dict[tuple[str, int], bytes]
    live: dict[str, list[int]] = field(default_factory=lambda: {MODEL: [1]})
    declared: dict[str, list[DeclaredMonitor]] = field(default_factory=dict)
    facts: dict[str, ModelFacts] = field(default_factory=dict)
    slices: dict[str, list[str]] = field(default_factory=dict)

    @property
    def reference(self) -> TableProfile:
        """The profile that windows of version 1 are binned by."""
        known = self.windows.reference_of(MODEL, 1)
        assert known is not None
        return known.profile

    def count(
        self, start: datetime, rows: Any, *, version: int = 1, errors: Mapping[str, int] | None = None, ms: float = 20.0,
        model: str = MODEL,
    ) -> None:  # fmt: skip
        """Have the records of an hour counted, beside those that it has."""
        store_hour(
            self.database,
            model,
            version,
            start,
            rows,
            reference=self.reference,
            counted_at=self.clock.moment,
            errors=errors,
            ms=ms,
        )

    def shown(self, kind: str) -> list[Any]:
        """The findings of open alerts of a kind."""
        return [alert.finding for alert in self.alerts.open_of(kind)]


class Clock:
    """A clock that stands still until a test sets it."""

    def __init__(self) -> None:
        self.moment = BEGIN

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (alerting, runs, service, watching):
        monkeypatch.setattr(module, "now", clock)
    return clock


@pytest.fixture(scope="module")
def baseline() -> bytes:
    rows = asked(5000, 0).select(["in:age", "in:region"]).rename_columns(["age", "region"])
    return pack(baseline_of(rows.to_batches, {"age": "number", "region": "category"}))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


@pytest.fixture
def stage(database: Database, clock: Clock, baseline: bytes) -> Stage:
    events, subjects, baselines = EventStore(database), Subjects(), {(MODEL, 1): baseline}
    alerts = AlertService(database, events, subjects)
    intake: Any = SimpleNamespace(predictions=None, run_folder=None)  # what is not counted yet is not looked for
    windows = WindowService(
        database, intake, baseline_of=lambda model, version: baselines.get((model, version)), made_at=lambda *_: BEGIN
    )
    index, results = WindowIndex(database), ResultStore(database)
    live = {MODEL: [1]}
    declared: dict[str, list[DeclaredMonitor]] = {}
    facts: dict[str, ModelFacts] = {}
    slices: dict[str, list[str]] = {}

    def live_of(_session: Session, model: str) -> list[int]:
        return live.get(model, [])

    monitors = MonitorService(
        database,
        events,
        subjects,
        results=results,
        support_of=lambda _session, _model: "standard",
        live=live_of,
        declared_of=lambda _session, model: declared.get(model, []),
        facts_of=lambda model, _versions: facts.get(model, ModelFacts()),
        slices_of=lambda model: slices.get(model, []),
    )
    settling = MonitorAlerts(
        database, alerts, results, monitors_of=monitors.of_model, live=live_of, maker=lambda _model: "ana"
    )

    def evaluation(_with_uncounted: bool = False) -> WindowEvaluation:
        return WindowEvaluation(database, windows, index)

    with database.transaction() as session:
        session.add(ModelRow(name=MODEL, last_version=1, paused=False, created_at=BEGIN))
        place_model(session, MODEL, "default")
    return Stage(
        database=database, windows=windows, monitors=monitors, results=results, alerts=alerts, subjects=subjects, clock=clock,
        baselines=baselines, live=live, declared=declared, facts=facts, slices=slices,
        comparisons=ColumnComparisons(database, monitors, evaluation()),
        watch=MonitorWatch(database, monitors, evaluation(), index=index, results=results, alerts=settling),
        runs=MonitorRuns(database, monitors, evaluation=evaluation, index=index, results=results, alerts=settling),
    )  # fmt: skip
