"""Reading of windows: the profile and the traffic of a model's records in any range of hours, and the reference they are held against."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.database.engine import Database
from unshelf.monitor.windows.by_count.storing import sizes_in, window_of, windows_in
from unshelf.monitor.windows.by_slice.storing import reference_of, windows_of
from unshelf.monitor.windows.counting import LATENCY, QUEUE, Counted, joined, latency_of, together
from unshelf.monitor.windows.intake import OnChange, VersionDay, WindowIntake
from unshelf.monitor.windows.live import LiveWindows
from unshelf.monitor.windows.reference import composed
from unshelf.monitor.windows.storing import facts_of, windows_between
from unshelf.monitor.windows.summaries import from_stored
from unshelf.monitor.windows.tables import CountWindowRow, RecordWindowRow, WindowReferenceRow
from unshelf.monitor.windows.window import (
    FIRST_REQUESTS,
    HourFacts,
    ReferenceKind,
    Window,
    WindowFacts,
    WindowReference,
)
from unshelf.records.profiles.storing import UnreadableProfile, unpack

LONGEST = timedelta(days=400)
"""The longest range of a window."""
_HOUR, _DAY = 1, 24
_CHANGES = 10_000
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Moments outside can't be reckoned with: a day before the first or after the last that a calendar has is none."""


