"""Making a backup while the installation runs. ADR 52 says why what it holds fits together.

1. Nothing deletes blobs until the end: the lock that deletion takes is held.
2. Under the lock of the archive, the database's state is opened and the files of records get second names: one moment for both.
3. The database, records, deferred predictions and keys are copied, then all blobs: the state refers to none that is not there."""

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from unshelf import __version__
from unshelf.contracts.home import Home
from unshelf.foundation.clock import now
from unshelf.foundation.database.copies.port import DatabaseCopier, DatabaseState
from unshelf.manage.backups.identity import own_identity, refuse_others
from unshelf.manage.backups.store.keys import key_state, pack_keys
from unshelf.manage.backups.store.manifest import BackedUpFile, BackupManifest, KeyState, Reason, Scope
from unshelf.manage.backups.store.repository import Repository, pieces
from unshelf.records.archive.files import Archive
from unshelf.records.archive.freezing import FrozenRecords, frozen
from unshelf.records.archive.layout import ARCHIVE
from unshelf.runtime.blobs.port import Blobs
from unshelf.runtime.file_lock import held_folder, locked

_LOOKED_FOR = 500
DEFERRED_FOLDERS = ("requests", "answers", "cancelled", "attempts", "damaged")
"""Folders of deferred predictions: a request gets its answer before it goes, so requests are read first."""
HOST_FILES = ("environments/[!.]*/pylock.toml", "environments/[!.]*/complete", "manifests/[!.]*.json")
"""Small files that the host remakes an environment, or a bundle's folder, from."""
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class BackupSource:
    """An installation to back up."""

    home: Home
    database: DatabaseCopier
    blobs: Blobs
    archive: Archive


@dataclass(frozen=True, kw_only=True)
class BackupOptions:
    """How a backup is made."""

    reason: Reason
    scope: Scope = "all"
    key: KeyState = "sealed"
    passphrase: str = ""
    take_over: bool = False
    """Whether the place becomes that of this installation, though the newest backup there is of another one."""


def make_backup(
    source: BackupSource, repository: Repository, options: BackupOptions, say: Say = lambda _: None
) -> BackupManifest:
    """Make a backup and return its manifest, which is written last.

    Raises WrongPassphrase, NoBackupPlace, OtherInstallation, DamagedBackup, DatabaseUnavailable, Unavailable, OSError; then there is no
    new backup."""
    state = key_state(options.key, options.passphrase)
    keys = pack_keys(source.home, state, options.passphrase)
    repository.prepare()
    source.home.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(source.home.backup_lock), repository.place.alone():
        identity = own_identity(source.home)
        if (
            not options.take_over and options.reason != "upgrade"
        ):  # what an upgrade saves lies in the home folder itself
            refuse_others(identity, repository.newest(), repository.place.name)
        work = _Copying(source, repository, say)
        with frozen(source.archive) as records, contextlib.ExitStack() as stack:
            with source.archive.switching() if options.scope == "all" else contextlib.nullcontext():
                moment = now()
                database = stack.enter_context(source.database.state())
                if options.scope == "all":
                    records.take()
            files = [*work.database(database), *([work.keys(keys)] if keys is not None else [])]
            stack.close()  # the database need hold this state no longer
            if options.scope == "all":
                files += [*work.records(records), *work.deferred(), *work.locks(), *work.blobs()]
        manifest = BackupManifest(
            id=repository.next_id(), made_at=moment.astimezone(UTC).isoformat(timespec="milliseconds"), program=__version__,
            revision=database.revision, database=source.database.kind, reason=options.reason, scope=options.scope,
            key=state, home=str(source.home.folder), index=[], files=0, bytes=0, new_bytes=0,
            installation=identity.id,
        )  # fmt: skip
        say("verifying")
        return repository.finish(manifest, files)


