"""Service of custom metrics: what a model's metrics are, by version, set by those who may release it and read its records."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.monitoring.metrics import MOST_METRICS
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.blob_holds import let_go
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.audit.service import AuditService
from unshelf.monitor.performance.custom.metric import CustomMetric, MetricDefinition, check
from unshelf.monitor.performance.custom.tables import CustomMetricDayRow, CustomMetricRow, CustomMetricRunRow


@dataclass(frozen=True, kw_only=True)
class MetricState:
    """A metric, and how its evaluation goes."""

    metric: CustomMetric
    days: int
    """Days that were evaluated."""
    problem: str
    """The reason why the newest evaluated day has no value; empty: it has one."""
    problem_days: int
    """Evaluated days that have no value."""
    note: str
    """Remarks on the newest day's values; empty: none."""


class CustomMetricService:
    """Keeps the metrics of models."""

    def __init__(
        self, database: Database, audit: AuditService, must_exist: Callable[[str], None], must_have_tier: Callable[[str], None]
    ) -> None:  # fmt: skip
        """`must_exist` raises NotFound for a model that there is not, `must_have_tier` InvalidInput for a tier."""
        self._database = database
        self._audit = audit
        self._must_exist = must_exist
        self._must_have_tier = must_have_tier
        self._on_change: list[Callable[[str], object]] = []

    def on_change(self, act: Callable[[str], object]) -> None:
        """Have something done with the model once its metrics have changed. No transaction is open."""
        self._on_change.append(act)

    def set(
        self, actor: Actor, model: str, name: str, definition: MetricDefinition, *, reason: str = ""
    ) -> CustomMetric:
        """Set a metric; what is so already is no new version. Raises NotFound, Forbidden and InvalidInput."""
        self._must_exist(model)
        with self._database.transaction() as session:
            _must_change(session, actor, model)
            before = _latest(session, model, name)
            found = self.put(session, actor, model, name, definition, reason=reason)
        if before is not None and before.number == found.number:
            return found
        self._changed(model)
        return found

    def check(self, session: Session, model: str, wanted: Mapping[str, MetricDefinition]) -> None:
        """Raise InvalidInput for metrics that can't be, and where the model would have too many. There may be no such model yet."""
        for name, definition in wanted.items():
            check(name, definition)
            self._must_have_tier(definition.tier)
        if len({row.name for row in current(session, model)} | wanted.keys()) > MOST_METRICS:
            raise InvalidInput(f"A model has at most {MOST_METRICS} metrics of its own.", hint="Remove one.")

    def put(
        self, session: Session, actor: Actor, model: str, name: str, definition: MetricDefinition, *, reason: str = ""
    ) -> CustomMetric:  # fmt: skip
        """Set a metric in the caller's transaction, who has judged what the actor may do. Raises InvalidInput."""
        self.check(session, model, {name: definition})
        latest = _latest(session, model, name)
        if latest is not None and latest.removed_at is None and latest.definition == asdict(definition):
            return _metric_of(latest)
        row = CustomMetricRow(
            model=model, name=name, number=1 if latest is None else latest.number + 1, definition=asdict(definition),
            created_at=now(), created_by=actor.label, actor_id=actor.id, removed_at=None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        after = {"metric": name, "version": row.number, "function": definition.function, "better": definition.better}
        self._audit.record(session, actor, "model.metric_set", model, after, reason=reason)
        return _metric_of(row)

    def remove(self, actor: Actor, model: str, name: str, *, reason: str = "") -> None:
        """Remove a metric with all that was found by it; its versions stay. Raises NotFound and Forbidden."""
        with self._database.transaction() as session:
            _must_change(session, actor, model)
            row = _require(session, model, name)
            row.removed_at = now()
            session.execute(
                delete(CustomMetricDayRow).where(CustomMetricDayRow.model == model, CustomMetricDayRow.metric == name)
            )
            before = {"metric": name, "version": row.number}
            self._audit.record(session, actor, "model.metric_removed", model, before=before, reason=reason)
        self._changed(model)

    def list_for(self, actor: Actor, model: str) -> list[MetricState]:
        """List the metrics of a model by name. Raises NotFound and Forbidden."""
        with self._database.read() as session:
            _must_see(session, actor, model)
            return states(session, model)

    def show(self, actor: Actor, model: str, name: str) -> tuple[MetricState, list[CustomMetric]]:
        """Return a metric and all its versions, the latest first. Raises NotFound and Forbidden."""
        with self._database.read() as session:
            _must_see(session, actor, model)
            _require(session, model, name)
            query = select(CustomMetricRow).where(CustomMetricRow.model == model, CustomMetricRow.name == name)
            rows = session.scalars(query.order_by(CustomMetricRow.number.desc()))
            versions = [_metric_of(row) for row in rows]
            state = next(each for each in states(session, model) if each.metric.name == name)
        return state, versions

    def _changed(self, model: str) -> None:
        for act in self._on_change:
            act(model)


def current(session: Session, model: str) -> list[CustomMetricRow]:
    """Return the metrics that a model has now, by name."""
    latest: dict[str, CustomMetricRow] = {}
    query = select(CustomMetricRow).where(CustomMetricRow.model == model)
    for row in session.scalars(query.order_by(CustomMetricRow.name, CustomMetricRow.number)):
        latest[row.name] = row
    return [row for row in latest.values() if row.removed_at is None]


def states(session: Session, model: str) -> list[MetricState]:
    """Return the metrics of a model with how their evaluation goes, by name."""
    found = []
    for row in current(session, model):
        query = select(CustomMetricDayRow.problem, CustomMetricDayRow.note).where(
            CustomMetricDayRow.model == model, CustomMetricDayRow.metric == row.name,
            CustomMetricDayRow.number == row.number, CustomMetricDayRow.labelled > 0,
        )  # fmt: skip
        days = session.execute(query.order_by(CustomMetricDayRow.day.desc(), CustomMetricDayRow.version.desc())).all()
        found.append(
            MetricState(
                metric=_metric_of(row), days=len(days), problem=days[0].problem if days else "",
                problem_days=sum(bool(day.problem) for day in days), note=days[0].note if days else "",
            )
        )  # fmt: skip
    return found


def forget_removed(session: Session, kind: str, names: list[str]) -> None:
    """Forget the metrics of models that were removed, with all that was found by them: another model may get the name."""
    if kind != "model":
        return
    for run in session.scalars(select(CustomMetricRunRow).where(CustomMetricRunRow.model.in_(names))):
        let_go(session, holder_of(run.id))
    for table in (CustomMetricRow, CustomMetricDayRow, CustomMetricRunRow):
        session.execute(delete(table).where(table.model.in_(names)))


def holder_of(run: str) -> str:
    """Return the name under which a run holds blobs."""
    return f"metric/{run}"


def definition_of(row: CustomMetricRow) -> MetricDefinition:
    """Return a stored definition."""
    return MetricDefinition(**row.definition)


def _must_see(session: Session, actor: Actor, model: str) -> None:
    scope = scope_of(session, model)
    actor.must_see(scope)
    actor.must(Permission.RECORDS_READ, scope)


def _must_change(session: Session, actor: Actor, model: str) -> None:
    """The function sees labelled records, so that who sets it may read them."""
    _must_see(session, actor, model)
    actor.must(Permission.MODEL_RELEASE, scope_of(session, model))


def _latest(session: Session, model: str, name: str) -> CustomMetricRow | None:
    query = select(CustomMetricRow).where(CustomMetricRow.model == model, CustomMetricRow.name == name)
    return session.scalar(query.order_by(CustomMetricRow.number.desc()).limit(1))


def _require(session: Session, model: str, name: str) -> CustomMetricRow:
    row = _latest(session, model, name)
    if row is None or row.removed_at is not None:
        raise NotFound(
            f"{model[:80]!r} has no metric {name[:80]!r}.", hint=f"`unshelf metrics list {model[:80]}` shows them."
        )
    return row


def _metric_of(row: CustomMetricRow) -> CustomMetric:
    return CustomMetric(
        model=row.model, name=row.name, number=row.number, definition=definition_of(row),
        created_at=row.created_at, created_by=row.created_by,
    )  # fmt: skip
