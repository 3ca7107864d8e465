"""The door to datasets: add a version, show, read its rows and files, delete."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec
from sqlalchemy import delete, func, literal, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import (
    ColumnProfile,
    DataFormat,
    DataOrder,
    DataProfile,
    DataRows,
    SourceFile,
)
from unshelf.develop.datasets.dataset import DataName, DatasetVersion, DataUse, digest_of, format_of
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import LIMITS, DataProcesses, Program, opened_rows
from unshelf.develop.datasets.tables import DataNameRow, DatasetVersionRow
from unshelf.develop.datasets.usage import HOLDER
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.blob_holds import BlobHoldRow, BlobHolds, hold, let_go
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.quotas.service import QuotaService
from unshelf.runtime.blobs.port import Blobs, BlobSettings

MOST_FILES = 10_000
FindUses = Callable[[Session, Actor, str], list[DataUse]]
"""Finds the versions of models that use a dataset, of those that the actor may see."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows as an Arrow stream."""

    rows: int
    size: int
    """Bytes of the stream."""
    chunks: Callable[[], Iterator[bytes]]
    """Yields the stream, once."""


class DatasetService:
    """Keeps datasets: the content as blobs, which each version holds, and what is known of it in the database."""

    def __init__(
        self,
        database: Database,
        names: DataNames,
        blobs: Blobs,
        settings: BlobSettings,
        processes: DataProcesses,
        *,
        uploads: BlobUploads,
        quotas: QuotaService,
    ) -> None:
        self._database = database
        self._names = names
        self._blobs = blobs
        self._settings = settings
        self._holds = BlobHolds(database, blobs, uploads)
        uploads.register(_readable)
        self._processes = processes
        self._quotas = quotas
        self._find_uses: list[FindUses] = []

    def add_uses(self, find: FindUses) -> None:
        """Have `show` tell of more uses of datasets."""
        self._find_uses.append(find)

    def add(
        self,
        actor: Actor,
        name: str,
        files: Sequence[BundleFile],
        *,
        project: str | None,
        description: str | None,
        job: str | None = None,
    ) -> tuple[DatasetVersion, bool]:
        """Add a version of these uploaded files, and whether it is new: the same content is the same version. `job`: the id of the job
        that left them, which then need not have been uploaded.

        Raises Conflict when the name is something else or files were not uploaded, InvalidInput for files that can't be read as what
        their suffix says, Forbidden for more than a quota of disk allows."""
        placed = self._names.check(actor, name, "dataset", project)
        _check_paths(files)
        digest = digest_of(files)
        sizes = {file.sha256: file.size for file in files}
        owner = actor if job is None else None
        self._holds.require(owner, sizes)
        with self._database.read() as session:
            present = self._with_digest(session, name, digest)
        form = format_of([file.path for file in files])
        profile = None if present is not None or form == "files" else self.profile(files, form)
        with (
            self._holds.claim(owner, sizes) as session,
            self._quotas.within(session, project=placed, makers=[actor.label]),
        ):
            named = self._names.take(session, actor, name, "dataset", project=placed, description=description)
            present = self._with_digest(session, name, digest)
            if present is not None:
                return _version(present), False
            number = self._names.next_version(session, name)
            hold(session, sizes, _holder(name, number))
            row = DatasetVersionRow(
                name=name, number=number, digest=digest, format=form, bytes=sum(file.size for file in files),
                files=[msgspec.to_builtins(file) for file in files], rows=None if profile is None else profile.rows,
                profile=None if profile is None else msgspec.to_builtins(profile.columns),
                preview=None if profile is None else profile.preview,
                baseline=None if profile is None else profile.baseline, created_at=now(), created_by=actor.label,
                job=job,
            )  # fmt: skip
            session.add(row)
            detail: dict[str, object] = {
                "version": number,
                "digest": digest,
                "bytes": row.bytes,
                "rows": row.rows,
                "job": job,
            }
            self._names.log(session, actor, "data.added", named, detail)
        return _version(row), True

    def check(self, actor: Actor, name: str, project: str) -> None:
        """Raise what `add` would for a name that the actor may give no version of a dataset."""
        self._names.check(actor, name, "dataset", project)

    def within_quota(self, session: Session, project: str) -> AbstractContextManager[None]:
        """Hold what the block brings into a project to its quota of disk. Raises Forbidden."""
        return self._quotas.within(session, project=project)

    def version(self, session: Session, name: DataName, number: int | None) -> DatasetVersion:
        """Return a version of a dataset, the latest unless one is named. Raises NotFound."""
        query = select(DatasetVersionRow).where(DatasetVersionRow.name == name.name)
        if number is not None:
            query = query.where(DatasetVersionRow.number == number)
        row = session.scalar(query.order_by(DatasetVersionRow.number.desc()).limit(1))
        if row is None:
            which = "version" if number is None else f"version {number}"
            raise NotFound(
                f"The dataset {name.name!r} has no {which}.",
                hint=f"`unshelf data show {name.name}` lists its versions.",
            )
        return _version(row)

    def versions(self, session: Session, name: DataName) -> list[DatasetVersion]:
        """Return all versions of a dataset, the latest first."""
        query = select(DatasetVersionRow).where(DatasetVersionRow.name == name.name)
        return [_version(row) for row in session.scalars(query.order_by(DatasetVersionRow.number.desc()))]

    def uses(self, session: Session, actor: Actor, name: DataName) -> list[DataUse]:
        """Return the versions of models that use a dataset, of those that the actor may see."""
        return [use for find in self._find_uses for use in find(session, actor, name.name)]

    def rows(self, version: DatasetVersion, *, rows: int | None) -> Rows:
        """Read the rows of a version, or the first ones. Raises InvalidInput when its files hold none that we read."""
        if version.format == "files":
            raise InvalidInput(
                f"The files of {version.name}@{version.number} are no table.",
                hint=f"`unshelf data get {version.name}@{version.number}` fetches the files. Parquet and CSV are tables.",
            )
        return self.rows_of(version.files, version.format, rows=rows)

    def rows_of(self, files: Sequence[BundleFile], form: DataFormat, *, rows: int | None) -> Rows:
        """Read the rows of files that are stored, or the first ones. Raises InvalidInput when they are not what their format says."""
        with self._processes.scratch() as scratch:
            answer = self._processes.ask(
                self._program, self._order("rows", files, form, scratch, rows), seconds=LIMITS.seconds
            )
            found = cast(DataRows, answer)
            return Rows(rows=found.rows, size=found.bytes, chunks=opened_rows(scratch))

    def profile(
        self, files: Sequence[BundleFile], form: DataFormat, *, watch: Callable[[], None] = lambda: None
    ) -> DataProfile:
        """Profile uploaded files. Raises InvalidInput when they are not what their format says, and what `watch` raises, which is called
        now and then."""
        with self._processes.scratch() as scratch:
            order = self._order("profile", files, form, scratch, None)
            return cast(DataProfile, self._processes.ask(self._program, order, seconds=LIMITS.seconds, watch=watch))

    def stored_baseline(self, session: Session, name: str, number: int) -> bytes | None:
        """Return the stored profile of a version's rows; None: it has none, or is gone."""
        row = session.get(DatasetVersionRow, (name, number))
        return None if row is None else row.baseline

    def require_uploaded(self, actor: Actor, file: BundleFile) -> None:
        """Raise Conflict unless the actor uploaded a file, or may refer to it."""
        self._holds.require(actor, {file.sha256: file.size})

    def file(self, version: DatasetVersion, path: str) -> tuple[BundleFile, Iterator[bytes]]:
        """Return a file of a version, and its content. Raises NotFound."""
        for file in version.files:
            if file.path == path:
                return file, self._blobs.chunks(file.sha256)
        raise NotFound(f"{version.name}@{version.number} has no file {path[:80]!r}.")

    def delete(self, session: Session, actor: Actor, name: DataName, number: int | None) -> None:
        """Delete a version, or all of them with the name, in the caller's transaction. Raises NotFound."""
        gone = [self.version(session, name, number)] if number is not None else self.versions(session, name)
        for version in gone:
            let_go(session, _holder(name.name, version.number))
            session.execute(
                delete(DatasetVersionRow).where(
                    DatasetVersionRow.name == name.name, DatasetVersionRow.number == version.number
                )
            )
        detail: dict[str, object] = {"versions": [version.number for version in gone]}
        self._names.log(session, actor, "data.deleted", name, detail, gone=True)
        if number is None:
            self._names.drop(session, name.name)

    def _with_digest(self, session: Session, name: str, digest: str) -> DatasetVersionRow | None:
        return session.scalar(
            select(DatasetVersionRow).where(DatasetVersionRow.name == name, DatasetVersionRow.digest == digest)
        )

    def _order(
        self, act: str, files: Sequence[BundleFile], form: DataFormat, scratch: Path, rows: int | None
    ) -> DataOrder:
        return DataOrder(
            act="profile" if act == "profile" else "rows", format=form, rows=rows, scratch=str(scratch),
            files=[SourceFile(path=file.path, sha256=file.sha256) for file in files], blobs=self._settings.setting,
            blobs_folder=str(self._settings.folder.absolute()), s3_endpoint=self._settings.s3_endpoint, limits=LIMITS,
        )  # fmt: skip

    @property
    def _program(self) -> Program:
        # The way to the blobs, where they lie in S3; nothing else of this server's environment.
        own = () if self._settings.setting == "files" else ("AWS_",)
        return Program(module="unshelf.develop.datasets.data_process", environment=own)


