"""SQLite: the embedded default, one file beside everything else in the home folder."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, OperationalError

from unshelf.foundation.database.engine import BUSY_SECONDS, WRITES, Database

_KEPT_CONNECTIONS = 8
_MORE_CONNECTIONS = 56


class SqliteDatabase(Database):
    """A SQLite file, durable (WAL, fsync at each commit). Writers take turns by BEGIN IMMEDIATE."""

    def __init__(self, url: str, folder: Path = Path()) -> None:
        """`url`: `sqlite:///FILE`, relative to `folder`."""
        parsed = make_url(url)
        parsed = parsed.set(database=str(folder / (parsed.database or "unshelf.db")))
        engine = create_engine(parsed, pool_size=_KEPT_CONNECTIONS, max_overflow=_MORE_CONNECTIONS)
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        super().__init__(engine, reading=engine)
        self._watching = threading.Lock()
        self._watcher: sqlite3.Connection | None = None

    def change_mark(self) -> object:
        """Return SQLite's own count of what connections other than the asking one have committed: so one is kept that never writes."""
        with self._watching:
            if self._watcher is None:
                pooled = self._engine.raw_connection()
                self._watcher = cast(sqlite3.Connection, pooled.driver_connection)
                pooled.detach()
            try:
                return self._watcher.execute("PRAGMA data_version").fetchone()[0]
            except sqlite3.Error as error:
                raise OperationalError("PRAGMA data_version", None, error) from error

    def dispose(self) -> None:
        """Close all connections."""
        super().dispose()
        with self._watching:
            if self._watcher is not None:
                self._watcher.close()
                self._watcher = None

    @contextmanager
    def restructure(self) -> Iterator[Connection]:
        """Open the transaction of a migration. SQLite alters a table by copying it, so foreign keys must rest meanwhile."""
        with self._engine.execution_options(**{WRITES: True}).connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
            try:
                with connection.begin():
                    yield connection
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    if broken:
                        reason = ValueError(f"the migration leaves rows that refer to nothing: {broken[:5]}")
                        raise IntegrityError("PRAGMA foreign_key_check", None, reason)
            finally:
                raw.execute("PRAGMA foreign_keys = ON")


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    """Make the connection durable, concurrent and strict, and let us say when a transaction begins (sqlite3 would guess)."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {int(BUSY_SECONDS * 1000)}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
