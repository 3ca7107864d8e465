"""The door to `data://`: list and show names, read rows and files, delete."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import ConnectionKind, FoundFile
from unshelf.contracts.references import DataReference, is_data_path
from unshelf.develop.connections.connection import Binding, DataConnection
from unshelf.develop.connections.service import ConnectionService, RowsWrite
from unshelf.develop.datasets.dataset import DataName, DatasetVersion, DataUse
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.service import DatasetService, Rows
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.paging import Page


@dataclass(frozen=True, kw_only=True)
class _Way:
    """The way from a reference to what it leads to."""

    names: list[DataName]
    """The name, and of a binding also the name that it leads to."""
    version: DatasetVersion | None
    """The version of a dataset; None: it is a path in a connection."""
    path: str


@dataclass(frozen=True, kw_only=True)
class ConnectionPlace:
    """A file, a folder or a table in a connection."""

    connection: str
    path: str


@dataclass(frozen=True, kw_only=True)
class DatasetTarget:
    """A dataset that gets rows as its next version."""

    name: str


@dataclass(frozen=True, kw_only=True)
class ConnectionTarget:
    """A place in a connection that rows are written to."""

    names: list[DataName]
    """The names on the way, the connection's last."""
    path: str
    kind: ConnectionKind


DataTarget = DatasetTarget | ConnectionTarget


@dataclass(frozen=True, kw_only=True)
class ShownData:
    """A name, and what it leads to."""

    name: DataName
    versions: list[DatasetVersion]
    version: DatasetVersion | None
    uses: list[DataUse]
    connection: DataConnection | None
    binding: Binding | None