def _check_paths(files: Sequence[BundleFile]) -> None:
    if not files:
        raise InvalidInput("A dataset has at least one file.")
    if len(files) > MOST_FILES:
        raise InvalidInput(f"A dataset has at most {MOST_FILES} files.", hint="Join them, for example as Parquet.")
    if len({file.path for file in files}) < len(files):
        raise InvalidInput("Two files of the dataset have the same path.")
    sizes: dict[str, int] = {}
    for file in files:
        if sizes.setdefault(file.sha256, file.size) != file.size:
            raise InvalidInput(f"The file {file.path!a} has two different sizes for one digest.")


def _holder(name: str, number: int) -> str:
    return f"{HOLDER}{name}@{number}"


def _readable(session: Session, actor: Actor, digests: Sequence[str]) -> set[str]:
    """Find the blobs of datasets that the actor may read."""
    begins = literal(HOLDER).concat(DataNameRow.name).concat("@")
    query = (
        select(BlobHoldRow.sha256)
        .join(DataNameRow, func.substr(BlobHoldRow.holder, 1, func.length(begins)) == begins)
        .where(BlobHoldRow.sha256.in_(digests), in_visible_project(DataNameRow.project, actor, Permission.DATA_READ))
    )
    return set(session.scalars(query))


def _version(row: DatasetVersionRow) -> DatasetVersion:
    profile = None if row.profile is None else msgspec.convert(row.profile, list[ColumnProfile])
    return DatasetVersion(
        name=row.name, number=row.number, digest=row.digest, format=cast(DataFormat, row.format),
        files=msgspec.convert(row.files, list[BundleFile]), bytes=row.bytes, rows=row.rows, profile=profile,
        preview=row.preview, created_at=row.created_at, created_by=row.created_by,
        job=row.job,
    )  # fmt: skip
