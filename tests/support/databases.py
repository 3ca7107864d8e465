"""SQLite databases as migrations leave them: copies of one that is made once, as migrating takes longer than most tests do."""

import functools
import tempfile
from pathlib import Path

from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.database.sqlite import SqliteDatabase


def write_migrated(path: Path) -> None:
    """Write a database with this release's tables and nothing of anybody's."""
    path.write_bytes(_migrated())


@functools.cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.db")
        database = SqliteDatabase(f"sqlite:///{path}")
        migrate(database)
        database.dispose()
        assert list(Path(folder).iterdir()) == [path], "the last connection that closes leaves one file"
        return path.read_bytes()
