"""The door to connections and bindings: set, show, read rows, delete."""

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import (
    ConnectionAccess,
    ConnectionAnswer,
    ConnectionKind,
    ConnectionOrder,
    ConnectionWrite,
    DataAnswer,
    DataLimits,
    DataListing,
    DataRows,
    DataWritten,
    FoundFile,
    IfExists,
)
from unshelf.contracts.references import DataReference, parse_data_reference
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.connection import Binding, DataConnection
from unshelf.develop.connections.kinds import check_connection, host_of
from unshelf.develop.connections.tables import BindingRow, ConnectionRow
from unshelf.develop.datasets.dataset import DataName
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import LIMITS, DataProcesses, Program, opened_rows
from unshelf.develop.datasets.rows_file import PARQUET_FILE
from unshelf.develop.datasets.service import Rows
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.runtime.sealing import SealBroken, Sealed, Sealer

logger = logging.getLogger(__name__)

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_READING = Program(module="unshelf.develop.connections.read_process", environment=_CERTIFICATES)
_WRITING = Program(module="unshelf.develop.connections.write_process", environment=_CERTIFICATES)
_WRITE_SECONDS = 6 * 3600.0
_WRITE_LIMITS = DataLimits(
    seconds=_WRITE_SECONDS, memory_bytes=512 << 20, threads=2, rows=1 << 40, output_bytes=1 << 40
)
WRITABLE: tuple[ConnectionKind, ...] = ("sql", "s3")
"""Kinds of connections that rows are written to."""


@dataclass(frozen=True, kw_only=True)
class WantedConnection:
    """A connection as it shall be."""

    kind: ConnectionKind
    settings: Mapping[str, str]
    credentials: Mapping[str, str] | None = field(repr=False)
    """None: those that it has."""


@dataclass(frozen=True, kw_only=True)
class RowsWrite:
    """A step of a write of rows to a place in a connection; see ConnectionWrite."""

    act: Literal["check", "write", "discard"]
    key: str
    if_exists: IfExists
    file: Path | None = None
    failed: Path | None = None


