"""The tables of windows: profiles and traffic by hour and by day, which files of records they were counted from, and references."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class RecordWindowRow(Base):
    """Records of a version within an hour or a day (UTC). No foreign key: records outlive their model."""

    __tablename__ = "record_windows"
    __table_args__ = (Index("ix_record_windows_start", "start"), Index("ix_record_windows_counted", "counted_at"))

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0: no version was chosen, because the request failed before."""
    hours: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """1 or 24."""
    start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)
    errors: Mapped[dict[str, int]] = mapped_column(JSON)
    """Code of the problem → requests."""
    latency: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """monitor.windows.window.Latency."""
    queue: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSON, deferred=True)
    """monitor.windows.window.ColumnSummary of each column."""
    timings: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """The stored profile of latency and waiting, in milliseconds."""
    profile: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    """The stored profile of the answered requests."""
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CountWindowRow(Base):
    """A window of a number of predictions of a version, in the order in which they were counted. The last one of a size is open, unless it
    has all of them."""

    __tablename__ = "count_windows"
    __table_args__ = (Index("ix_count_windows_counted", "counted_at"),)

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """1, 2, … of this size."""
    requests: Mapped[int]
    rows: Mapped[int] = mapped_column(BigInteger)
    errors: Mapped[dict[str, int]] = mapped_column(JSON)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    """The time of its earliest record, later than that of the window before: it tells a window from others in results."""
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    first_ns: Mapped[int] = mapped_column(BigInteger)
    last_ns: Mapped[int] = mapped_column(BigInteger)
    timings: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    profile: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SliceWindowRow(Base):
    """Rows of a version within an hour or a day (UTC) that have one value of an input."""

    __tablename__ = "slice_windows"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slice: Mapped[str] = mapped_column(String(200), primary_key=True)
    """`COLUMN=VALUE`."""
    hours: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """1 or 24."""
    start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    rows: Mapped[int] = mapped_column(BigInteger)
    profile: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SliceReferenceRow(Base):
    """The first rows of a slice, which stay once there are enough."""

    __tablename__ = "slice_references"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    slice: Mapped[str] = mapped_column(String(200), primary_key=True)
    rows: Mapped[int]
    profile: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CountedDayRow(Base):
    """A day of a version's records, and what of it was counted: written in the transaction that writes the windows."""

    __tablename__ = "counted_days"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    files: Mapped[list[str]] = mapped_column(JSON)
    """The names of the archive's files of this day all of whose records were counted."""
    segments: Mapped[list[str]] = mapped_column(JSON, deferred=True)
    """The segments whose records were counted: files are merged, but each row goes on naming its segment."""
    revision: Mapped[int]
    """Grows with each change, so that nobody adds to windows that another has changed meanwhile."""


class WindowReferenceRow(Base):
    """Facts of a version's records that stay: the kinds of its columns, and the profile of its first requests."""

    __tablename__ = "window_references"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kinds: Mapped[dict[str, str]] = mapped_column(JSON)
    """Column → number, category, text, time or tensor."""
    requests: Mapped[int]
    """The first requests that the profile is of, or that there were when it was looked for."""
    first: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The stored profile of the first requests; None: there are not enough yet."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