class DataService:
    """Finds what a name leads to. Every read of rows or files is an event of that name."""

    def __init__(
        self, database: Database, names: DataNames, datasets: DatasetService, connections: ConnectionService
    ) -> None:
        self._database = database
        self._names = names
        self._datasets = datasets
        self._connections = connections

    def list_for(self, actor: Actor, *, project: str | None, limit: int, cursor: str | None = None) -> Page[DataName]:
        """List the names that the actor may read, by name."""
        return self._names.list_for(actor, project=project, limit=limit, cursor=cursor)

    def show(self, actor: Actor, name: str, version: int | None) -> ShownData:
        """Return a name and what it leads to. Raises NotFound, also for what the actor may not read."""
        with self._database.read() as session:
            found = self._names.require(session, actor, name, Permission.DATA_READ)
            versions = self._datasets.versions(session, found)
            shown = self._datasets.version(session, found, version) if versions or version is not None else None
            is_connection, is_binding = found.kind == "connection", found.kind == "binding"
            return ShownData(
                name=found, versions=versions, version=shown, uses=self._datasets.uses(session, actor, found),
                connection=self._connections.connection(session, found) if is_connection else None,
                binding=self._connections.binding(session, found) if is_binding else None,
            )  # fmt: skip

    def rows(self, actor: Actor, reference: DataReference, *, rows: int | None) -> Rows:
        """Read the rows that a reference leads to, or the first ones. Raises NotFound, InvalidInput when they can't be read."""
        way = self._way(actor, reference)
        detail: dict[str, object] = {"path": way.path} if way.version is None else {"version": way.version.number}
        try:
            if way.version is None:
                found = self._connections.rows(way.names[-1], way.path, rows=rows)
            else:
                found = self._datasets.rows(way.version, rows=rows)
        except UnshelfError as error:
            self._names.note(actor, "data.read_failed", way.names, {**detail, "code": error.code})
            raise
        self._names.note(actor, "data.read", way.names, {**detail, "rows": found.rows, "bytes": found.size})
        return found

    def file(self, actor: Actor, name: str, version: int | None, path: str) -> tuple[BundleFile, Iterator[bytes]]:
        """Return a file of a dataset, and its content. Raises NotFound."""
        way = self._way(actor, DataReference(name, version=version))
        if way.version is None:
            raise InvalidInput(f"{name!r} leads to a connection.", hint="Its rows can be read; datasets have files.")
        file, chunks = self._datasets.file(way.version, path)
        detail: dict[str, object] = {"version": way.version.number, "file": path, "bytes": file.size}
        self._names.note(actor, "data.read", way.names, detail)
        return file, chunks

    def move(self, actor: Actor, name: str, project: str, *, reason: str = "") -> DataName:
        """Give a name to another project: versions, credentials, tags, comments and history of events go with it.

        It takes `project.manage` where the name is, and `data.manage` where it goes. Raises NotFound, also for what the actor may not
        read, and Conflict for an archived project. Repeating it changes nothing."""
        with self._database.transaction() as session:
            found = self._names.require(session, actor, name, Permission.DATA_READ)
            with self._datasets.within_quota(session, project):
                return self._names.move(session, actor, found, project, reason=reason)

    def delete(self, actor: Actor, name: str, version: int | None) -> None:
        """Delete a name with all that it leads to, or one version of a dataset. Raises NotFound."""
        with self._database.transaction() as session:
            found = self._names.require(session, actor, name, Permission.DATA_MANAGE)
            if found.kind == "dataset":
                self._datasets.delete(session, actor, found, version)
            elif version is not None:
                raise InvalidInput(f"{name!r} is a {found.kind}, which has no versions.")
            else:
                self._connections.delete(session, actor, found)

    def dataset_version(self, actor: Actor, reference: DataReference) -> DatasetVersion | None:
        """Return the version of a dataset that a reference leads to; None: it leads to a connection. Raises NotFound."""
        return self._way(actor, reference).version

    def target(self, actor: Actor, reference: DataReference, project: str) -> DataTarget:
        """Return the place that rows would be written to: the next version of a dataset, or a path in a connection.

        Raises NotFound, Forbidden without `data.manage` where the place is, Conflict for a dataset's name that is something else,
        InvalidInput for a version, which nobody chooses, and for a connection that is only read."""
        if reference.version is not None:
            raise InvalidInput(
                f"{reference} names a version.",
                hint=f"Write data://{reference.name}: what is written is its next version.",
            )
        with self._database.read() as session:
            found = self._names.find(session, actor, reference.name)
            if found is None and reference.path:
                found = self._names.require(session, actor, reference.name, Permission.DATA_READ)  # raises
        if found is None or found.kind == "dataset":
            if reference.path:
                raise InvalidInput(f"{reference.name!r} is a dataset, which has versions and no path.")
            self._datasets.check(actor, reference.name, project)
            return DatasetTarget(name=reference.name)
        way = self._way(actor, reference, Permission.DATA_MANAGE)
        if way.version is not None:
            raise InvalidInput(f"{reference} leads to a dataset.", hint=f"Write data://{way.names[-1].name}.")
        with self._database.read() as session:
            kind = self._connections.writable_kind(session, way.names[-1])
        return ConnectionTarget(names=way.names, path=way.path, kind=kind)

    def write(
        self, actor: Actor, reference: DataReference, project: str, write: RowsWrite, *, watch: Callable[[], None] = lambda: None
    ) -> int:  # fmt: skip
        """Do a step of a write to a path in a connection, and return the rows that are there. A write that is complete is an event.
        Raises as `target`, Conflict for rows that are there and stay, Unavailable."""
        place = self.target(actor, reference, project)
        if isinstance(place, DatasetTarget):
            raise InvalidInput(f"{reference} leads to no connection any more.")
        rows = self._connections.write(place.names[-1].name, place.path, write, watch=watch)
        if write.act == "write":
            detail: dict[str, object] = {"path": place.path, "rows": rows, "by": write.key}
            self._names.note(actor, "data.written", place.names, detail)
        return rows

    def place(self, actor: Actor, reference: DataReference) -> DatasetVersion | ConnectionPlace:
        """Return what a reference leads to, which the actor may read. Raises NotFound, InvalidInput."""
        way = self._way(actor, reference)
        return way.version or ConnectionPlace(connection=way.names[-1].name, path=way.path)

    def parquet(self, place: ConnectionPlace) -> AbstractContextManager[tuple[Path, int]]:
        """Read the rows at a place, which somebody who may was given by `place`, into one Parquet file. Raises NotFound, InvalidInput,
        Unavailable."""
        return self._connections.parquet(place.connection, place.path)

    def files_in(self, place: ConnectionPlace) -> list[FoundFile]:
        """List the tables in a folder or bucket, which somebody who may read it was given by `place`. Raises NotFound, InvalidInput,
        Unavailable."""
        return self._connections.listing(place.connection, place.path)

    def note_read(self, actor: Actor, reference: DataReference, reader: str) -> None:
        """Record that somebody has the rows that a reference leads to read by something else, such as `job/ID`."""
        way = self._way(actor, reference)
        self._names.note(actor, "data.read", way.names, {"path": way.path, "by": reader})

    def _way(self, actor: Actor, reference: DataReference, permission: Permission = Permission.DATA_READ) -> _Way:
        """Find what a reference leads to, also by a binding. Each name on the way must be the actor's to read, or to manage."""
        with self._database.read() as session:
            name = self._names.require(session, actor, reference.name, permission)
            names, target = [name], reference
            if name.kind == "binding":
                target = _bound(reference, self._connections.binding(session, name).target)
                name = self._names.require(session, actor, target.name, permission)
                names.append(name)
            if name.kind == "dataset":
                if target.path:
                    raise InvalidInput(f"{name.name!r} is a dataset, which has versions and no path.")
                version = self._datasets.version(session, name, target.version)
                return _Way(names=names, version=version, path="")
            if name.kind == "binding" or target.version is not None or not target.path:
                raise InvalidInput(
                    f"{reference} names no place in the {name.kind} {name.name!r}.",
                    hint=f"Write data://{name.name}/PATH: a file, a folder or a table.",
                )
            return _Way(names=names, version=None, path=target.path)


def _bound(reference: DataReference, target: DataReference) -> DataReference:
    """Return what a reference by a binding means: a version or a path of its own goes beyond that of the binding."""
    if reference.version is not None:
        return DataReference(target.name, version=reference.version, path=target.path)
    path = "/".join(part.rstrip("/") for part in (target.path, reference.path) if part)
    return DataReference(target.name, version=target.version, path=path)


def reference_of(name: str, version: int | None, path: str) -> DataReference:
    """Return the reference of a request's parameters. Raises InvalidInput."""
    if path and version is not None:
        raise InvalidInput("Give a version of a dataset or a path in a connection, not both.")
    if path and not is_data_path(path):
        raise InvalidInput(
            f"{path[:80]!a} is no path in a connection: it is relative, without '.', '..' and empty parts."
        )
    return DataReference(name, version=version, path=path)
