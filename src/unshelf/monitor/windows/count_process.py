"""`python -m unshelf.monitor.windows.count_process`: count the records of some days, and the end.

A process of its own, with low priority and bounds: it reads what callers sent. Reads a CountOrder as JSON from standard input and
writes a CountAnswer to standard output; profiles lie in the order's folder. It changes nothing else, so it may be killed at any moment."""

import os
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.contracts.signature import Signature
from unshelf.monitor.windows.by_count.filling import CountFiller, FilledWindow
from unshelf.monitor.windows.by_slice.counting import SliceCounter, SliceReference
from unshelf.monitor.windows.counting import (
    LATENCY,
    QUEUE,
    ColumnsBuilder,
    Counted,
    HourCounter,
    by_hour,
    joined,
    latency_of,
    together,
)
from unshelf.monitor.windows.kinds import elements_of, kinds_for, score_columns
from unshelf.monitor.windows.messages import (
    CountAnswer,
    CountedWindow,
    CountOrder,
    DayCounted,
    DayOrder,
    DaysCounted,
    SlicedDay,
    SliceWindow,
    StoredWindow,
)
from unshelf.monitor.windows.reading import first_requests, pieces
from unshelf.monitor.windows.reference import composed, profile_of_first
from unshelf.monitor.windows.summaries import as_numbers, as_stored, summaries_of
from unshelf.monitor.windows.window import FIRST_REQUESTS, HOUR_SECONDS
from unshelf.records.archive.compaction import write_parquet
from unshelf.records.archive.files import Archive, DamagedFile, open_archive, segments_of
from unshelf.records.archive.layout import ArchivedFile, segments
from unshelf.records.archive.throttle import no_rest, pace_for
from unshelf.records.process_bounds import answer_order
from unshelf.records.profiles.storing import pack, unpack
from unshelf.records.signatures import PublishedSignatures

_MOST_BUILDERS = 4000
"""Columns times hours that are profiled in one pass: each takes some kilobytes. Wider tables are read once for some of the hours."""
_DAY_HOURS = 24


def main() -> int:
    """Carry out the order on standard input."""
    return answer_order(CountOrder, carry_out)


def carry_out(order: CountOrder) -> CountAnswer:
    """Count the days of an order; what is wrong with one is said of it, and the others are counted."""
    archive = open_archive(Path(order.folder), setting=order.predictions, s3_endpoint=order.s3_endpoint)
    work = _Work(order, archive)
    return DaysCounted(days=list(work.live() if order.live else map(work.day, order.days)))


class _Profiled(NamedTuple):
    """How columns are profiled, as ColumnsBuilder has it."""

    kinds: dict[str, str]
    elements: Mapping[str, int]
    reference: TableProfile | None
    scores: Mapping[str, int]


