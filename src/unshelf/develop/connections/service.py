"""The door to connections and bindings: set, show, read rows, delete."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import ConnectionKind, ConnectionOrder, DataRows
from unshelf.contracts.references import DataReference, parse_data_reference
from unshelf.develop.connections.allowed_hosts import AllowedHosts
from unshelf.develop.connections.connection import Binding, DataConnection
from unshelf.develop.connections.kinds import check_connection, host_of
from unshelf.develop.connections.tables import BindingRow, ConnectionRow
from unshelf.develop.datasets.dataset import DataName
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import LIMITS, DataProcesses, Program, opened_rows
from unshelf.develop.datasets.service import Rows
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.runtime.sealing import SealBroken, Sealed, Sealer

logger = logging.getLogger(__name__)

_PROGRAM = Program(module="unshelf.develop.connections.read_process", environment=("SSL_CERT_FILE", "SSL_CERT_DIR"))


@dataclass(frozen=True, kw_only=True)
class WantedConnection:
    """A connection as it shall be."""

    kind: ConnectionKind
    settings: Mapping[str, str]
    credentials: Mapping[str, str] | None = field(repr=False)
    """None: those that it has."""


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
        with self._database.read() as session:
            row = session.get_one(ConnectionRow, name.name)
            kind, settings = cast(ConnectionKind, row.kind), dict(row.settings)
            sealed = Sealed(key_id=row.key_id, content=row.sealed)
        self._check_reach(kind, settings)
        if kind == "local":
            settings["folder"] = self._folders[settings["folder"]]
        with self._processes.scratch() as scratch:
            order = ConnectionOrder(
                kind=kind, settings=settings, credentials=self._opened(name.name, sealed), path=path, rows=rows,
                hosts=self._hosts, scratch=str(scratch), limits=LIMITS,
            )  # fmt: skip
            found = cast(DataRows, self._processes.ask(_PROGRAM, order, seconds=LIMITS.seconds))
            return Rows(rows=found.rows, size=found.bytes, chunks=opened_rows(scratch))

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


def _about(name: str) -> str:
    return f"connection/{name}"
