"""PostgreSQL: the database beyond one machine, with the same promises as the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine, event, make_url

from unshelf.foundation.database.engine import BUSY_SECONDS, WRITES, Database

_KEPT_CONNECTIONS = 8
_MORE_CONNECTIONS = 24
_CONNECT_SECONDS = 5
_STUCK_SECONDS = 60
"""How long a transaction may do nothing before the server ends it: a process that hangs must not keep all others from writing."""
_WRITERS_LOCK = 0x756E7368656C66
"""The advisory lock that a writer holds until its transaction ends ("unshelf"); it is the database's own, not the server's."""


class PostgresqlDatabase(Database):
    """A PostgreSQL database. Writers take turns by an advisory lock, so that each statement sees all that was committed before."""

    def __init__(self, url: str, _folder: Path = Path()) -> None:
        """`url`: `postgresql://USER:PASSWORD@HOST/NAME`, as libpq takes it."""
        engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=_KEPT_CONNECTIONS,
            max_overflow=_MORE_CONNECTIONS,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": "unshelf"},
        )
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        super().__init__(engine, reading=engine.execution_options(isolation_level="REPEATABLE READ"))

    def change_mark(self) -> object:
        """Return which transactions of the server have ended: what another database of it commits changes it, too."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar()

    @contextmanager
    def restructure(self) -> Iterator[Connection]:
        """Open the transaction of a migration."""
        with self._engine.execution_options(**{WRITES: True}).begin() as connection:
            yield connection


def _on_connect(connection: "psycopg.Connection[Any]", _record: Any) -> None:
    connection.autocommit = True
    connection.execute(f"SET lock_timeout = {int(BUSY_SECONDS * 1000)}")
    connection.execute(f"SET idle_in_transaction_session_timeout = {_STUCK_SECONDS * 1000}")
    connection.execute("SET timezone = 'UTC'")
    connection.autocommit = False


def _on_begin(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")