class _Work:
    """The order's archive and folder, and what was found out for several of its days."""

    def __init__(self, order: CountOrder, archive: Archive) -> None:
        self._order = order
        self._archive = archive
        self._scratch = Path(order.scratch)
        self._signatures = PublishedSignatures(Path(order.run_folder))
        self._numbers = count()
        self._files: list[ArchivedFile] | None = None
        self._first: dict[tuple[str, int], tuple[dict[str, str], TableProfile | None, str, int]] = {}
        """By model and version: the kinds, the profile of the first requests, its file, and how many there are."""
        self._opened: dict[tuple[str, int], list[FilledWindow]] = {}
        """By model and version: the windows of predictions that are open after the days that were counted."""
        self._first_of_slices: dict[tuple[str, int, str], SliceReference] = {}
        """By model, version and slice: the first rows after the days that were counted."""
        pace = pace_for(archive.folder, sum(each.size for each in self._of_order()))
        self._rest = no_rest if order.live else pace.rest

    def day(self, day: DayOrder) -> DayCounted:
        """Return the windows of a day with its new records."""
        own = [each for each in self._of_version(day) if each.day == day.day]
        try:
            return self._counted(self._archive, day, own)
        except FileNotFoundError:
            return DayCounted(model=day.model, version=day.version, day=day.day, again=True)
        except DamagedFile as damaged:
            self._archive.put_aside(damaged)
            return DayCounted(model=day.model, version=day.version, day=day.day, again=True)
        except Exception as error:  # what is wrong with one day shall not keep the others
            problem = f"{type(error).__name__}: {error}"[:500]
            return DayCounted(model=day.model, version=day.version, day=day.day, problem=problem)

    def live(self) -> Iterator[DayCounted]:
        """Yield what the models of the order have in segments, version by version."""
        by_version = {(day.model, day.version): day for day in self._order.days}
        models = {day.model for day in self._order.days}
        made = Archive(self._scratch / "live")
        for segment in segments(self._archive.folder).values():
            try:
                write_parquet(
                    segment, made.folder, self._signatures, known=models, wanted=models.__contains__, lasting=False
                )
            except FileNotFoundError:  # it became Parquet a moment ago
                continue
        files: dict[tuple[str, int], list[ArchivedFile]] = {}
        for file in made.local_files():
            files.setdefault((file.model, _version_of(file)), []).append(file)
        for (model, version), own in files.items():
            known = by_version.get((model, version), DayOrder(model=model, version=version, day=""))
            yield self._counted(made, known, own)

    def _counted(self, archive: Archive, day: DayOrder, files: list[ArchivedFile]) -> DayCounted:
        signature = self._signatures.get((day.model, day.version))
        found = {segment for file in files for segment in segments_of(archive, file)}
        if day.past:
            day = structs.replace(day, segments=sorted(found - set(day.segments)))
        new = [file for file in files if segments_of(archive, file) - set(day.segments)]
        kinds, first, first_file, first_count = self._known(archive, day, files, signature)
        reference, _ = composed(self._profile(day.baseline), first, kinds)
        hours: dict[int, Counted] = {}
        profiled = _Profiled(kinds, elements_of(signature), reference, score_columns(signature))
        for some in () if day.past else _passes(len(kinds)):
            hours |= self._hours(archive, new, day, some, profiled)
        of_predictions = self._of_predictions(archive, new, day, profiled)
        slices = self._slices(archive, new, day, profiled)
        return DayCounted(
            model=day.model, version=day.version, day=day.day, of_predictions=of_predictions, slices=slices,
            files=[file.name for file in files],
            segments=sorted(found | set(day.segments)), kinds=kinds, first=first_file, first_requests=first_count,
            windows=[self._window(day, *each, reference) for each in _with_days(hours)],
        )  # fmt: skip

    def _hours(
        self, archive: Archive, files: list[ArchivedFile], day: DayOrder, hours: range, profiled: "_Profiled"
    ) -> dict[int, Counted]:
        """Count some hours of a day (0 to 23) in the new records of its files; hour since 1970 → records."""
        counters: dict[int, HourCounter] = {}
        for file in files:
            for records in pieces(archive, file, without=day.segments, rest=self._rest):
                for hour, those in by_hour(records):
                    if hour % _DAY_HOURS not in hours:
                        continue
                    if hour not in counters:
                        counters[hour] = HourCounter(ColumnsBuilder(*profiled))
                    counters[hour].add(those)
        return {hour: counter.counted() for hour, counter in counters.items()}

    def _of_predictions(
        self, archive: Archive, files: list[ArchivedFile], day: DayOrder, profiled: "_Profiled"
    ) -> list[CountedWindow]:
        """Fill the windows of predictions of a version with the new records of a day, in the order of its files."""
        key = (day.model, day.version)
        opened = self._opened.get(key) or [self._as_filled(each) for each in day.open]
        fillers = [CountFiller(each, lambda: ColumnsBuilder(*profiled)) for each in opened]
        for file in files if fillers else ():
            for records in pieces(archive, file, without=day.segments, rest=self._rest):
                for filler in fillers:
                    filler.add(records)
        found = [
            self._as_message(each, before)
            for filler, before in zip(fillers, opened, strict=True)
            for each in filler.windows()
        ]
        self._opened[key] = [filler.opened for filler in fillers]
        return found

    def _slices(
        self, archive: Archive, files: list[ArchivedFile], day: DayOrder, profiled: "_Profiled"
    ) -> list[SlicedDay]:
        """Count the slices of a version in the new records of a day; its other days go on with their first rows."""
        begun = {each.slice: self._slice_reference(day, each) for each in day.slices}
        counters = {
            name: SliceCounter(name, reference, lambda: ColumnsBuilder(*profiled)) for name, reference in begun.items()
        }
        for file in files if counters else ():
            for records in pieces(archive, file, without=day.segments, rest=self._rest):
                for counter in counters.values():
                    counter.add(records)
        found = []
        for each in day.slices:
            reference, before = counters[each.slice].reference(), begun[each.slice]
            self._first_of_slices[day.model, day.version, each.slice] = reference
            found.append(
                SlicedDay(
                    slice=each.slice, windows=[self._slice_window(each, *window) for window in counters[each.slice].windows()],
                    rows=reference.rows, began=before.rows,
                    reference="" if reference.profile is None or reference.rows == before.rows else self._store(reference.profile),
                )
            )  # fmt: skip
        return found

    def _slice_reference(self, day: DayOrder, slice: SlicedDay) -> SliceReference:
        known = self._first_of_slices.get((day.model, day.version, slice.slice))
        return known or SliceReference(rows=slice.rows, profile=self._profile(slice.reference))

    def _slice_window(self, stored: SlicedDay, hours: int, hour: int, new: TableProfile) -> SliceWindow:
        """Return a window of a slice as it is stored: the new rows with those that were counted before."""
        start = hour * HOUR_SECONDS
        before = next((each for each in stored.windows if (each.hours, each.start) == (hours, start)), None)
        profile = new if before is None else joined([self._read(before.profile), new])
        return SliceWindow(hours=hours, start=start, rows=profile.rows, profile=self._store(profile))

    def _as_filled(self, stored: CountedWindow) -> FilledWindow:
        counted = None
        if stored.profile:
            counted = Counted(
                requests=stored.requests, rows=stored.rows, errors=stored.errors, timings=self._read(stored.timings),
                profile=self._read(stored.profile),
            )  # fmt: skip
        return FilledWindow(
            size=stored.size, number=stored.number, counted=counted, first_ns=stored.first_ns, last_ns=stored.last_ns
        )

    def _as_message(self, window: FilledWindow, before: FilledWindow) -> CountedWindow:
        counted = window.counted
        assert counted is not None  # noqa: S101 - it has new records
        began = before.requests if before.number == window.number and before.counted is not None else None
        return CountedWindow(
            size=window.size, number=window.number, requests=counted.requests, rows=counted.rows, errors=counted.errors,
            first_ns=window.first_ns, last_ns=window.last_ns, timings=self._store(counted.timings),
            profile=self._store(counted.profile), began=began,
        )  # fmt: skip

    def _window(
        self, day: DayOrder, hours: int, start: int, new: Counted, reference: TableProfile | None
    ) -> StoredWindow:
        """Return a window as it is stored: the new records with those that were counted before."""
        stored = next((each for each in day.windows if (each.hours, each.start) == (hours, start)), None)
        total = new if stored is None else together([self._as_counted(stored), new])
        return StoredWindow(
            hours=hours, start=start, requests=total.requests, rows=total.rows, errors=total.errors,
            latency=as_numbers(latency_of(total.timings, LATENCY)), queue=as_numbers(latency_of(total.timings, QUEUE)),
            columns=as_stored(summaries_of(total.profile, reference)), timings=self._store(total.timings),
            profile=self._store(total.profile),
        )  # fmt: skip

    def _known(
        self, archive: Archive, day: DayOrder, files: list[ArchivedFile], signature: Signature | None
    ) -> tuple[dict[str, str], TableProfile | None, str, int]:
        """Return the kinds of a version's columns, and the profile of its first requests as far as there are enough."""
        if day.first:
            return dict(day.kinds), self._profile(day.first), "", FIRST_REQUESTS
        key = (day.model, day.version)
        if key in self._first:
            return self._first[key]
        records, is_enough = None, False
        if not self._order.live:
            records, is_enough = first_requests(archive, self._of_version(day), FIRST_REQUESTS, self._rest)
        elif not day.kinds:
            records, _ = first_requests(archive, files, FIRST_REQUESTS)
        kinds, made, name, number = dict(day.kinds), None, "", 0
        if records is not None:
            number = records.num_rows
            kinds = kinds or kinds_for(records, signature, self._profile(day.baseline), day.categories)
            if is_enough and kinds:
                made = profile_of_first(records, kinds, elements_of(signature), score_columns(signature))
                name = self._store(made)
        self._first[key] = (kinds, made, name, number)
        return self._first[key]

    def _of_order(self) -> list[ArchivedFile]:
        """Return the archive's files of the order's models."""
        if self._files is None:
            models = {day.model for day in self._order.days}
            present = segments(self._archive.folder)
            self._files = [] if self._order.live else self._archive.files(models.__contains__, without=present)
        return self._files

    def _of_version(self, day: DayOrder) -> list[ArchivedFile]:
        return [file for file in self._of_order() if file.model == day.model and _version_of(file) == day.version]

    def _as_counted(self, stored: StoredWindow) -> Counted:
        return Counted(
            requests=stored.requests, rows=stored.rows, errors=stored.errors, timings=self._read(stored.timings),
            profile=self._read(stored.profile),
        )  # fmt: skip

    def _profile(self, name: str) -> TableProfile | None:
        return self._read(name) if name else None

    def _read(self, name: str) -> TableProfile:
        return unpack((self._scratch / name).read_bytes())

    def _store(self, profile: TableProfile) -> str:
        name = f"counted-{next(self._numbers)}"
        (self._scratch / name).write_bytes(pack(profile))
        return name


def _with_days(hours: dict[int, Counted]) -> Iterator[tuple[int, int, Counted]]:
    """Yield each hour and each day: how many hours it has, when it starts, and its records."""
    days: dict[int, list[Counted]] = {}
    for hour, counted in sorted(hours.items()):
        yield 1, hour * HOUR_SECONDS, counted
        days.setdefault(hour // _DAY_HOURS, []).append(counted)
    for day, parts in days.items():
        yield _DAY_HOURS, day * _DAY_HOURS * HOUR_SECONDS, together(parts)


def _passes(columns: int) -> list[range]:
    """Return the hours of a day that are counted in each pass."""
    step = max(1, min(_DAY_HOURS, _MOST_BUILDERS // max(columns, 1)))
    return [range(first, min(first + step, _DAY_HOURS)) for first in range(0, _DAY_HOURS, step)]


def _version_of(file: ArchivedFile) -> int:
    return int(file.key.split("/")[1].removeprefix("version="))


if __name__ == "__main__":
    os._exit(main())
