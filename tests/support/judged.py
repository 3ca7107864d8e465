"""Records of a model on the whole road to a finding: archived, counted, judged by its monitors, alerted; without a control."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.databases import know_all_tables
from tests.support.labelled import ADMIN, LabelledRecords
from tests.support.routing import publish_routing
from tests.support.windows import BEGIN, HOUR
from unshelf.contracts.routing import ModelRoute, RoutingTable, VersionRoute
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.registry.tables import ModelRow
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.clock import now
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.alert import Finding
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.monitors.alerting import MonitorAlerts
from unshelf.monitor.monitors.judging.evaluation import WindowEvaluation
from unshelf.monitor.monitors.judging.verdict import Verdict
from unshelf.monitor.monitors.monitor import MonitorKind
from unshelf.monitor.monitors.results import ResultStore
from unshelf.monitor.monitors.runs import MonitorRuns
from unshelf.monitor.monitors.service import MonitorService
from unshelf.monitor.monitors.watching import MonitorWatch
from unshelf.monitor.monitors.window_index import WindowIndex

WIDE = Signature(
    inputs=Columns(
        columns=[
            Column(name="age", type="float64", nullable=True), Column(name="plan", type="string", nullable=True),
            Column(name="since", type="datetime", nullable=True), Column(name="amount", type="string", nullable=True),
        ]
    ),
    outputs=Columns(columns=[Column(name="output", type="float64", nullable=True)]),
)  # fmt: skip
"""Of a model whose `amount` is sent as text, and was a number in its training data."""


class JudgedRecords(LabelledRecords):
    """The model `iris`, whose version 1 callers get, with its monitors."""

    def __init__(self, folder: Path, signature: Signature = WIDE) -> None:
        know_all_tables()
        super().__init__(folder)
        self.signature = signature
        route = ModelRoute(versions={1: VersionRoute(bundle="b", environment="e", signature=signature)})
        publish_routing(folder, RoutingTable(generation=2, models={"iris": route}))
        events, subjects = EventStore(self.database), Subjects()
        self.alerts = AlertService(self.database, events, subjects)
        index, self.results = WindowIndex(self.database), ResultStore(self.database)
        self.monitors = MonitorService(
            self.database, events, subjects, results=self.results, support_of=lambda *_: "standard", live=lambda *_: [1]
        )
        settling = MonitorAlerts(
            self.database, self.alerts, self.results, monitors_of=self.monitors.of_model, live=lambda *_: [1],
            maker=lambda _: "ana",
        )  # fmt: skip
        self.runs = MonitorRuns(
            self.database, self.monitors, evaluation=lambda _: WindowEvaluation(self.database, self.windows, index),
            index=index, results=self.results, alerts=settling,
        )  # fmt: skip
        self.watch = MonitorWatch(
            self.database, self.monitors, WindowEvaluation(self.database, self.windows, index), index=index,
            results=self.results, alerts=settling,
        )  # fmt: skip
        with self.database.transaction() as session:
            session.add(ModelRow(name="iris", last_version=1, paused=False, created_at=BEGIN))
            place_model(session, "iris", "default")

    def ask(self, rows: list[Any], answers: list[Any], *, form: dict[str, Any] | None = None, **facts: Any) -> None:
        """Have one request of these rows in the archive, of now; `form`: its body, where it is not that of rows."""
        body = {"inputs": rows} if form is None else form
        hours = (now() - BEGIN).total_seconds() / HOUR
        self.keep(self.call(hours, input=_json(body), output=_json(answers), **facts))

    def judge(self, kind: MonitorKind) -> Verdict:
        """Have whatever is new counted, and judged; the verdict of a monitor on the window with the most rows."""
        self.intake.count_all()
        self.runs.run(ADMIN, "iris", monitor=kind, since=now() - timedelta(days=1))
        with self.database.read() as session:
            found = self.results.recent(session, "iris", kind, 1, most=5)
        return max((each.verdict for each in found), key=lambda verdict: verdict.rows)

    def finding(self, kind: str) -> Finding:
        """Return the finding of the open alert of a kind."""
        (alert,) = self.alerts.open_of(kind)
        return alert.finding


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
