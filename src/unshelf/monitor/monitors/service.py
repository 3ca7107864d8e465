"""The service of monitors: the usual ones of each model, changed and added to by people, and what they found."""

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.monitoring.columns import ModelFacts
from unshelf.contracts.monitoring.monitors import DeclaredMonitor
from unshelf.contracts.permissions import Permission
from unshelf.deploy.registry.lookup import find_model
from unshelf.deploy.registry.tables import ModelRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.model_scopes import scope_of, scopes_among
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.alert import Severity
from unshelf.monitor.monitors.checking.wanted import check_monitor, must_name_threshold, warnings_of
from unshelf.monitor.monitors.defaults import (
    KINDS,
    declared_monitor,
    default_monitor,
    default_monitors,
    default_threshold,
)
from unshelf.monitor.monitors.judging.verdict import MonitorResult
from unshelf.monitor.monitors.monitor import (
    Monitor,
    MonitorKind,
    PerformanceMeasure,
    WindowLength,
    check_moment,
    counted_size,
    slices_asked,
)
from unshelf.monitor.monitors.results import ResultStore
from unshelf.monitor.monitors.tables import MonitorRow
from unshelf.monitor.support.support import SupportLevel

MOST_MONITORS = 50
"""The most monitors of a model."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class MonitorChange:
    """Fields of a monitor to set; None leaves one as it is, or as usual in a new one."""

    version: int | None = None
    """0: those that are live."""
    window: WindowLength | None = None
    reference: str | None = None
    columns: tuple[str, ...] | None = None
    """Empty: all."""
    threshold: float | None = None
    thresholds: Mapping[str, float] | None = None
    severity: Severity | None = None
    measure: Mapping[str, Any] | None = None
    """Fields of the measure to set, of performance."""
    paused: bool | None = None


@dataclass(frozen=True, kw_only=True)
class MonitorState:
    """A monitor with what it found last."""

    monitor: Monitor
    project: str
    """The project of its model."""
    latest: MonitorResult | None
    """The last result, of the versions that it watches now; of several in one window, the worst. None: it judged nothing yet."""
    warnings: tuple[str, ...] = ()
    """Sentences on columns and slices that its model may not have; of one monitor, not of those in a list."""


class MonitorService:
    """Keeps monitors. A default one has a row only once somebody has changed it."""

    def __init__(
        self, database: Database, events: EventStore, subjects: Subjects, *, results: ResultStore,
        support_of: Callable[[Session, str], SupportLevel], live: Callable[[Session, str], list[int]],
        declared_of: Callable[[Session, str], Sequence[DeclaredMonitor]] = lambda _session, _model: (),
        slices_of: Callable[[str], Sequence[str]] = lambda _model: (),
        facts_of: Callable[[str, Sequence[int]], ModelFacts] = lambda _model, _versions: ModelFacts(),
    ) -> None:  # fmt: skip
        """`support_of`: how much is promised of a model. `live`: the versions of a model that callers get. `declared_of`: the monitors that
        the latest of these declares. `slices_of`: the inputs that records of a model are parted by.
        `facts_of`: what is known of versions of a model, none: of the last one."""
        self._database = database
        self._events = events
        self._results = results
        self._support_of = support_of
        self._live = live
        self._declared_of = declared_of
        self._slices_of = slices_of
        self._facts_of = facts_of
        # called with a model of which a monitor asks for windows that may be new; no transaction is open
        self.on_asked: Callable[[str], object] = lambda _model: None
        subjects.on_removed(self._forget)

    def of_model(self, session: Session, model: str) -> list[Monitor]:
        """Return the monitors of a model: the usual ones and those that its version declares, as they were changed, and those that were
        added."""
        support = self._support_of(session, model)
        rows = {row.name: row for row in session.scalars(select(MonitorRow).where(MonitorRow.model == model))}
        usual = {each.name: each for each in default_monitors(model, support)}
        usual |= {each.name: declared_monitor(model, each, support) for each in self._declared_of(session, model)}
        found = [_monitor_of(rows[name], support, usual) if name in rows else each for name, each in usual.items()]
        return found + [_monitor_of(row, support, usual) for name, row in sorted(rows.items()) if name not in usual]

    def sizes(self, session: Session, model: str) -> set[int]:
        """Return the sizes of the windows of predictions that monitors of a model judge, as far as they are not paused."""
        counts = (counted_size(each) for each in self.of_model(session, model) if not each.paused)
        return {size for size in counts if size is not None}

    def slices(self, session: Session, model: str) -> set[str]:
        """Return the slices that monitors of a model watch, or hold others against, as far as they are not paused."""
        watched = (slices_asked(each) for each in self.of_model(session, model) if not each.paused)
        return set[str]().union(*watched)

    def live(self, session: Session, model: str) -> list[int]:
        """Return the versions of a model that callers get."""
        return self._live(session, model)

    def is_live(self, session: Session, model: str) -> bool:
        """Whether callers get a version of a model, and nobody paused it."""
        row = session.get(ModelRow, model)
        return row is not None and row.removed_at is None and not row.paused and bool(self._live(session, model))

    def list_for(
        self, actor: Actor, *, model: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[MonitorState]:
        """List the monitors of the models that the actor may see, or of one, by model. A page has whole models: at least one.

        Raises NotFound for a model that there is not."""
        query = select(ModelRow).where(
            ModelRow.removed_at.is_(None), visible(ModelRow.name, actor, Permission.MODEL_INSPECT)
        )
        if model is not None:
            query = query.where(ModelRow.name == model)
        with self._database.read() as session:
            if model is not None:
                find_model(session, model)
            models = max(1, limit // len(KINDS))
            page = read_page(session, query, [SortKey(ModelRow.name)], limit=models, cursor=cursor)
            names = [row.name for row in page.items]
            return Page(self._states(session, names), page.next_cursor)

    def show(self, actor: Actor, model: str, name: str) -> MonitorState:
        """Return a monitor. Raises NotFound."""
        with self._database.read() as session:
            scope = self._must(session, actor, Permission.MODEL_INSPECT, model)
            monitor = self.find(session, model, name)
            latest = self._latest(session, {model: [monitor]}).get((model, name))
            facts = self._facts(session, monitor)
            warnings = warnings_of(monitor, self._slices_of, facts)
            return MonitorState(monitor=monitor, project=scope.project, latest=latest, warnings=warnings)

    def find(self, session: Session, model: str, name: str) -> Monitor:
        """Return a monitor of a model. Raises NotFound."""
        find_model(session, model)
        monitors = self.of_model(session, model)
        found = next((each for each in monitors if each.name == name), None)
        if found is None:
            raise NotFound(
                f"{model!r} has no monitor {name[:80]!a}.",
                hint=f"Its monitors are {', '.join(each.name for each in monitors)}.",
            )
        return found

    def results(
        self, actor: Actor, model: str, name: str, *, version: int | None, since: datetime | None, until: datetime | None,
        limit: int, cursor: str | None = None,
    ) -> Page[MonitorResult]:  # fmt: skip
        """Return what a monitor found in windows that begin in a range of time, the newest first. They name values of records."""
        check_moment(since)
        check_moment(until)
        with self._database.read() as session:
            self._must(session, actor, Permission.RECORDS_READ, model)
            self.find(session, model, name)
            return self._results.page(
                session, model, name, version=version, since=since, until=until, limit=limit, cursor=cursor
            )

    def add(self, actor: Actor, model: str, name: str, kind: MonitorKind, change: MonitorChange) -> Monitor:
        """Add a monitor to a model. Raises Conflict for a name that it has already, and InvalidInput for what can't be watched."""
        if _NAME.fullmatch(name) is None:
            raise InvalidInput(
                f"{name[:80]!a} may be no monitor's name.",
                hint="1 to 64 small letters, digits and hyphens, such as income-drift.",
            )
        with self._database.transaction() as session:
            self._must(session, actor, Permission.MODEL_DEPLOY, model)
            find_model(session, model)
            present = [each.name for each in self.of_model(session, model)]
            if name in present:
                raise Conflict(
                    f"{model!r} has a monitor {name!r} already.", hint="Change that one, or choose another name."
                )
            if len(present) >= MOST_MONITORS:
                raise Conflict(f"{model!r} has {MOST_MONITORS} monitors, which is the most.", hint="Delete one first.")
            row = _row_for(default_monitor(model, kind, self._support_of(session, model)), name)
            session.add(row)
            added = self._change(session, actor, row, change, action="monitor.added", before=None)
        return self._asking(added)

    def change(self, actor: Actor, model: str, name: str, change: MonitorChange) -> Monitor:
        """Change a monitor; a default one is kept from then on as it was changed. Raises NotFound and InvalidInput."""
        with self._database.transaction() as session:
            self._must(session, actor, Permission.MODEL_DEPLOY, model)
            before = self.find(session, model, name)
            row = session.get(MonitorRow, (model, name))
            if row is None:
                row = _row_for(before, name)
                if before.source == "declared":  # what the version says of it stays, but for what is changed now
                    row.threshold, row.thresholds, row.severity = (
                        before.threshold,
                        dict(before.thresholds),
                        before.severity,
                    )
                session.add(row)
            changed = self._change(session, actor, row, change, action="monitor.changed", before=before)
        return self._asking(changed)

    def delete(self, actor: Actor, model: str, name: str) -> None:
        """Delete a monitor with its results; a default one becomes again as usual. Raises Conflict for one that is as usual."""
        with self._database.transaction() as session:
            self._must(session, actor, Permission.MODEL_DEPLOY, model)
            before = self.find(session, model, name)
            row = session.get(MonitorRow, (model, name))
            if row is None:
                raise Conflict(
                    f"The monitor {name!r} is one that every model has, or that the version declares.",
                    hint="Pause it, and it judges nothing any more.",
                )
            session.delete(row)
            if before.source == "own":
                self._results.forget(session, model, monitor=name)
            self._events.record(
                session, actor, "monitor.deleted", subject_of(session, model, name), before=described(before)
            )

    def _asking(self, monitor: Monitor) -> Monitor:
        if not monitor.paused and (counted_size(monitor) is not None or slices_asked(monitor)):
            self.on_asked(monitor.model)
        return monitor

    def _states(self, session: Session, models: list[str]) -> list[MonitorState]:
        monitors = {model: self.of_model(session, model) for model in models}
        latest, scopes = self._latest(session, monitors), scopes_among(session, models)
        return [
            MonitorState(monitor=each, project=scopes[model].project, latest=latest.get((model, each.name)))
            for model in models
            for each in monitors[model]
        ]

    def _latest(
        self, session: Session, monitors: Mapping[str, Sequence[Monitor]]
    ) -> dict[tuple[str, str], MonitorResult]:
        """Return what the monitors of some models found last, of the versions that they watch now."""
        live = {model: set(self._live(session, model)) for model in monitors}
        pinned = {(model, each.name): each.version for model, of in monitors.items() for each in of}

        def counts(model: str, monitor: str, version: int | None) -> bool:
            watched = pinned.get((model, monitor))
            if watched is not None:
                return version == watched
            return version is None or not live[model] or version in live[model]

        return self._results.latest(session, list(monitors), counts)

    def _change(
        self, session: Session, actor: Actor, row: MonitorRow, change: MonitorChange, *, action: str, before: Monitor | None
    ) -> Monitor:  # fmt: skip
        if change.version is not None:
            row.version = change.version or None
        for field in ("window", "reference", "threshold", "severity", "paused"):
            value = getattr(change, field)
            if value is not None:
                setattr(row, field, value)
        if change.columns is not None:
            row.columns = list(dict.fromkeys(change.columns))
        if change.thresholds is not None:
            row.thresholds = dict(change.thresholds)
        if change.measure:
            must_name_threshold(row.measure or {}, change.measure, change.threshold)
            row.measure = {**(row.measure or {}), **change.measure}
        row.changed_at, row.changed_by = now(), actor.label
        support = self._support_of(session, row.model)
        declared = {
            each.name: declared_monitor(row.model, each, support) for each in self._declared_of(session, row.model)
        }
        monitor = _monitor_of(row, support, declared)
        check_monitor(session, monitor, before, self._slices_of, self._facts(session, monitor))
        self._events.record(
            session, actor, action, subject_of(session, row.model, row.name),
            before=None if before is None else described(before), after=described(monitor),
        )  # fmt: skip
        session.flush()
        return monitor

    def _facts(self, session: Session, monitor: Monitor) -> ModelFacts:
        live = self._live(session, monitor.model)
        return self._facts_of(monitor.model, live if monitor.version is None else [monitor.version])

    def _must(self, session: Session, actor: Actor, permission: Permission, model: str) -> Scope:
        scope = scope_of(session, model)
        actor.must_see(scope)
        actor.must(permission, scope)
        return scope

    def _forget(self, session: Session, kind: str, names: list[str]) -> None:
        """Forget what is a removed model's, or a removed version's."""
        if kind == "model":
            for name in names:
                session.execute(delete(MonitorRow).where(MonitorRow.model == name))
                self._results.forget(session, name)
        elif kind == "version":
            for name in names:
                model, _, number = name.rpartition(":")
                self._results.forget(session, model, version=int(number))