class WindowService:
    """Reads windows. Those of hours and days are stored; any other range is merged from them."""

    def __init__(
        self,
        database: Database,
        intake: WindowIntake,
        *,
        baseline_of: Callable[[str, int], bytes | None],
        made_at: Callable[[str, int], datetime | None],
    ) -> None:
        """`baseline_of`: the stored profile of a version's baseline, None: it has none. `made_at`: when a version was registered."""
        self._database = database
        self._intake = intake
        self._live = LiveWindows(database, intake)
        self._baseline_of = baseline_of
        self._made_at = made_at

    def on_change(self, act: OnChange) -> None:
        """Have something done with the days whose windows changed, in the control that counted. No transaction is open."""
        self._intake.on_change(act)

    def must_read(self, actor: Actor, model: str) -> None:
        """Raise NotFound or Forbidden unless the actor may read the model's records, which windows are made of."""
        self._must(actor, model, Permission.RECORDS_READ)

    def must_inspect(self, actor: Actor, model: str) -> None:
        """Raise NotFound or Forbidden unless the actor may see the model's traffic."""
        self._must(actor, model, Permission.MODEL_INSPECT)

    def may_read(self, actor: Actor, model: str) -> bool:
        """Whether the actor may read the model's records."""
        with self._database.read() as session:
            return actor.may(Permission.RECORDS_READ, scope_of(session, model))

    def reference_of(self, model: str, version: int) -> WindowReference | None:
        """Return what windows of a version are held against; None: it has no baseline, and too few requests yet."""
        with self._database.read() as session:
            row = session.get(WindowReferenceRow, (model, version))
            kinds, first = ({}, None) if row is None else (row.kinds, row.first)
            first_at = None if row is None else row.made_at
        baseline = _profile(self._baseline_of(model, version))
        profile, sources = composed(baseline, _profile(first), kinds)
        if profile is None:
            return None
        kind: ReferenceKind = "baseline" if "baseline" in sources.values() else "first_requests"
        made_at = first_at if kind == "first_requests" else self._made_at(model, version) or first_at
        return WindowReference(
            model=model, version=version, kind=kind, profile=profile, rows=profile.rows,
            made_at=made_at or datetime.now(UTC), kinds=sources,
        )  # fmt: skip

    def recorded(self, model: str, version: int) -> list[str]:
        """Return the columns of a version's records that are counted, as profiles name them; empty: none was yet."""
        with self._database.read() as session:
            row = session.get(WindowReferenceRow, (model, version))
            return [] if row is None else list(row.kinds)

    def first_requests(self, model: str, version: int) -> tuple[int, int]:
        """Return how many of the first requests of a version there are, and how many become its reference."""
        with self._database.read() as session:
            row = session.get(WindowReferenceRow, (model, version))
        return (0 if row is None else row.requests), FIRST_REQUESTS

    def window(
        self, model: str, version: int | None, since: datetime, until: datetime, *, live: bool = False
    ) -> Window | None:
        """Return the records of a version, None: of all, in the hours that a range touches; None: there are none.

        `live`: with those that are not in the archive yet, which takes a process for about a second. Raises InvalidInput for a range
        that is empty or too long."""
        since, until = hours_touched(since, until)
        days = whole_days(since, until)
        parts: list[Counted] = []
        found: list[tuple[datetime, int]] = []
        with self._live.with_stored(model, live=live) as (session, counted_now):
            wholly = (RecordWindowRow.timings, RecordWindowRow.profile)
            for first, last, hours in _pieces(since, until, days):
                for row in windows_between(session, model, version, (first, last), hours, also=wholly):
                    parts.append(_counted(row))
                    found.append((row.start, row.version))
            for start, number, counted in counted_now:
                if since <= start < until and version in (None, number):
                    parts.append(counted)
        if not parts:
            return None
        total = together(parts)
        return Window(
            model=model, version=version, since=since, until=until, profile=total.profile, facts=facts_from(total)
        )

    def of_slice(self, model: str, version: int, slice: str, since: datetime, until: datetime) -> TableProfile | None:
        """Return the profile of a version's rows in a range of hours that a slice has, where it is counted; None: there are none."""
        since, until = hours_touched(since, until)
        with self._database.read() as session:
            stored = [
                profile
                for first, last, hours in _pieces(since, until, whole_days(since, until))
                for profile in windows_of(session, (model, version, slice), (first, last), hours)
            ]
        parts = [profile for each in stored if (profile := _profile(each)) is not None]
        return joined(parts) if parts else None

    def reference_of_slice(self, model: str, version: int, slice: str) -> TableProfile | None:
        """Return the profile of the first rows of a slice, which its windows are held against; None: there are not enough yet."""
        with self._database.read() as session:
            return _profile(reference_of(session, model, version, slice))

    def of_predictions(self, model: str, version: int, size: int, number: int) -> Window | None:
        """Return a window of a number of predictions, open or closed; None: there is none, or it is no longer kept."""
        with self._database.read() as session:
            row = window_of(session, model, version, size, number)
            return None if row is None else _of_predictions(row)

    def sizes(self, model: str, version: int, since: datetime, until: datetime) -> list[int]:
        """Return the sizes of a version's windows of predictions that are kept of a range, the least first."""
        with self._database.read() as session:
            return sizes_in(session, model, version, (since, until))

    def all_of_predictions(
        self, model: str, version: int, size: int, since: datetime, until: datetime
    ) -> list[Window]:  # fmt: skip
        """Return the windows of a number of predictions that have a part of a range, in their order; the last may not be closed."""
        with self._database.read() as session:
            return [_of_predictions(row) for row in windows_in(session, model, version, size, (since, until))]

    def hours(
        self, model: str, version: int | None, since: datetime, until: datetime, *, hours: int = 1, columns: bool = False,
        live: bool = False,
    ) -> list[HourFacts]:  # fmt: skip
        """Return the traffic of each hour, or with `hours` 24 of each day (UTC), that has any, oldest first.

        `columns`: with summaries of columns, for which `version` says whose. `live` as in `window`."""
        since, until = hours_touched(since, until)
        if hours == _DAY:
            since = since.replace(hour=0)
        also: list[Any] = [RecordWindowRow.timings, RecordWindowRow.profile] if version is None or live else []
        also += [RecordWindowRow.columns] if columns else []
        by_start: dict[datetime, list[RecordWindowRow]] = {}
        newer: dict[datetime, list[Counted]] = {}
        with self._live.with_stored(model, live=live) as (session, counted_now):
            for row in windows_between(session, model, version, (since, until), hours, also=also):
                by_start.setdefault(row.start, []).append(row)
            for start, number, counted in counted_now:
                own = start.replace(hour=0) if hours == _DAY else start
                if since <= own < until and version in (None, number):
                    newer.setdefault(own, []).append(counted)
        return [
            _hour(start, version, hours, by_start.get(start, []), newer.get(start, []), columns=columns)
            for start in sorted(by_start.keys() | newer.keys())
        ]

    def latest(self, model: str, version: int | None = None) -> datetime | None:
        """Return the start of the last hour that is counted; None: there is none."""
        query = select(func.max(RecordWindowRow.start)).where(
            RecordWindowRow.model == model, RecordWindowRow.hours == _HOUR
        )
        if version is not None:
            query = query.where(RecordWindowRow.version == version)
        with self._database.read() as session:
            return session.scalar(query)

    def earliest(self, model: str, version: int | None = None) -> datetime | None:
        """Return the start of the first hour that is counted; None: there is none."""
        query = select(func.min(RecordWindowRow.start)).where(
            RecordWindowRow.model == model, RecordWindowRow.hours == _HOUR
        )
        if version is not None:
            query = query.where(RecordWindowRow.version == version)
        with self._database.read() as session:
            return session.scalar(query)

    def versions(self, model: str, since: datetime, until: datetime) -> dict[int, int]:
        """Return the requests of each version in a range of hours; those that failed before a version was chosen are of version 0."""
        since, until = hours_touched(since, until)
        query = (
            select(RecordWindowRow.version, func.sum(RecordWindowRow.requests))
            .where(
                RecordWindowRow.model == model, RecordWindowRow.hours == _HOUR, RecordWindowRow.start >= since,
                RecordWindowRow.start < until,
            )
            .group_by(RecordWindowRow.version)
        )  # fmt: skip
        with self._database.read() as session:
            return {version: int(requests) for version, requests in session.execute(query)}

    def changed_after(self, moment: datetime) -> tuple[list[VersionDay], datetime]:
        """Return the days whose windows were counted at a moment or later, and the moment to ask for next; days may come again.

        For loops that follow the database, in whichever control they run."""
        query = (
            select(RecordWindowRow.model, RecordWindowRow.version, RecordWindowRow.start, RecordWindowRow.counted_at)
            .where(RecordWindowRow.hours == _DAY, RecordWindowRow.counted_at >= moment)
            .order_by(RecordWindowRow.counted_at)
            .limit(_CHANGES)
        )
        with self._database.read() as session:
            rows = session.execute(query).all()
        days = [VersionDay(model, version, start.date().isoformat()) for model, version, start, _ in rows]
        return days, rows[-1].counted_at if rows else moment

    def _must(self, actor: Actor, model: str, permission: Permission) -> None:
        with self._database.read() as session:
            scope = scope_of(session, model)
        actor.must_see(scope)
        actor.must(permission, scope)