class _Copying:
    """Copies what a backup holds to the repository, as far as that does not have it."""

    def __init__(self, source: BackupSource, repository: Repository, say: Say) -> None:
        self._source = source
        self._repository = repository
        self._say = say

    def database(self, state: DatabaseState) -> Iterator[BackedUpFile]:
        self._say("copying the database")
        for name, parts in state.files():
            digests, size = [], 0
            for part in parts:
                digests.append(self._repository.put(part))
                size += len(part)
            yield BackedUpFile(f"database/{name}", size, digests)

    def keys(self, content: bytes) -> BackedUpFile:
        return BackedUpFile("keys", len(content), [self._repository.put(content)])

    def records(self, records: FrozenRecords) -> Iterator[BackedUpFile]:
        """Copy records. A file of the archive that the last backup has under its name is not read again: such files never change."""
        self._say("copying records of predictions")
        local, remote = list(records.files()), records.remote()
        known = self._still_there(self._known())
        for file in local:
            name = f"predictions/{file.name}"
            before = known.get(name) if file.is_final else None
            yield before if before is not None and before.size == file.size else self._file(name, file.path, file.size)
        for moved in remote:
            name = f"predictions/{ARCHIVE}/{moved.key}"
            before = known.get(name)
            copied = before if before is not None and before.size == moved.size else self._remote(name, moved.key)
            if copied is not None:
                yield copied

    def deferred(self) -> Iterator[BackedUpFile]:
        self._say("copying deferred predictions")
        for folder in DEFERRED_FOLDERS:
            place = self._source.home.deferred / folder
            for path in sorted(place.iterdir()) if place.is_dir() else ():
                if path.is_file() and not path.name.startswith("."):
                    with contextlib.suppress(FileNotFoundError):  # it was answered or taken back meanwhile
                        yield self._file(f"deferred/{folder}/{path.name}", path, path.stat().st_size)

    def locks(self) -> Iterator[BackedUpFile]:
        """Copy what the host remakes environments and bundles from: their locks, and copies of manifests."""
        home = self._source.home
        for pattern in HOST_FILES:
            for path in sorted(home.folder.glob(pattern)):
                with contextlib.suppress(FileNotFoundError):  # nobody needs it any more
                    yield self._file(str(path.relative_to(home.folder)), path, path.stat().st_size)

    def blobs(self) -> Iterator[BackedUpFile]:
        self._say("copying files of models, jobs and datasets")
        for digests in _some(digest for digest, _ in self._source.blobs.stored()):
            sizes = self._source.blobs.sizes(digests)
            for digest in self._repository.missing(sizes):
                self._repository.put_stream(digest, self._source.blobs.chunks(digest), sizes[digest])
            for digest, size in sizes.items():
                yield BackedUpFile(f"blobs/{digest}", size, [digest])

    def _file(self, name: str, path: Path, size: int) -> BackedUpFile:
        digest = hashlib.sha256()
        for piece in pieces(path, size):
            digest.update(piece)
        found = digest.hexdigest()
        if self._repository.missing([found]):
            self._repository.put_stream(found, pieces(path, size), size)
        return BackedUpFile(name, size, [found])

    def _remote(self, name: str, key: str) -> BackedUpFile | None:
        """Copy a file of the archive from S3; None where retention has just removed it."""
        archive = self._source.archive
        assert archive.remote is not None  # noqa: S101 -- it listed the file
        with held_folder(self._source.home.run, "backup") as folder:
            path = folder / "file"
            try:
                with archive.remote.opened(key) as opened, path.open("wb") as file:
                    _copy(opened, file)
            except FileNotFoundError:
                return None
            return self._file(name, path, path.stat().st_size)

    def _known(self) -> dict[str, BackedUpFile]:
        """Return the files of records that the newest backup has, by name."""
        backups = [each for each in self._repository.backups() if each.scope == "all"]
        files: Iterable[BackedUpFile] = self._repository.files(backups[-1]) if backups else ()
        return {file.path: file for file in files if file.path.startswith(f"predictions/{ARCHIVE}/")}

    def _still_there(self, files: dict[str, BackedUpFile]) -> dict[str, BackedUpFile]:
        """Return those of the files whose content the place still has."""
        lost = set(self._repository.missing(digest for file in files.values() for digest in file.parts))
        return {name: file for name, file in files.items() if not lost.intersection(file.parts)}


def _copy(source: Any, target: Any) -> None:
    while piece := source.read(1 << 20):
        target.write(piece)


def _some(digests: Iterable[str]) -> Iterator[list[str]]:
    held: list[str] = []
    for digest in digests:
        held.append(digest)
        if len(held) >= _LOOKED_FOR:
            yield held
            held = []
    if held:
        yield held