class ConnectionService:
    """Keeps connections with sealed credentials. Only a process of its own ever opens one."""

    def __init__(
        self, database: Database, names: DataNames, processes: DataProcesses, sealer: Sealer, *,
        hosts: Sequence[str], folders: Sequence[str],
    ) -> None:  # fmt: skip
        """`hosts`: the operator's allow-list. `folders`: the folders of this machine that may be read, each as NAME=PATH."""
        self._database = database
        self._names = names
        self._processes = processes
        self._sealer = sealer
        self._hosts = list(hosts)
        self._folders = dict(folder.split("=", 1) for folder in folders)

    def set(
        self, actor: Actor, name: str, wanted: WantedConnection, *, project: str | None, description: str | None
    ) -> DataConnection:
        """Make a connection, or change it. Where it leads elsewhere, its credentials have to be given anew: nobody sends those of
        others to a place of their own. Raises InvalidInput, Conflict."""
        placed = self._names.check(actor, name, "connection", project)
        settings = {key: value for key, value in wanted.settings.items() if value}
        check_connection(wanted.kind, settings, wanted.credentials or {})
        self._check_reach(wanted.kind, settings)
        with self._database.transaction() as session:
            named = self._names.take(session, actor, name, "connection", project=placed, description=description)
            row = session.get(ConnectionRow, name)
            same_place = row is not None and (row.kind, row.settings) == (wanted.kind, settings)
            if wanted.credentials is None and row is not None and row.credential_names and not same_place:
                raise Conflict(
                    "The connection would lead elsewhere with credentials that were given for the place before.",
                    hint="Give the credentials again.",
                )
            is_new = row is None
            if row is None:
                row = ConnectionRow(name=name)
                session.add(row)
            if wanted.credentials is not None or is_new:
                sealed = self._sealed(name, wanted.credentials or {})
                row.key_id, row.sealed = sealed.key_id, sealed.content
                row.credential_names = sorted(wanted.credentials or {})
            row.kind, row.settings = wanted.kind, settings
            row.set_at, row.set_by = now(), actor.label
            detail: dict[str, object] = {"kind": row.kind, "settings": settings, "credentials": row.credential_names}
            self._names.log(session, actor, "connection.set", named, detail)
            session.flush()
            return self._connection(row)

    def bind(
        self, actor: Actor, name: str, target: DataReference, *, project: str | None, description: str | None
    ) -> Binding:
        """Have a name lead to other data that the actor may read, from now on. Raises NotFound, InvalidInput, Conflict."""
        placed = self._names.check(actor, name, "binding", project)
        with self._database.transaction() as session:
            found = self._names.require(session, actor, target.name, Permission.DATA_READ)
            if found.kind == "binding":
                raise InvalidInput(f"{target.name!r} is a binding itself.", hint="Bind to what it leads to.")
            _check_fits(found, target)
            named = self._names.take(session, actor, name, "binding", project=placed, description=description)
            row = session.get(BindingRow, name)
            before = None if row is None else row.target
            if row is None:
                row = BindingRow(name=name)
                session.add(row)
            row.target, row.set_at, row.set_by = str(target), now(), actor.label
            self._names.log(session, actor, "binding.set", named, {"target": row.target, "before": before})
            return _binding(row)

    def connection(self, session: Session, name: DataName) -> DataConnection:
        """Return a connection, without its credentials."""
        return self._connection(session.get_one(ConnectionRow, name.name))

    def binding(self, session: Session, name: DataName) -> Binding:
        """Return a binding."""
        return _binding(session.get_one(BindingRow, name.name))

    def rows(self, name: DataName, path: str, *, rows: int | None) -> Rows:
        """Read the rows at a path, or the first ones, in a process of its own. Raises NotFound, InvalidInput, Unavailable."""
        with self._processes.scratch() as scratch:
            found = self._read(name.name, path, scratch, rows=rows)
            return Rows(rows=found.rows, size=found.bytes, chunks=opened_rows(scratch))

    @contextlib.contextmanager
    def parquet(self, name: str, path: str) -> Iterator[tuple[Path, int]]:
        """Read all rows at a path likewise into one Parquet file; yields it, and how many there are. Raises as `rows`."""
        with self._processes.scratch() as scratch:
            found = self._read(name, path, scratch, rows=None, as_parquet=True)
            yield scratch / PARQUET_FILE, found.rows

    def write(self, name: str, path: str, write: RowsWrite, *, watch: Callable[[], None] = lambda: None) -> int:
        """Do a step of a write to a path, in a process of its own; returns the rows that are there. Repeating it changes nothing.

        Raises NotFound, InvalidInput, Conflict where rows are there that stay, Unavailable, and what `watch` raises, which is called now
        and then."""
        with self._processes.scratch() as scratch:
            access = self._access(name, scratch)
            _must_be_writable(name, access.kind)
            order = ConnectionWrite(
                kind=access.kind, settings=access.settings, credentials=access.credentials, hosts=self._hosts, scratch=str(scratch),
                path=path, limits=_WRITE_LIMITS, act=write.act, key=write.key, if_exists=write.if_exists,
                file=_path(write.file), failed=_path(write.failed),
            )  # fmt: skip
            ask = self._processes.ask_for
            written: DataWritten = ask(_WRITING, order, ConnectionAnswer, seconds=_WRITE_SECONDS, watch=watch)
            return written.rows

    def writable_kind(self, session: Session, name: DataName) -> ConnectionKind:
        """Return the kind of a connection that rows are written to. Raises InvalidInput for one that only is read."""
        kind = cast(ConnectionKind, session.get_one(ConnectionRow, name.name).kind)
        _must_be_writable(name.name, kind)
        return kind

    def listing(self, name: str, path: str) -> list[FoundFile]:
        """List the tables in a folder or bucket, by path. Raises NotFound, InvalidInput, Unavailable."""
        with self._processes.scratch() as scratch:
            found = self._asked(name, path, scratch, rows=None, lists=True)
        assert isinstance(found, DataListing)  # noqa: S101 - that was the order
        return found.files

    def _read(self, name: str, path: str, scratch: Path, *, rows: int | None, as_parquet: bool = False) -> DataRows:
        return cast(DataRows, self._asked(name, path, scratch, rows=rows, as_parquet=as_parquet))

    def _asked(
        self, name: str, path: str, scratch: Path, *, rows: int | None, as_parquet: bool = False, lists: bool = False
    ) -> DataAnswer:
        access = self._access(name, scratch)
        order = ConnectionOrder(
            kind=access.kind, settings=access.settings, credentials=access.credentials, path=path, rows=rows,
            hosts=self._hosts, scratch=str(scratch), limits=LIMITS, as_parquet=as_parquet, lists=lists,
        )  # fmt: skip
        return self._processes.ask(_READING, order, seconds=LIMITS.seconds)

    def _access(self, name: str, scratch: Path) -> ConnectionAccess:
        """Return what a process needs to open a connection. Raises NotFound, InvalidInput, Conflict."""
        with self._database.read() as session:
            row = session.get(ConnectionRow, name)
            if row is None:
                raise NotFound(f"There is no connection {name!r} any more.")
            kind, settings = cast(ConnectionKind, row.kind), dict(row.settings)
            sealed = Sealed(key_id=row.key_id, content=row.sealed)
        self._check_reach(kind, settings)
        if kind == "local":
            settings["folder"] = self._folders[settings["folder"]]
        return ConnectionAccess(
            kind=kind, settings=settings, credentials=self._opened(name, sealed), path="", hosts=self._hosts,
            scratch=str(scratch), limits=LIMITS,
        )  # fmt: skip

    def delete(self, session: Session, actor: Actor, name: DataName) -> None:
        """Delete a connection with its credentials, or a binding, in the caller's transaction."""
        row = session.get_one(ConnectionRow if name.kind == "connection" else BindingRow, name.name)
        session.delete(row)
        self._names.log(session, actor, f"{name.kind}.deleted", name, {}, gone=True)
        self._names.drop(session, name.name)

    def reseal(self) -> None:
        """Seal anew what was sealed with a key that is no longer the first one."""
        with self._database.transaction() as session:
            rows = list(session.scalars(select(ConnectionRow)))
            first = next(iter(self._key_ids()), "") if rows else ""
            for row in rows:
                if row.key_id == first:
                    continue
                try:
                    value = self._sealer.open(Sealed(key_id=row.key_id, content=row.sealed), about=_about(row.name))
                    sealed = self._sealer.seal(value, about=_about(row.name))
                except SealBroken as error:
                    logger.error("credentials can't be read", extra={"connection": row.name, "reason": str(error)})
                    continue
                row.key_id, row.sealed = sealed.key_id, sealed.content

    def _check_reach(self, kind: ConnectionKind, settings: Mapping[str, str]) -> None:
        """Raise InvalidInput for a place that the operator does not allow."""
        if kind == "local" and settings["folder"] not in self._folders:
            raise InvalidInput(
                f"The operator registered no folder {settings['folder'][:80]!r}.",
                hint="UNSHELF_DATA_FOLDERS lists the folders that connections may lead to.",
            )
        address = host_of(kind, settings)
        if address is not None and not AllowedHosts(self._hosts).may_name(*address):
            raise InvalidInput(
                f"Data may not come from {address[0][:200]}, port {address[1]}.",
                hint="The operator lists the hosts that data may come from in UNSHELF_DATA_HOSTS.",
            )

    def _sealed(self, name: str, credentials: Mapping[str, str]) -> Sealed:
        try:
            return self._sealer.seal(msgspec.json.encode(dict(credentials)), about=_about(name))
        except SealBroken as error:
            raise Conflict(f"Credentials can't be encrypted: {error}.") from None

    def _opened(self, name: str, sealed: Sealed) -> dict[str, str]:
        try:
            content = self._sealer.open(sealed, about=_about(name))
        except SealBroken as error:
            raise Conflict(
                f"The credentials of {name} can't be read: {error}.",
                hint="Give them again, or bring secrets-key back into the home folder from a backup.",
            ) from None
        return msgspec.json.decode(content, type=dict[str, str])

    def _connection(self, row: ConnectionRow) -> DataConnection:
        return DataConnection(
            kind=cast(ConnectionKind, row.kind), settings=dict(row.settings), credential_names=list(row.credential_names),
            set_at=row.set_at, set_by=row.set_by, readable=row.key_id in self._key_ids(),
        )  # fmt: skip

    def _key_ids(self) -> list[str]:
        try:
            return self._sealer.key_ids()
        except SealBroken:
            return []


def _check_fits(name: DataName, target: DataReference) -> None:
    """Raise InvalidInput for a version of a connection, or a path in a dataset."""
    if name.kind == "dataset" and target.path:
        raise InvalidInput(f"{name.name!r} is a dataset, which has versions and no path.")
    if name.kind == "connection" and target.version is not None:
        raise InvalidInput(f"{name.name!r} is a connection, which has paths and no versions.")


def _binding(row: BindingRow) -> Binding:
    return Binding(target=parse_data_reference(row.target), set_at=row.set_at, set_by=row.set_by)


def _must_be_writable(name: str, kind: ConnectionKind) -> None:
    if kind not in WRITABLE:
        raise InvalidInput(
            f"The connection {name!r} is of the kind {kind}, which is only read.",
            hint=f"Rows are written to connections of the kinds {' and '.join(WRITABLE)}.",
        )


def _path(file: Path | None) -> str:
    return "" if file is None else str(file.absolute())


def _about(name: str) -> str:
    return f"connection/{name}"
