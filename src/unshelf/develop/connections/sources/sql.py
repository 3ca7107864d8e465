"""Tables of PostgreSQL, read in one read-only transaction. Needs the extra `postgres`."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from unshelf.contracts.errors import InvalidInput, NotFound, Unavailable
from unshelf.contracts.protocols.data import ConnectionAccess, ConnectionOrder
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.kinds import host_of

_BATCH_ROWS = 20_000
_CONNECT_SECONDS = 10
_TYPES: dict[str, tuple[tuple[int, ...], pa.DataType]] = {
    "int8": ((20, 21, 23, 26), pa.int64()),
    "float8": ((700, 701, 1700), pa.float64()),
    "bool": ((16,), pa.bool_()),
    "date": ((1082,), pa.date32()),
    "timestamp": ((1114,), pa.timestamp("us")),
    "timestamptz": ((1184,), pa.timestamp("us", tz="UTC")),
    "bytea": ((17,), pa.binary()),
}
"""The type that values are read as → the types of columns (their oids in pg_type) that become it; all others become text."""


class SqlTable:
    """A table: its columns as Arrow has them, and its rows in batches."""

    def __init__(self, order: ConnectionOrder, hosts: AllowedHosts) -> None:
        """Connect and look at the columns. Raises NotFound, Unavailable, HostNotAllowed."""
        self._order = order
        self._table = sql.Identifier(*table_parts(order))
        self._connection = connect(order, hosts, options="-c default_transaction_read_only=on")
        self._columns: list[tuple[str, str]] = []
        fields = []
        for name, oid in self._described():
            kind = next((kind for kind, (oids, _) in _TYPES.items() if oid in oids), "text")
            self._columns.append((name, kind))
            fields.append(pa.field(name, _TYPES[kind][1] if kind in _TYPES else pa.string()))
        self.schema = pa.schema(fields)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, in batches."""
        chosen = [sql.SQL("{}::{}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in self._columns]
        query = sql.SQL("select {} from {}").format(sql.SQL(", ").join(chosen), self._table)
        if self._order.rows is not None:
            query += sql.SQL(" limit {}").format(sql.Literal(self._order.rows))
        try:
            with self._connection.cursor(name="rows") as cursor:
                cursor.execute(query)
                while rows := cursor.fetchmany(_BATCH_ROWS):
                    columns = [
                        pa.array(values, field.type)
                        for values, field in zip(zip(*rows, strict=True), self.schema, strict=True)
                    ]
                    yield pa.RecordBatch.from_arrays(columns, schema=self.schema)
        except (psycopg.Error, pa.ArrowException, OverflowError) as error:
            raise _unreadable(self._order, error) from None
        finally:
            self._connection.close()

    def _described(self) -> list[tuple[str, int]]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql.SQL("select * from {} limit 0").format(self._table))
                return [(column.name, column.type_code) for column in cursor.description or []]
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            self._connection.close()
            raise NotFound(
                f"The database has no table {self._order.path!r}.", hint="Write SCHEMA.TABLE, or TABLE."
            ) from None
        except psycopg.Error as error:
            self._connection.close()
            raise _unreadable(self._order, error) from None


def table_parts(order: ConnectionAccess) -> list[str]:
    """Return the parts of a table's name. Raises InvalidInput for a path that names none."""
    parts = order.path.split(".")
    if "/" in order.path or len(parts) > 2 or not all(parts):
        raise InvalidInput(f"{order.path!r} names no table.", hint="Write SCHEMA.TABLE, or TABLE.")
    return parts


def connect(order: ConnectionAccess, hosts: AllowedHosts, *, options: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect to the database. Raises Unavailable, HostNotAllowed."""
    address = host_of("sql", order.settings)
    if address is None:
        raise RuntimeError("a database has a host")
    host, port = address
    milliseconds = int(order.limits.seconds * 1000)
    mode = order.settings.get("sslmode") or "prefer"
    try:
        return psycopg.connect(
            host=host, hostaddr=hosts.address_of(host, port), port=port, dbname=order.settings["database"],
            user=order.credentials.get("user"), password=order.credentials.get("password"), sslmode=mode,
            sslrootcert="system" if mode == "verify-full" else None, passfile="/dev/null", connect_timeout=_CONNECT_SECONDS,
            options=f"{options} -c statement_timeout={milliseconds} -c timezone=UTC",
            application_name="unshelf",
        )  # fmt: skip
    except psycopg.Error:
        # What the driver says names hosts and users; the reason is one of a few.
        raise Unavailable(
            f"The database {order.settings['database']!r} at {host} can't be reached, or refuses the credentials.",
            hint="Check the connection's settings and credentials, and sslmode.",
        ) from None


def _unreadable(order: ConnectionOrder, error: Exception) -> Unavailable:
    reason = getattr(getattr(error, "diag", None), "message_primary", None) or type(error).__name__
    return Unavailable(f"The table {order.path!r} can't be read: {reason}.", hint="Check that the user may read it.")