def subject_of(session: Session, model: str, name: str) -> Subject:
    """Return the subject of a monitor: its name is that of the model and its own."""
    return Subject(kind="monitor", name=f"{model}/{name}", model=model, project=scope_of(session, model).project)


def described(monitor: Monitor) -> dict[str, Any]:
    """Return what events tell of a monitor."""
    return {
        "kind": monitor.kind, "version": monitor.version, "window": monitor.window, "reference": monitor.reference,
        "columns": list(monitor.columns), "threshold": monitor.threshold, "thresholds": dict(monitor.thresholds),
        "severity": monitor.severity, "paused": monitor.paused,
        **({"slice": monitor.slice} if slices_asked(monitor) else {}),
        **({"measure": msgspec.to_builtins(monitor.measure)} if monitor.kind == "performance" else {}),
    }  # fmt: skip


def _row_for(monitor: Monitor, name: str) -> MonitorRow:
    """Return the row of a monitor that is as usual but for its name."""
    return MonitorRow(
        model=monitor.model, name=name, kind=monitor.kind, version=monitor.version, window=monitor.window,
        reference=monitor.reference, columns=list(monitor.columns), threshold=None, thresholds={}, severity=None, paused=False,
        measure=msgspec.to_builtins(monitor.measure) or None,
    )  # fmt: skip


def _monitor_of(row: MonitorRow, support: SupportLevel, present: Container[str]) -> Monitor:
    """Return a monitor that somebody set. `present`: the names of those that are there without anybody."""
    kind = cast(MonitorKind, row.kind)
    usual = default_monitor(row.model, kind, support)
    return replace(
        usual, name=row.name, version=row.version, window=row.window, reference=row.reference,
        columns=tuple(row.columns), thresholds=dict(row.thresholds), paused=row.paused,
        measure=msgspec.convert(row.measure or {}, PerformanceMeasure),
        threshold=default_threshold(kind, support) if row.threshold is None else row.threshold,
        severity=cast(Severity, row.severity or usual.severity), source="changed" if row.name in KINDS or row.name in present else "own",
        changed_at=row.changed_at, changed_by=row.changed_by,
    )  # fmt: skip
