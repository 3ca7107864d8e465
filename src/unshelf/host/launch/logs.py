"""Worker logs: what a version prints, one file each, kept within bounds."""

import contextlib
import os
import re
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from unshelf.runtime.durable import replacing
from unshelf.runtime.output_lines import without_stamps

MAX_BYTES = 10 << 20
_TAIL_BYTES = 16 << 10
_NAME = re.compile(r"(?P<model>.+)-(?P<version>[0-9]+)\.log(?:\.1)?")


class WorkerLogs:
    """The log files below one folder: `<model>-<version>.log`, and `.log.1` with the end of what came before it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, model: str, version: int) -> Path:
        """The log of this version."""
        return self._folder / f"{model}-{version}.log"

    def say(self, model: str, version: int, about: str, text: str) -> None:
        """Write a line of the platform's own into the log of a version. Raises OSError."""
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self.file(model, version).open("ab") as file:
            file.write(f"{stamp} [{about}] {text}\n".encode(errors="replace"))

    def trim(self) -> None:
        """Move the end of a log that has grown too large aside. Its writers append, so they go on in the emptied file."""
        with os.scandir(self._folder) as entries:
            large = [Path(entry) for entry in entries if entry.name.endswith(".log") and _size(entry) > MAX_BYTES]
        for path in large:
            with contextlib.suppress(FileNotFoundError):
                _move_end_aside(path)

    def forget_all_but(self, versions: Collection[tuple[str, int]]) -> None:
        """Delete the logs of versions that are gone."""
        for path in self._folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match and (match["model"], int(match["version"])) not in versions:
                path.unlink(missing_ok=True)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        return 0


def _move_end_aside(path: Path) -> None:
    """Keep the last MAX_BYTES as `.log.1`, and empty the file. A flood that goes on meanwhile is not chased."""
    with path.open("r+b") as file, replacing(path.with_name(f"{path.name}.1")) as aside:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, size - MAX_BYTES))
        left = MAX_BYTES
        while left and (chunk := file.read(min(left, 1 << 20))):
            aside.write(chunk)
            left -= len(chunk)
        file.truncate(0)


def tail(path: Path, *, since: int = 0, lines: int = 40) -> str:
    """The last lines of a log file as the program wrote them, none from before the offset `since`."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0 if since > size else since, size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return without_stamps("\n".join(text.splitlines()[-lines:]))
