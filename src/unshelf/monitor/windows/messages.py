"""Messages between control and the process that counts records: JSON on standard input and output; profiles lie as files beside them."""

from typing import Any

import msgspec

from unshelf.contracts.protocols.data import DataLimits, DataProblem


class StoredWindow(msgspec.Struct, frozen=True, kw_only=True):
    """Records of an hour or a day, as they are stored; of an order those that were counted already, of an answer those and the new ones."""

    hours: int
    """1 or 24."""
    start: int
    """Unix seconds."""
    requests: int
    rows: int
    errors: dict[str, int]
    latency: dict[str, float] | None = None
    """monitor.windows.window.TimeQuantiles."""
    queue: dict[str, float] | None = None
    columns: list[dict[str, Any]] = []
    """monitor.windows.window.ColumnSummary of each."""
    timings: str = ""
    """Files in the scratch folder with stored profiles."""
    profile: str = ""


class CountedWindow(msgspec.Struct, frozen=True, kw_only=True):
    """A window of a number of predictions of a version, as it is stored."""

    size: int
    number: int
    requests: int
    rows: int = 0
    errors: dict[str, int] = {}
    first_ns: int = 0
    last_ns: int = 0
    timings: str = ""
    """Files in the scratch folder with stored profiles; empty: it has no record."""
    profile: str = ""
    began: int | None = None
    """The predictions that it had before this day, of an answer; None: it was begun on it."""


class SliceWindow(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a slice in an hour or a day."""

    hours: int
    """1 or 24."""
    start: int
    """Unix seconds."""
    rows: int
    profile: str
    """The file in the scratch folder with the stored profile."""


class SlicedDay(msgspec.Struct, frozen=True, kw_only=True):
    """Windows of a slice on a day: of an order those that there are, of an answer those with new rows; and its first rows."""

    slice: str
    """`COLUMN=VALUE`."""
    windows: list[SliceWindow] = []
    rows: int = 0
    """The first rows of the slice, as far as they are counted."""
    reference: str = ""
    """The file with their stored profile; empty: there are none."""
    began: int = 0
    """The first rows that there were before this day."""


class DayOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Control: a day of a version of which files are not counted yet."""

    model: str
    version: int
    day: str
    """As in the archive."""
    segments: list[str] = []
    """The segments whose records were counted before."""
    kinds: dict[str, str] = {}
    """Column → kind; empty: not chosen yet."""
    categories: list[str] = []
    """Columns that are categories whatever their type, where kinds are chosen: codes of classes."""
    baseline: str = ""
    """A file in the scratch folder with the stored profile of the baseline; empty: none."""
    first: str = ""
    """The same of the first requests; empty: there were not enough yet."""
    windows: list[StoredWindow] = []
    """The windows of this day."""
    slices: list[SlicedDay] = []
    """The slices that are counted, with their windows of this day."""
    open: list[CountedWindow] = []
    """The open window of each size of predictions. Of a version's later days in an order, those of the day before it go on."""
    past: bool = False
    """Fill these windows and slices alone, with the records of `segments`, which were counted before they were asked for."""


class CountOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Control: count the records of some days that were not counted."""

    folder: str
    """The folder of the predictions."""
    predictions: str
    s3_endpoint: str
    """Where the archive lies, as in the settings."""
    run_folder: str
    scratch: str
    """An empty folder but for the order's own files, which the sender removes."""
    limits: DataLimits
    days: list[DayOrder]
    live: bool = False
    """Count what is not in the archive yet instead: the records of the days' models that lie in segments. `day` is empty then."""


class DayCounted(msgspec.Struct, frozen=True, kw_only=True):
    """The process: what a day's windows are with the new records."""

    model: str
    version: int
    day: str
    files: list[str] = []
    """The names of the files of the day, all of whose records are counted now."""
    segments: list[str] = []
    """The segments of these records, with those of the order."""
    kinds: dict[str, str] = {}
    first: str = ""
    """A file with the stored profile of the first requests, where it was made now."""
    first_requests: int = 0
    """How many of the first requests there are."""
    windows: list[StoredWindow] = []
    """The windows that have new records."""
    slices: list[SlicedDay] = []
    """The slices that are counted, with their windows that have new rows."""
    of_predictions: list[CountedWindow] = []
    """The windows of predictions that have, by size and number."""
    again: bool = False
    """Whether files were merged or moved meanwhile, so that nothing of the day was counted."""
    problem: str = ""
    """Why nothing of the day could be counted; empty: it was."""


class DaysCounted(msgspec.Struct, frozen=True, kw_only=True, tag="counted", tag_field="said"):
    """The process: the days, in the order of those asked for; of what lies in segments, a day for each version that has records there."""

    days: list[DayCounted]


CountAnswer = DaysCounted | DataProblem
