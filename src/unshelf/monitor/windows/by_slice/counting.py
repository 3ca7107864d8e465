"""Counting of slices: profiles of their rows by hour and day, and of the first of them, which are what they are held against."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.monitor.windows.by_slice.rows import rows_in
from unshelf.monitor.windows.counting import ColumnsBuilder, by_hour, joined

FIRST_ROWS = 1000
"""The rows of a slice that are its reference."""
_DAY_HOURS = 24


@dataclass(frozen=True, kw_only=True)
class SliceReference:
    """The first rows of a slice."""

    rows: int
    profile: TableProfile | None
    """None: there is none yet."""

    @property
    def is_whole(self) -> bool:
        """Whether there are enough: then it stays as it is."""
        return self.rows >= FIRST_ROWS


class SliceCounter:
    """Counts the rows of one slice in the records of a day."""

    def __init__(self, slice: str, reference: SliceReference, columns: Callable[[], ColumnsBuilder]) -> None:
        """`columns` makes what profiles the columns of one window."""
        self._slice = slice
        self._columns = columns
        self._hours: dict[int, ColumnsBuilder] = {}
        self._reference = reference
        self._first: ColumnsBuilder | None = None

    def add(self, records: Any) -> None:
        """Take a table of records."""
        rows = rows_in(records, self._slice)
        if rows is None:
            return
        self._add_first(rows)
        for hour, those in by_hour(rows):
            if hour not in self._hours:
                self._hours[hour] = self._columns()
            self._hours[hour].add(those)

    def windows(self) -> list[tuple[int, int, TableProfile]]:
        """Return how many hours each window has, the hour since 1970 at which it begins, and the profile of its rows."""
        hours = {hour: builder.profile() for hour, builder in sorted(self._hours.items())}
        days: dict[int, list[TableProfile]] = {}
        for hour, profile in hours.items():
            days.setdefault(hour // _DAY_HOURS * _DAY_HOURS, []).append(profile)
        return [
            *((1, hour, profile) for hour, profile in hours.items()),
            *((_DAY_HOURS, day, joined(parts)) for day, parts in days.items()),
        ]

    def reference(self) -> SliceReference:
        """Return the first rows, with those that were taken."""
        if self._first is None:
            return self._reference
        new, before = self._first.profile(), self._reference.profile
        profile = new if before is None else joined([before, new])
        return SliceReference(rows=profile.rows, profile=profile)

    def _add_first(self, rows: Any) -> None:
        missing = FIRST_ROWS - self._reference.rows - (0 if self._first is None else self._first.rows)
        if missing <= 0:
            return
        if self._first is None:
            self._first = self._columns()
        self._first.add(rows.slice(0, missing))
