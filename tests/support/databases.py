"""SQLite databases as migrations leave them: copies of one that is made once, as migrating takes longer than most tests do."""

import functools
import tempfile
from importlib import import_module
from pathlib import Path

import unshelf
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.database.sqlite import SqliteDatabase


def know_all_tables() -> None:
    """Have all tables imported: they refer to one another, so that a test which makes some needs to know all."""
    root = Path(unshelf.__file__).parent
    for tables in sorted(root.glob("**/tables.py")):
        import_module(".".join(("unshelf", *tables.relative_to(root).with_suffix("").parts)))


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
