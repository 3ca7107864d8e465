"""Copies of a PostgreSQL database: its tables by COPY, all in one REPEATABLE READ transaction.

No program of PostgreSQL is needed, whose version would have to fit the server's. Rows come in the order of their primary keys, and parts
end where a row's checksum says so: rows that were inserted since the last copy change the parts that they lie in, and no other."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from unshelf.foundation.database.copies.port import PART_BYTES, LeftOut, PartReader
from unshelf.foundation.database.engine import DatabaseUnavailable
from unshelf.foundation.database.migrating import upgrade_to
from unshelf.foundation.database.postgresql import PostgresqlDatabase

_CONNECT_SECONDS = 10
_SEQUENCES = "sequences"
_TABLES = "tables/"
_VERSION = "alembic_version"
_RESTORE = "restore "
"""How the comment of that table begins, once a restore has filled the database."""
_ENDS = 0x03FF
"""A row whose checksum has these bits clear ends its part."""
_MOST_BYTES = 16 * PART_BYTES

_TABLE_QUERY = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname"""
_COLUMN_QUERY = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"""
_KEY_QUERY = """
SELECT a.attname FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY k.place"""
_SEQUENCE_QUERY = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY sequencename"""
_FOREIGN_QUERY = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"""


class PostgresqlCopier:
    """Copies the tables of the connection's schema."""

    kind = "postgresql"
    is_in_home = False

    def __init__(self, url: str, _folder: Path = Path()) -> None:
        """`url`: `postgresql://USER:PASSWORD@HOST/NAME`."""
        self._url = url

    @contextmanager
    def state(self) -> Iterator["_PostgresqlState"]:
        """Open a transaction whose first query fixes what it sees."""
        with self._errors(), self._connection() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if row is None:
                raise DatabaseUnavailable("The database says no revision of its tables.")
            yield _PostgresqlState(connection, str(row[0]))
            connection.rollback()

    def is_empty(self) -> bool:
        """Whether the schema has no tables."""
        with self._errors(), self._connection() as connection:
            return not connection.execute(_TABLE_QUERY).fetchall()

    def word(self) -> str:
        """Return the word in the comment of the table of revisions."""
        with self._errors(), self._connection() as connection:
            found = connection.execute("SELECT obj_description(to_regclass(%s), 'pg_class')", [_VERSION]).fetchone()
        text = str(found[0]) if found is not None and found[0] is not None else ""
        return text.removeprefix(_RESTORE) if text.startswith(_RESTORE) else ""

    def load(
        self, revision: str, names: list[str], read: PartReader, word: str = "", left_out: LeftOut | None = None
    ) -> None:
        """Make the tables of that revision and fill them, in one transaction. Foreign keys rest meanwhile, and are checked at its end."""
        database = PostgresqlDatabase(self._url)
        try:
            with self._errors(), database.restructure() as opened:
                upgrade_to(opened, revision)
                connection: psycopg.Connection[Any] = opened.connection.dbapi_connection  # type: ignore[assignment]
                foreign = connection.execute(_FOREIGN_QUERY).fetchall()
                for table, name, _ in foreign:
                    connection.execute(_sql("ALTER TABLE {} DROP CONSTRAINT {}", table, name))
                for table in [name.removeprefix(_TABLES) for name in names if name.startswith(_TABLES)]:
                    if table != _VERSION:
                        _fill(connection, table, read(_TABLES + table))
                if left_out is not None and _TABLES + left_out.table in names:
                    connection.execute(
                        _sql("DELETE FROM {} WHERE {} = ", left_out.table, left_out.column)
                        + sql.Literal(left_out.value)
                    )
                for table, name, definition in foreign:
                    connection.execute(_sql("ALTER TABLE {} ADD CONSTRAINT {} ", table, name) + sql.SQL(definition))
                if _SEQUENCES in names:
                    _set_sequences(connection, b"".join(read(_SEQUENCES)).decode())
                if word:
                    connection.execute(_sql("COMMENT ON TABLE {} IS ", _VERSION) + sql.Literal(_RESTORE + word))
        finally:
            database.dispose()

    def _connection(self) -> "psycopg.Connection[Any]":
        url = make_url(self._url).set(drivername="postgresql").render_as_string(hide_password=False)
        options = "-c idle_in_transaction_session_timeout=0 -c statement_timeout=0"
        return psycopg.connect(
            url, connect_timeout=_CONNECT_SECONDS, application_name="unshelf backup", options=options
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            where = make_url(self._url).render_as_string(hide_password=True)
            raise DatabaseUnavailable(f"The database {where} can't be copied: {error}".strip()) from error


class _PostgresqlState:
    def __init__(self, connection: "psycopg.Connection[Any]", revision: str) -> None:
        self.revision = revision
        self._connection = connection

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield a file a table, as COPY writes it, with its columns in the first line; then the places of sequences."""
        for (table,) in self._connection.execute(_TABLE_QUERY).fetchall():
            yield _TABLES + table, self._rows(table)
        lines = [f"{name}\t{value}" for name, value in self._connection.execute(_SEQUENCE_QUERY).fetchall()]
        yield _SEQUENCES, iter(["\n".join(lines).encode()])

    def _rows(self, table: str) -> Iterator[bytes]:
        quoted = sql.Identifier(table).as_string(self._connection)
        columns = [name for (name,) in self._connection.execute(_COLUMN_QUERY, [quoted]).fetchall()]
        keys = [name for (name,) in self._connection.execute(_KEY_QUERY, [quoted]).fetchall()]
        query = _sql("COPY (SELECT {} FROM {}", columns, table)
        if keys:
            query += _sql(" ORDER BY {}", keys)
        yield "\t".join(columns).encode() + b"\n"
        with self._connection.cursor() as cursor, cursor.copy(query + sql.SQL(") TO STDOUT")) as rows:
            yield from _cut(bytes(row) for row in rows)


def _cut(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Join rows to parts, which end at rows that say so, else when they are large."""
    held: list[bytes] = []
    size = 0
    for row in rows:
        held.append(row)
        size += len(row)
        if (size >= PART_BYTES // 4 and not zlib.crc32(row) & _ENDS) or size >= _MOST_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def _fill(connection: "psycopg.Connection[Any]", table: str, parts: Iterator[bytes]) -> None:
    """Replace the rows of a table, also those that migrations put there."""
    columns, _, rest = next(parts).partition(b"\n")
    connection.execute(_sql("DELETE FROM {}", table))
    query = _sql("COPY {} ({}) FROM STDIN", table, columns.decode().split("\t"))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.write(rest)
        for part in parts:
            copy.write(part)


def _set_sequences(connection: "psycopg.Connection[Any]", text: str) -> None:
    for line in filter(None, text.splitlines()):
        name, _, value = line.partition("\t")
        connection.execute("SELECT setval(%s::regclass, %s)", [f'"{name}"', int(value)])


def _sql(text: str, *names: str | list[str]) -> sql.Composed:
    """Fill in names of tables and columns, quoted."""
    parts = [
        sql.SQL(", ").join(map(sql.Identifier, name)) if isinstance(name, list) else sql.Identifier(name)
        for name in names
    ]
    return sql.SQL(text).format(*parts)
