"""Copies of a SQLite database: the pages of its file, as one read transaction sees them."""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from unshelf.foundation.database.copies.port import PART_BYTES, LeftOut, PartReader
from unshelf.foundation.database.engine import DatabaseUnavailable
from unshelf.runtime.file_lock import held_folder, sweep_held

_FILE = "unshelf.db"
_TABLE_QUERY = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?"
_WAIT_SECONDS = 60.0


class SqliteCopier:
    """Copies the file. Pages that did not change lie where they lay, so that two copies share their parts."""

    kind = "sqlite"
    is_in_home = True

    def __init__(self, url: str, folder: Path) -> None:
        """`url`: `sqlite:///FILE`, relative to `folder`, beside which a copy is made for as long as it is read."""
        self._path = folder / (make_url(url).database or _FILE)

    @contextmanager
    def state(self) -> Iterator["_SqliteState"]:
        """Open a read transaction; it ends with the block."""
        if not self._path.is_file():
            raise DatabaseUnavailable(f"There is no database {self._path}.")
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)) as source:
                source.execute("BEGIN")
                revision = source.execute("SELECT version_num FROM alembic_version").fetchone()[0]  # fixes the state
                yield _SqliteState(source, str(revision), self._path.parent)
        except sqlite3.Error as error:
            raise DatabaseUnavailable(f"The database {self._path} can't be copied: {error}.") from error

    def is_empty(self) -> bool:
        """Whether there is no such file."""
        return not self._path.exists()

    def word(self) -> str:
        """Return nothing: the file is there as a whole or not at all."""
        return ""

    def load(
        self,
        revision: str,  # noqa: ARG002 -- the file says its own
        names: list[str],  # noqa: ARG002
        read: PartReader,
        word: str = "",  # noqa: ARG002
        left_out: LeftOut | None = None,
    ) -> None:
        """Write the file beside, look whether it is a sound database, and give it its name."""
        beside = self._path.with_name(f".{self._path.name}-loading")
        try:
            with beside.open("wb") as file:
                file.writelines(read(_FILE))
            beside.chmod(0o600)
            with contextlib.closing(sqlite3.connect(beside)) as loaded:
                (found,) = loaded.execute("PRAGMA quick_check(1)").fetchone()
                if (
                    left_out is not None
                    and found == "ok"
                    and loaded.execute(_TABLE_QUERY, (left_out.table,)).fetchone()
                ):
                    loaded.execute(f'DELETE FROM "{left_out.table}" WHERE "{left_out.column}" = ?', (left_out.value,))  # noqa: S608
                    loaded.commit()
            if found != "ok":
                raise DatabaseUnavailable(f"The copy of the database is damaged: {found}.")
            beside.replace(self._path)
        finally:
            for left in (beside, *(Path(f"{beside}{end}") for end in ("-wal", "-shm"))):
                left.unlink(missing_ok=True)


class _SqliteState:
    def __init__(self, source: sqlite3.Connection, revision: str, folder: Path) -> None:
        self.revision = revision
        self._source = source
        self._folder = folder

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Copy the file by SQLite's own way, which reads what the transaction sees, then cut it."""
        sweep_held(self._folder)  # a copy that was killed is as large as the database
        with held_folder(self._folder, "copy") as folder:
            copy = folder / _FILE
            with contextlib.closing(sqlite3.connect(copy)) as target:
                self._source.backup(target)
            yield _FILE, _parts(copy)


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(PART_BYTES):
            yield part
