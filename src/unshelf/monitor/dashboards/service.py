"""The dashboard of a model: traffic, latency, errors, columns and their drift, and what changed, in any range of time.

It works from the first request on: what is not archived yet is read where it lies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from unshelf.contracts.errors import NotFound
from unshelf.contracts.protocols.profiles import AnyProfile, TableProfile
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.dashboards.bins import shown_bins
from unshelf.monitor.dashboards.dashboard import (
    ColumnBins,
    ColumnState,
    ColumnStep,
    Dashboard,
    DashboardState,
    ReferenceState,
    TrafficStep,
)
from unshelf.monitor.dashboards.moments import moments_of
from unshelf.monitor.dashboards.words import SummaryFacts, is_failing, sentences
from unshelf.monitor.drift.comparison import ColumnDrift, compare
from unshelf.monitor.windows.service import WindowService, hours_touched
from unshelf.monitor.windows.summaries import rows_of, summaries_of
from unshelf.monitor.windows.window import INPUT, ColumnSummary, Window, WindowFacts, WindowReference

USUAL = timedelta(days=7)
"""The range where none is asked for."""
_BY_HOUR = timedelta(days=3)
"""The longest range that is shown hour by hour; a longer one day by day."""
_NOT_ARCHIVED = timedelta(days=2)
"""How far back records may lie that are not archived: far longer than a gateway keeps a segment open."""
_SLACK = timedelta(days=1)
"""How much later than a range begins its records may: nights and weekends have none."""
_MOST_STEPS = 24 * 60
_NOTHING = WindowFacts(requests=0, rows=0, errors={})


@dataclass(frozen=True, kw_only=True)
class DashboardQuestion:
    """The model, version and range that a dashboard is about."""

    model: str
    version: int | None
    """None: all versions together."""
    since: datetime
    until: datetime
    window: int | None = None
    """The predictions of a step; None: steps are of time."""


class DashboardService:
    """Puts dashboards together."""

    def __init__(
        self,
        database: Database,
        windows: WindowService,
        *,
        roles_of: Callable[[str, int], ColumnRoles],
        versions_of: Callable[[str], list[int]],
        live_of: Callable[[str], int | None],
    ) -> None:
        """`roles_of` raises NotFound; `versions_of` returns the numbers of a model's versions, lowest first, `live_of` the one that its
        name stands for, None: nothing is live."""
        self._database = database
        self._windows = windows
        self._roles_of = roles_of
        self._versions_of = versions_of
        self._live_of = live_of

    def show(self, actor: Actor, asked: DashboardQuestion) -> Dashboard:
        """Return the dashboard of a model, or of one version, in a range.

        Columns are those of the version; of all together those of the live one, or of the one with the most requests. Raises NotFound,
        Forbidden and InvalidInput."""
        model, version = asked.model, asked.version
        self._windows.must_inspect(actor, model)
        versions = self._windows.versions(model, asked.since, asked.until)
        step_hours = 1 if asked.until - asked.since <= _BY_HOUR else 24
        shown = version or self._main(model, versions)
        counted = self._counted(asked, shown)
        steps = self._steps(asked, step_hours) if counted is None else _steps_of(counted)
        reads_records = self._windows.may_read(actor, model)
        whole = self._windows.window(model, version, asked.since, asked.until, live=True)
        own = whole if version is not None else self._own(asked, shown)
        roles = self._roles(model, shown)
        reference = None if shown is None else self._windows.reference_of(model, shown)
        columns: tuple[ColumnState, ...] = ()
        if reads_records and own is not None:
            columns = self._columns(own, reference, self._summaries(asked, shown, reference, step_hours, counted))
        moments = moments_of(self._database, actor, model, asked.since, asked.until)
        facts = _NOTHING if whole is None else whole.facts
        about = SummaryFacts(
            name=model if version is None else f"{model}:{version}", since=asked.since, until=asked.until, facts=facts,
            requests_before=self._before(asked), columns=columns,
            reads_records=reads_records, reference=self._reference_state(model, shown, reference), moments=moments,
            prediction=roles.prediction, latest=self._latest(asked),
        )  # fmt: skip
        return Dashboard(
            name=model, version=version, shown_version=shown, since=asked.since, until=asked.until, step_hours=step_hours,
            window=asked.window, window_sizes=self._sizes(asked, shown),
            state=_state(facts, columns, about.latest), words=sentences(about), facts=facts,
            requests_before=about.requests_before, versions=versions,
            steps=steps, columns=columns,
            reads_records=reads_records, reference=about.reference, moments=moments, missing=roles.missing,
            latest=about.latest,
        )  # fmt: skip

    def column(self, actor: Actor, asked: DashboardQuestion, column: str) -> ColumnBins:
        """Return a column of a range beside its reference, without bins where there are no records of it. Raises Forbidden."""
        model, version = asked.model, asked.version
        self._windows.must_read(actor, model)
        shown = version or self._main(model, self._windows.versions(model, asked.since, asked.until))
        window = self._own(asked, shown)
        after = None if window is None else window.profile.columns.get(column)
        if window is None or after is None or shown is None:
            return ColumnBins(column=column, labels=[], reference=[], window=[], now=None, before=None, drift=None)
        reference = self._windows.reference_of(model, shown)
        before = None if reference is None else reference.profile.columns.get(column)
        is_same = before is not None and type(before) is type(after)
        labels, old, new = shown_bins(before, after)
        drift = _drift_of(reference, window.profile).get(column) if is_same else None
        return ColumnBins(
            column=column, labels=labels, reference=old, window=new, now=_summary(column, after),
            before=_summary(column, before) if is_same and before is not None else None, drift=drift,
        )  # fmt: skip

    def _steps(self, asked: DashboardQuestion, hours: int) -> tuple[TrafficStep, ...]:
        found = self._windows.hours(asked.model, asked.version, asked.since, asked.until, hours=hours, live=True)
        return tuple(TrafficStep(start=each.start, facts=each.facts) for each in found)

    def _counted(self, asked: DashboardQuestion, shown: int | None) -> list[Window] | None:
        """Return the windows of predictions that steps are; None: steps are of time."""
        if asked.window is None:
            return None
        if shown is None:
            return []
        return self._windows.all_of_predictions(asked.model, shown, asked.window, asked.since, asked.until)

    def _sizes(self, asked: DashboardQuestion, shown: int | None) -> tuple[int, ...]:
        return () if shown is None else tuple(self._windows.sizes(asked.model, shown, asked.since, asked.until))

    def _before(self, asked: DashboardQuestion) -> int | None:
        """Return the requests in the range of the same length before; None: records do not reach back that far."""
        begin = asked.since - (asked.until - asked.since)
        earliest = self._windows.earliest(asked.model, asked.version)
        if earliest is None or earliest > begin + _SLACK:
            return None
        requests = self._windows.versions(asked.model, begin, asked.since)
        return sum(requests.values()) if asked.version is None else requests.get(asked.version, 0)

    def _own(self, asked: DashboardQuestion, shown: int | None) -> Window | None:
        """Return the window of the version whose columns are shown."""
        if shown is None:
            return None
        return self._windows.window(asked.model, shown, asked.since, asked.until, live=True)

    def _main(self, model: str, versions: dict[int, int]) -> int | None:
        """Return the live version if it was asked, else the one with the most requests, or the newest."""
        asked = {number: count for number, count in versions.items() if number}
        live = self._live_of(model)
        if live is not None and (live in asked or not asked):
            return live
        if asked:
            return max(asked, key=lambda number: (asked[number], number))
        return max(self._versions_of(model), default=None)

    def _roles(self, model: str, version: int | None) -> ColumnRoles:
        try:
            return ColumnRoles() if version is None else self._roles_of(model, version)
        except NotFound:  # its records outlive it
            return ColumnRoles()

    def _latest(self, asked: DashboardQuestion) -> datetime | None:
        """Return the start of the last hour with records, also of those that are not archived yet."""
        stored = self._windows.latest(asked.model, asked.version)
        begin = max(asked.since, asked.until - _NOT_ARCHIVED)
        live = self._windows.hours(asked.model, asked.version, begin, asked.until, live=True)
        return max((each for each in (stored, live[-1].start if live else None) if each is not None), default=None)

    def _columns(
        self, window: Window, reference: WindowReference | None, found: list[tuple[datetime, Sequence[ColumnSummary]]]
    ) -> tuple[ColumnState, ...]:  # fmt: skip
        steps: dict[str, list[ColumnStep]] = {}
        for start, summaries in found:
            for summary in summaries:
                steps.setdefault(summary.column, []).append(ColumnStep(start=start, summary=summary))
        before = {} if reference is None else {each.column: each for each in summaries_of(reference.profile, None)}
        drifts = _drift_of(reference, window.profile)
        states = [
            ColumnState(
                column=each.column, side="input" if each.column.startswith(INPUT) else "output",
                name=each.column.partition(":")[2], now=each, before=before.get(each.column),
                reference=None if reference is None else reference.kinds.get(each.column), drift=drifts.get(each.column),
                steps=tuple(steps.get(each.column, ())),
            )
            for each in summaries_of(window.profile, None)
        ]  # fmt: skip
        return tuple(sorted(states, key=_by_drift))

    def _summaries(
        self, asked: DashboardQuestion, shown: int | None, reference: WindowReference | None, step_hours: int, counted: list[Window] | None
    ) -> list[tuple[datetime, Sequence[ColumnSummary]]]:  # fmt: skip
        """Return the beginning of each step, and its columns."""
        if counted is not None:
            before = None if reference is None else reference.profile
            return [(each.since, summaries_of(each.profile, before)) for each in counted]
        hours = self._windows.hours(asked.model, shown, asked.since, asked.until, hours=step_hours, columns=True)
        return [(hour.start, hour.columns) for hour in hours[-_MOST_STEPS:]]

    def _reference_state(self, model: str, version: int | None, reference: WindowReference | None) -> ReferenceState:
        have, wanted = self._windows.first_requests(model, version or 0)
        return ReferenceState(
            kind=None if reference is None else reference.kind, rows=0 if reference is None else reference.rows,
            made_at=None if reference is None else reference.made_at, first_requests=have, first_wanted=wanted,
        )  # fmt: skip


def _steps_of(windows: Sequence[Window]) -> tuple[TrafficStep, ...]:
    return tuple(TrafficStep(start=each.since, facts=each.facts) for each in windows)


def asked_of(
    model: str, version: int | None, since: datetime | None, until: datetime | None, window: int | None = None
) -> DashboardQuestion:
    """Return what a dashboard is about; None: up to now, and seven days long. Raises InvalidInput."""
    end = until or now()
    first, last = hours_touched(since or end - USUAL, end)
    return DashboardQuestion(model=model, version=version, since=first, until=last, window=window)


def _state(facts: WindowFacts, columns: Sequence[ColumnState], latest: datetime | None) -> DashboardState:
    if latest is None or not facts.requests:
        return "unknown"
    if is_failing(facts):
        return "failing"
    is_drifted = any(column.drift is not None and column.drift.drifted for column in columns)
    return "attention" if is_drifted else "ok"


def _drift_of(reference: WindowReference | None, profile: TableProfile) -> dict[str, ColumnDrift]:
    return {} if reference is None else {each.column: each for each in compare(reference.profile, profile)}


def _by_drift(column: ColumnState) -> tuple[bool, float, bool, str]:
    drift = column.drift
    return (
        drift is None or not drift.drifted, 0.0 if drift is None else -drift.distance, column.side == "input", column.name,
    )  # fmt: skip


def _summary(column: str, profile: AnyProfile) -> ColumnSummary:
    (summary,) = summaries_of(TableProfile(rows=rows_of(profile), columns={column: profile}), None)
    return summary
