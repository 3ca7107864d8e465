"""Tables of PostgreSQL, written exactly once: parts go to a staging table that counts them, and one transaction makes them the table's.

Needs the extra `postgres`."""

import contextlib
import hashlib
from typing import Any, NamedTuple

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from unshelf.contracts.errors import Conflict, InvalidInput, Unavailable
from unshelf.contracts.protocols.data import ConnectionWrite
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.sources.sql import connect, table_parts
from unshelf.develop.connections.targets.row_files import csv_lines, is_json, parts_of, rows_in

MARKS = "unshelf_writes"
"""The table that says how far each write is, and which are complete."""
FAILED = "_failed"
_PART_BYTES = 32 << 20
_MOST_NAME = 63 - len(FAILED)
_LOCK_MILLISECONDS = 120_000
_TYPES: tuple[tuple[Any, str], ...] = (
    (pa.types.is_boolean, "boolean"), (pa.types.is_uint64, "numeric"), (pa.types.is_integer, "bigint"),
    (pa.types.is_floating, "double precision"), (pa.types.is_decimal, "numeric"), (pa.types.is_date, "date"),
    (pa.types.is_time, "time"), (pa.types.is_binary, "bytea"), (pa.types.is_large_binary, "bytea"),
    (pa.types.is_fixed_size_binary, "bytea"),
)  # fmt: skip


class _Pair(NamedTuple):
    """A file of rows with its table, and the table in which they wait."""

    file: str
    """Empty: there are no rows, and those of the table go where the rows are replaced."""
    table: str
    staging: str


def open_target(order: ConnectionWrite, hosts: AllowedHosts) -> "SqlTarget":
    """Connect to the database. Raises Unavailable, InvalidInput."""
    return SqlTarget(order, hosts)


