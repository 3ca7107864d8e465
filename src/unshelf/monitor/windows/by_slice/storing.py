"""Windows of slices in the database: stored in the transaction that stores the days they were counted from, and read."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.foundation.clock import now
from unshelf.monitor.windows.by_slice.counting import FIRST_ROWS
from unshelf.monitor.windows.messages import SlicedDay, SliceWindow
from unshelf.monitor.windows.tables import SliceReferenceRow, SliceWindowRow
from unshelf.records.profiles.storing import pack

_DAY = timedelta(days=1)


class OtherReference(Exception):
    """Other rows became part of a slice's reference since it was read."""


def sliced_days(
    session: Session, day: tuple[str, int, str], slices: Collection[str], write: Callable[[str, bytes], str]
) -> list[SlicedDay]:
    """Return what is known of each slice on a day of a version. `write` keeps a profile in a file of this name, and returns the name."""
    return [_known(session, day, (place, slice), write) for place, slice in enumerate(sorted(slices))]


def store_slices(
    session: Session, model: str, version: int, days: list[SlicedDay], read: Callable[[str], bytes]
) -> None:
    """Store the windows of slices with new rows, and their references, in the caller's transaction. Raises OtherReference, and then nothing
    of it may be committed."""
    moment = now()
    for day in days:
        for window in day.windows:
            session.merge(
                SliceWindowRow(
                    model=model, version=version, slice=day.slice, hours=window.hours, start=datetime.fromtimestamp(window.start, UTC),
                    rows=window.rows, profile=read(window.profile), counted_at=moment,
                )
            )  # fmt: skip
        row = session.get(SliceReferenceRow, (model, version, day.slice))
        if (0 if row is None else row.rows) != day.began:
            raise OtherReference
        if day.rows != day.began:
            session.merge(
                SliceReferenceRow(model=model, version=version, slice=day.slice, rows=day.rows, profile=read(day.reference), made_at=moment)
            )  # fmt: skip
        session.flush()


def is_begun(session: Session, model: str, version: int, slice: str) -> bool:
    """Whether a slice of a version was counted before."""
    return session.get(SliceReferenceRow, (model, version, slice)) is not None


def begin_slice(session: Session, model: str, version: int, slice: str) -> None:
    """Note that a slice is counted from now on, where no row of it has come yet."""
    if not is_begun(session, model, version, slice):
        empty = pack(TableProfile(rows=0, columns={}))
        row = SliceReferenceRow(model=model, version=version, slice=slice, rows=0, profile=empty, made_at=now())
        session.add(row)
        session.flush()


def windows_of(session: Session, of: tuple[str, int, str], span: tuple[datetime, datetime], hours: int) -> list[bytes]:
    """Return the stored profiles of the windows of a model, version and slice that start within a span, by hour, or with `hours` 24 by
    day."""
    (model, version, slice), (since, until) = of, span
    query = select(SliceWindowRow.profile).where(
        SliceWindowRow.model == model, SliceWindowRow.version == version, SliceWindowRow.slice == slice,
        SliceWindowRow.hours == hours, SliceWindowRow.start >= since, SliceWindowRow.start < until,
    )  # fmt: skip
    return list(session.scalars(query.order_by(SliceWindowRow.start)))


def reference_of(session: Session, model: str, version: int, slice: str) -> bytes | None:
    """Return the stored profile of a slice's first rows; None: there are not enough yet."""
    row = session.get(SliceReferenceRow, (model, version, slice), options=[undefer(SliceReferenceRow.profile)])
    return None if row is None or row.rows < FIRST_ROWS else row.profile


def forget_slices(session: Session, model: str, version: int, day: str) -> None:
    """Forget the windows of a day whose records are gone; references stay."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    session.execute(
        delete(SliceWindowRow).where(
            SliceWindowRow.model == model, SliceWindowRow.version == version, SliceWindowRow.start >= start,
            SliceWindowRow.start < start + _DAY,
        )
    )  # fmt: skip


def _known(
    session: Session, of: tuple[str, int, str], slice: tuple[int, str], write: Callable[[str, bytes], str]
) -> SlicedDay:
    (model, version, day), (place, name) = of, slice
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    query = select(SliceWindowRow).where(
        SliceWindowRow.model == model, SliceWindowRow.version == version, SliceWindowRow.slice == name,
        SliceWindowRow.start >= start, SliceWindowRow.start < start + _DAY,
    )  # fmt: skip
    windows = [
        SliceWindow(
            hours=row.hours, start=round(row.start.timestamp()), rows=row.rows,
            profile=write(f"slice-{model}-{version}-{day}-{place}-{number}", row.profile),
        )
        for number, row in enumerate(session.scalars(query.options(undefer(SliceWindowRow.profile))))
    ]  # fmt: skip
    known = session.get(SliceReferenceRow, (model, version, name), options=[undefer(SliceReferenceRow.profile)])
    rows, reference = (
        (0, "") if known is None else (known.rows, write(f"first-{model}-{version}-{place}", known.profile))
    )
    return SlicedDay(slice=name, windows=windows, rows=rows, reference=reference, began=rows)
