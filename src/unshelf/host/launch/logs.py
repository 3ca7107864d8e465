"""Worker logs: what a version prints, one file each, kept within bounds."""

import contextlib
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from unshelf.runtime.output_lines import without_stamps

MAX_BYTES = 10 << 20
_TAIL_BYTES = 16 << 10
_NAME = re.compile(r"(?P<model>.+)-(?P<version>[0-9]+)\.log(?:\.1)?")


class WorkerLogs:
    """The log files below one folder: `<model>-<version>.log`, and `.log.1` with what came before it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, model: str, version: int) -> Path:
        """The log of this version."""
        return self._folder / f"{model}-{version}.log"

    def trim(self) -> None:
        """Move a log that has grown too large aside. Its writers append, so they go on in the emptied file."""
        for path in self._folder.glob("*.log"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_size > MAX_BYTES:
                    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
                    with path.open("r+b") as file:
                        file.truncate()

    def forget_all_but(self, versions: Collection[tuple[str, int]]) -> None:
        """Delete the logs of versions that are gone."""
        for path in self._folder.iterdir():
            match = _NAME.fullmatch(path.name)
            if match and (match["model"], int(match["version"])) not in versions:
                path.unlink(missing_ok=True)


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