class SqlTarget:
    """A table that rows are written to, with one beside it for the rows that failed."""

    def __init__(self, order: ConnectionWrite, hosts: AllowedHosts) -> None:
        *schemas, table = table_parts(order)
        if len(table.encode()) > _MOST_NAME:
            raise InvalidInput(f"The name of a table that results go to has at most {_MOST_NAME} bytes.")
        self._order = order
        self._connection = connect(
            order, hosts, options=f"-c client_encoding=UTF8 -c lock_timeout={_LOCK_MILLISECONDS}"
        )
        self._connection.autocommit = True  # transactions are begun by name
        self._schema = schemas[0] if schemas else self._current_schema()
        staging = f"unshelf_{hashlib.sha256(order.key.encode()).hexdigest()[:24]}"
        self._pairs = [
            _Pair(order.file, table, staging),
            _Pair(order.failed, table + FAILED, staging + FAILED),
        ]

    def check(self) -> None:
        """Raise Conflict where there are rows that stay, InvalidInput where tables can't be made."""
        try:
            if not self._one("select has_schema_privilege(%s, 'CREATE')", self._schema):
                raise InvalidInput(
                    f"The user of the connection may make no tables in the schema {self._schema!r}.",
                    hint="Rows wait in a table of their own until all are there: grant CREATE on the schema.",
                )
            if self._order.if_exists == "fail":
                for pair in self._pairs:
                    self._must_be_free(pair)
        except psycopg.Error as error:
            raise self._explained(error) from None

    def write(self) -> int:
        """Write the rows and return how many there are. Those of a write that is complete are not written again."""
        try:
            self._make_marks()
            if not self._is_complete():
                for pair in self._pairs:
                    if pair.file:
                        self._stage(pair)
                self._complete()
            return int(self._one("select rows from {} where write = %s", self._pairs[0].staging, marks=True) or 0)
        except psycopg.Error as error:
            raise self._explained(error) from None

    def discard(self) -> None:
        """Remove the rows that wait of a write that is given up."""
        try:
            with self._connection.transaction():
                for pair in self._pairs:
                    self._execute("drop table if exists {}", self._named(pair.staging))
        except psycopg.Error as error:
            raise self._explained(error) from None

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _make_marks(self) -> None:
        columns = "write text primary key, target text not null, parts bigint not null, rows bigint not null, ended_at timestamptz"
        with contextlib.suppress(psycopg.errors.UniqueViolation):  # another writer made it at the same moment
            self._execute(f"create table if not exists {{}} ({columns})", self._named(MARKS))
        for pair in self._pairs:
            self._execute(
                "insert into {} values (%s, %s, 0, 0, null) on conflict do nothing", self._named(MARKS), values=(pair.staging, pair.table)
            )  # fmt: skip

    def _is_complete(self) -> bool:
        query = "select ended_at is not null from {} where write = %s for update"
        return bool(self._one(query, self._pairs[0].staging, marks=True))

    def _stage(self, pair: _Pair) -> None:
        """Bring rows to the staging table, one transaction a part; parts that are there are passed over."""
        file = pq.ParquetFile(pair.file)
        columns = [(field.name, type_of(field.type)) for field in file.schema_arrow]
        for number, groups in enumerate(parts_of(file, most_bytes=_PART_BYTES)):
            with self._connection.transaction():
                if self._one("select parts from {} where write = %s for update", pair.staging, marks=True) != number:
                    continue
                if number == 0:
                    self._make_table(pair.staging, columns)
                self._copy(pair.staging, columns, file, groups)
                self._execute(
                    "update {} set parts = parts + 1, rows = rows + %s where write = %s", self._named(MARKS),
                    values=(rows_in(file, groups), pair.staging),
                )  # fmt: skip

    def _make_table(self, name: str, columns: list[tuple[str, str]]) -> None:
        listed = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in columns
        )
        self._execute("create table {} ({})", self._named(name), listed)

    def _copy(self, name: str, columns: list[tuple[str, str]], file: pq.ParquetFile, groups: range) -> None:
        query = sql.SQL("copy {} ({}) from stdin (format csv)").format(self._named(name), _names(columns))
        with self._connection.cursor() as cursor, cursor.copy(query) as copy:
            for group in groups:
                copy.write(csv_lines(file.read_row_group(group)))

    def _complete(self) -> None:
        """Have the rows be the table's, and say so, in one transaction."""
        with self._connection.transaction():
            if self._is_complete():
                return
            for pair in self._pairs:
                if pair.file:
                    self._place(pair)
                elif self._order.if_exists == "replace" and self._exists(pair.table):
                    self._execute("truncate {}", self._named(pair.table))
            self._execute(
                "update {} set ended_at = now() where write = any(%s)", self._named(MARKS),
                values=([pair.staging for pair in self._pairs],),
            )  # fmt: skip

    def _place(self, pair: _Pair) -> None:
        staging, table = self._named(pair.staging), self._named(pair.table)
        if not self._exists(pair.table):
            self._execute("alter table {} rename to {}", staging, sql.Identifier(pair.table))
            return
        if self._order.if_exists == "fail":
            self._must_be_free(pair)
        if self._order.if_exists == "replace":
            self._execute("truncate {}", table)
        columns = _names([(field.name, "") for field in pq.ParquetFile(pair.file).schema_arrow])
        self._execute("insert into {} ({}) select {} from {}", table, columns, columns, staging)
        self._execute("drop table {}", staging)

    def _must_be_free(self, pair: _Pair) -> None:
        if self._exists(pair.table) and not self._was_placed():
            raise Conflict(
                f"There is a table {self._schema}.{pair.table} already.",
                hint="Say with if_exists what happens to its rows: append adds to them, replace takes their place. Or name another table.",
            )

    def _was_placed(self) -> bool:
        return self._exists(MARKS) and self._is_complete()

    def _exists(self, name: str) -> bool:
        query = "select to_regclass(format('%%I.%%I', %s::text, %s::text)) is not null"
        return bool(self._one(query, self._schema, name))

    def _current_schema(self) -> str:
        found = self._one("select current_schema()")
        if found is None:
            raise InvalidInput("The database has no schema that tables are made in.", hint="Write SCHEMA.TABLE.")
        return str(found)

    def _one(self, query: str, *values: object, marks: bool = False) -> Any:
        composed = sql.SQL(query).format(self._named(MARKS)) if marks else sql.SQL(query)
        row = self._connection.execute(composed, values or None).fetchone()
        return None if row is None else row[0]

    def _execute(self, query: str, *parts: sql.Composable, values: tuple[object, ...] | None = None) -> None:
        self._connection.execute(sql.SQL(query).format(*parts), values)

    def _named(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._schema, name)

    def _explained(self, error: psycopg.Error) -> Unavailable | InvalidInput:
        said = error.diag.message_primary or type(error).__name__
        what = f"The table {self._order.path!r} can't be written: {said}."
        if isinstance(error, psycopg.OperationalError):  # the server went away, is full, or somebody holds the table
            return Unavailable(what, hint="It is tried again for a while.")
        return InvalidInput(
            what, hint="Check the rights of the connection's user, and that the columns fit the table's."
        )


def type_of(kind: pa.DataType) -> str:
    """Return the type of a column of PostgreSQL that holds values of this type."""
    if pa.types.is_dictionary(kind):
        return type_of(kind.value_type)
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz is None else "timestamptz"
    if is_json(kind):
        return "jsonb"
    return next((name for is_kind, name in _TYPES if is_kind(kind)), "text")


def _names(columns: list[tuple[str, str]]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
