"""The output of models' programs: the last lines of what their workers and checks wrote, and each that comes.

Workers write to a file a version (`<model>-<version>.log`), whose content the host moves to `.log.1` when it has grown too large."""

import asyncio
import heapq
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from unshelf.runtime.output_lines import OutputLine, read_line

CHECK = "check"
"""The replica of lines that a check wrote."""

_POLL_SECONDS = 0.3
_BYTES_A_LINE = 1000
_LEAST_BYTES = 256 << 10
_LONGEST_LINE = 10_000
_COARSE_SECONDS = 1.0
"""Systems note the time of a write by a clock that may be some milliseconds behind."""
_CHUNK_BYTES = 256 << 10
"""Read at a time, so that files of many versions fit in memory."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

CheckOutputs = Callable[[str, int | None], list[tuple[int, str]]]
"""Returns what the checks of a model's versions wrote, or of one version: number and output."""


class ShownLine(NamedTuple):
    """A line of a version."""

    version: int
    line: OutputLine

    @property
    def moment(self) -> datetime:
        """The time by which lines are sorted."""
        return self.line.time or _LONG_AGO


class OutputService:
    """Reads what models' programs wrote. No thread is held while there is nothing to read."""

    def __init__(
        self, folder: Path, resolve: Callable[[str], tuple[str, int | None]], check_outputs: CheckOutputs
    ) -> None:
        """`folder`: where the files lie. `resolve` finds model and version (None: all) of a reference; it raises NotFound."""
        self._folder = folder
        self._resolve = resolve
        self._check_outputs = check_outputs

    def lines(self, reference: str, *, tail: int, follow: bool, since: datetime | None = None) -> AsyncIterator[bytes]:
        """Return the last `tail` lines as JSON, oldest first; with `follow`, then each that comes, without end. Raises NotFound.

        `since`: none from before, and none whose time nobody noted."""
        model, version = self._resolve(reference)
        checked = [
            ShownLine(number, line) for number, text in self._check_outputs(model, version) for line in _lines_of(text)
        ]
        reader = OutputReader(self._folder, model, version)
        return _stream(reader, checked, tail=tail, follow=follow, since=since)


class OutputReader:
    """Reads the files of a model's versions, or of one version: first `newest`, then `arrived` again and again to follow."""

    def __init__(self, folder: Path, model: str, version: int | None = None) -> None:
        self._folder = folder
        self._name = re.compile(rf"{re.escape(model)}-(?P<version>[0-9]+)\.log")
        self._version = version
        self._files: dict[int, _VersionFile] = {}

    def newest(self, count: int, *, since: datetime | None = None) -> list[ShownLine]:
        """Return the last `count` lines, oldest first; with `since` none from before, wherever in the files it is."""
        most = None if since is not None else _LEAST_BYTES + count * _BYTES_A_LINE
        lines = heapq.merge(*(file.begin(most, since) for file in self._look()), key=_moment)
        return list(deque((line for line in lines if since is None or line.moment >= since), maxlen=count))

    def arrived(self) -> list[ShownLine]:
        """Return the lines that came since the last look, oldest first."""
        return list(heapq.merge(*(file.arrived() for file in self._look()), key=_moment))

    def _look(self) -> list["_VersionFile"]:
        """Return the files that are there, those that are new included."""
        for path in self._folder.glob("*.log"):
            match = self._name.fullmatch(path.name)
            if match is not None and self._version in (None, int(match["version"])):
                self._files.setdefault(int(match["version"]), _VersionFile(path, int(match["version"])))
        return list(self._files.values())


class _VersionFile:
    """The output of one version, read on and on."""

    def __init__(self, path: Path, version: int) -> None:
        self._path = path
        self._version = version
        self._offset = 0
        self._part = b""
        self._before: OutputLine | None = None

    def begin(self, most: int | None, since: datetime | None = None) -> Iterator[ShownLine]:
        """Yield the lines in the last `most` bytes, None: in all; of a file that nobody wrote to `since` then none."""
        size = _size(self._path)
        if since is not None and size and self._path.stat().st_mtime + _COARSE_SECONDS < since.timestamp():
            self._offset = size
            return
        left = None if most is None else most - size
        if left is None or left > 0:
            older = self._path.with_name(f"{self._path.name}.1")
            first = 0 if left is None else max(0, _size(older) - left)
            yield from self._lines(_chunks(older, first), is_cut=first > 0)
        first = 0 if most is None else max(0, size - most)
        yield from self._lines(_chunks(self._path, first, size), is_cut=first > 0)
        self._offset = size

    def arrived(self) -> Iterator[ShownLine]:
        """Yield the lines that came since. What the host moved aside meanwhile is read where it lies now."""
        size = _size(self._path)
        if size < self._offset:
            yield from self._lines(_chunks(self._path.with_name(f"{self._path.name}.1"), self._offset))
            self._offset = 0
        if size > self._offset:
            yield from self._lines(_chunks(self._path, self._offset, size))
            self._offset = size

    def _lines(self, chunks: Iterator[bytes], *, is_cut: bool = False) -> Iterator[ShownLine]:
        """Yield the lines that end in these chunks; the first one is none where the file is `is_cut` within it."""
        for chunk in chunks:
            *lines, self._part = (self._part + chunk).split(b"\n")
            if is_cut and lines:
                del lines[0]
                is_cut = False
            for raw in lines:
                self._before = _cut(read_line(raw.decode(errors="replace"), self._before))
                yield ShownLine(self._version, self._before)


async def _stream(
    reader: OutputReader, checked: list[ShownLine], *, tail: int, follow: bool, since: datetime | None
) -> AsyncIterator[bytes]:
    found = await asyncio.to_thread(reader.newest, tail, since=since)
    early = [line for line in checked if since is None or line.moment >= since]
    # Merged, not sorted: a file's lines stay in their order where the machine's clock was set back.
    found = list(heapq.merge(early, found, key=_moment))
    found = found[max(0, len(found) - tail) :]
    while True:
        if found:
            yield b"".join(map(_encoded, found))
        if not follow:
            return
        await asyncio.sleep(_POLL_SECONDS)
        found = await asyncio.to_thread(reader.arrived)


def _lines_of(text: str) -> Iterator[OutputLine]:
    before: OutputLine | None = None
    for line in text.splitlines():
        before = _cut(read_line(line, before))
        yield before._replace(replica=CHECK)


def _encoded(shown: ShownLine) -> bytes:
    line = shown.line
    fields = {"time": line.time, "version": shown.version, "replica": line.replica, "text": line.text}
    return msgspec.json.encode(fields) + b"\n"


def _cut(line: OutputLine) -> OutputLine:
    text = line.text.rstrip("\r").rpartition("\r")[2]  # a progress bar shows its last state
    if len(text) > _LONGEST_LINE:
        text = f"{text[:_LONGEST_LINE]} [{len(text) - _LONGEST_LINE} more]"
    return line._replace(text=text)


def _moment(shown: ShownLine) -> datetime:
    return shown.moment


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _chunks(path: Path, first: int, end: int | None = None) -> Iterator[bytes]:
    """Yield the bytes from `first` to `end`, None: to the end of the file; nothing of a file that is not there."""
    try:
        with path.open("rb") as file:
            file.seek(first)
            while chunk := file.read(_CHUNK_BYTES if end is None else min(_CHUNK_BYTES, end - file.tell())):
                yield chunk
    except FileNotFoundError:
        return
