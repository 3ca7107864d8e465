"""The database: tables' base class, and the two ways to talk to it, a read and a transaction that writes."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

_BUSY_SECONDS = 10.0
_KEPT_CONNECTIONS = 8
_MORE_CONNECTIONS = 56
_WRITES = "unshelf_writes"


class Base(DeclarativeBase):
    """What every table inherits. Constraints get predictable names, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Takes and gives aware datetimes only, in UTC, also where the database knows no time zones (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse a moment without its time zone: it would mean something else on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give back what was stored, with its time zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """A database by its URL: `sqlite:////path/unshelf.db` or `postgresql+psycopg://…`."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, pool_size=_KEPT_CONNECTIONS, max_overflow=_MORE_CONNECTIONS)
        if self._engine.dialect.name == "sqlite":
            _tame_sqlite(self._engine)
        self._reads = sessionmaker(self._engine, expire_on_commit=False)
        self._writes = sessionmaker(self._engine.execution_options(**{_WRITES: True}), expire_on_commit=False)

    @property
    def engine(self) -> Engine:
        """For migrations and tests; everything else reads and writes through sessions."""
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that may write: committed at the end, rolled back when anything is raised.

        On SQLite there is one writer at a time, and it is chosen at the beginning, so what a transaction has read
        can't change under it. Keep it short: no call to another process inside."""
        with self._writes.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one state of the database and never waits for writers. Whatever it changes is dropped."""
        with self._reads() as session:
            yield session

    def dispose(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _tame_sqlite(engine: Engine) -> None:
    """Make SQLite durable, concurrent and strict, and let us say when a transaction begins (sqlite3 would guess)."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {int(_BUSY_SECONDS * 1000)}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