def _of_predictions(row: CountWindowRow) -> Window:
    counted = Counted(
        requests=row.requests, rows=row.rows, errors=dict(row.errors), timings=_profile(row.timings) or _EMPTY,
        profile=_profile(row.profile) or _EMPTY,
    )  # fmt: skip
    return Window(
        model=row.model, version=row.version, since=row.since, until=row.until, profile=counted.profile, facts=facts_from(counted)
    )  # fmt: skip


def hours_touched(since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the range of whole hours that a range touches. Raises InvalidInput for one that is empty or too long."""
    if not all(_EARLIEST <= moment < _LATEST for moment in (since, until)):
        raise InvalidInput("A range of time lies between the years 2000 and 3000.")
    first, last = since.astimezone(UTC), until.astimezone(UTC)
    if first >= last or last - first > LONGEST:
        raise InvalidInput(
            "The range of time ends before it begins, or is longer than 400 days.",
            hint="Give a later end, or less of the past.",
        )
    first = first.replace(minute=0, second=0, microsecond=0)
    whole = last.replace(minute=0, second=0, microsecond=0)
    return first, whole if whole == last else whole + timedelta(hours=1)


def whole_days(since: datetime, until: datetime) -> tuple[datetime, datetime] | None:
    """Return the range of the whole days (UTC) in a range of hours; None: there is none."""
    midnight = since.replace(hour=0)
    first = midnight if midnight == since else midnight + timedelta(days=1)
    last = until.replace(hour=0)
    return (first, last) if first < last else None


def facts_from(counted: Counted) -> WindowFacts:
    """Return the traffic of counted records."""
    return WindowFacts(
        requests=counted.requests, rows=counted.rows, errors=counted.errors, latency=latency_of(counted.timings, LATENCY),
        queue=latency_of(counted.timings, QUEUE),
    )  # fmt: skip


def _pieces(
    since: datetime, until: datetime, days: tuple[datetime, datetime] | None
) -> Iterable[tuple[datetime, datetime, int]]:
    """Yield the parts of a range that are read as hours or as days."""
    if days is None:
        return [(since, until, _HOUR)]
    return [(since, days[0], _HOUR), (*days, _DAY), (days[1], until, _HOUR)]


def _hour(
    start: datetime, version: int | None, hours: int, rows: Sequence[RecordWindowRow], newer: Sequence[Counted], *,
    columns: bool,
) -> HourFacts:  # fmt: skip
    summaries = from_stored(rows[0].columns) if columns and len(rows) == 1 else ()
    if len(rows) == 1 and not newer:
        return HourFacts(start=start, version=version, hours=hours, facts=facts_of(rows[0]), columns=summaries)
    total = together([*map(_counted, rows), *newer])
    return HourFacts(start=start, version=version, hours=hours, facts=facts_from(total), columns=summaries)


def _counted(row: RecordWindowRow) -> Counted:
    return Counted(
        requests=row.requests, rows=row.rows, errors=dict(row.errors), timings=_profile(row.timings) or _EMPTY,
        profile=_profile(row.profile) or _EMPTY,
    )  # fmt: skip


def _profile(stored: bytes | None) -> TableProfile | None:
    try:
        return None if stored is None else unpack(stored)
    except UnreadableProfile:  # of another release
        return None


_EMPTY = TableProfile(rows=0, columns={})
