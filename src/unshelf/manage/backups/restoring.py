"""Restoring a backup into an empty home folder and an empty database.

Everything that is needed is read and verified before anything is written. The home folder is filled beside its place and gets its name
once it is filled. With a database of its own server it carries a marker until that is filled, too (`unfinished`): a restore that is killed
leaves nothing, or what the next one finishes or begins anew."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home
from unshelf.foundation.database.copies.copiers import open_copier
from unshelf.foundation.database.copies.port import LeftOut
from unshelf.foundation.database.migrating import knows
from unshelf.foundation.loops.tables import WorkRow
from unshelf.manage.backups.identity import become_copy, become_original
from unshelf.manage.backups.making import HOST_FILES, Say
from unshelf.manage.backups.order import QUEUE
from unshelf.manage.backups.store.keys import opened_keys, unpack_keys
from unshelf.manage.backups.store.manifest import BackedUpFile, BackupManifest
from unshelf.manage.backups.store.repository import DamagedBackup, Repository
from unshelf.manage.backups.unfinished import (
    Marker,
    RestoreUnfinished,
    alone,
    give_name,
    is_filled,
    marker_in,
    must_have_room,
    new_marker,
    put_marker,
    remove_marker,
    start_over,
    things_in,
    work_folder,
)
from unshelf.records.archive.files import Archive
from unshelf.records.archive.freezing import frozen
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import Blobs, BlobSettings
from unshelf.runtime.durable import flush_file

_MOST_BYTES = 1 << 50
_SHOWN = 20
_DATABASE = "database/"
_BLOBS = "blobs/"
_RUNNING = LeftOut(WorkRow.__tablename__, WorkRow.loop.key, QUEUE)
"""The backup that was running while the copy was made: it is this one, and nothing that the restored installation has to do."""
_FILES = ("predictions/", "deferred/", "environments/", "manifests/")


class NotEmpty(UnshelfError):
    """A backup is restored where nothing is yet."""

    code = "not_empty"


class WrongDatabase(UnshelfError):
    """The backup is of another kind of database than the one that is chosen."""

    code = "wrong_database"


@dataclass(frozen=True, kw_only=True)
class RestoreOptions:
    """Where a backup goes, and what of it."""

    home: Path
    database: str
    """As UNSHELF_DATABASE."""
    blobs: str
    """As UNSHELF_BLOBS."""
    s3_endpoint: str = ""
    passphrase: str = ""
    with_keys: bool = True
    as_original: bool = False
    """Whether it takes the place of the installation that the backup was made of, which is gone; else it is a copy."""
    files_from: Path | None = None
    """For a backup of the database alone: the home folder that has the rest; None: the one that it was made of."""


def restore_backup(
    repository: Repository, id: str | None, options: RestoreOptions, say: Say = lambda _: None
) -> BackupManifest:
    """Restore a backup (None: the newest) and return its manifest.

    Raises NotEmpty, WrongDatabase, DamagedBackup, WrongPassphrase, NotFound, DatabaseUnavailable, Unavailable, OSError. Then nothing
    is left where it should have gone."""
    options = replace(options, home=options.home.resolve())  # a link stays one, and what it leads to is filled
    unfinished = marker_in(options.home)
    if unfinished is not None:
        with alone(options.home):
            copier = open_copier(options.database, options.home)
            if not copier.is_in_home and is_filled(copier, unfinished):
                return _finished(repository, id, options, unfinished)
            say(f"the restore of the backup {unfinished.backup} was broken off; beginning anew")
            start_over(options.home)
    must_have_room(options.home)
    manifest = repository.find(id)
    _refuse_what_is_not_empty(options, manifest)
    say(f"verifying the backup {manifest.id}")
    files = repository.files(manifest)
    _must_be_sound(repository, manifest, files, options)
    with work_folder(options.home) as work:
        restoring = _Restoring(repository, manifest, files, options, Home(work))
        say("restoring files")
        restoring.files()
        restoring.keys()
        _set_identity(Home(work), manifest, options)
        say("restoring the database")
        if open_copier(options.database, work).is_in_home:
            restoring.database(work)
            give_name(work, options.home)
        else:
            marker = new_marker(manifest.id)
            put_marker(work, marker)
            give_name(work, options.home)
            _fill(restoring, options, marker)
    return manifest


def _finished(repository: Repository, id: str | None, options: RestoreOptions, unfinished: Marker) -> BackupManifest:
    """Finish a restore that was killed when all was there; of another backup than is asked for now, say so."""
    manifest = repository.find(unfinished.backup)
    if id is not None and repository.find(id).id != manifest.id:
        raise NotEmpty(
            f"The restore of the backup {manifest.id} into {options.home} was broken off at its end: all of it is there.",
            hint=f"Finish it with --backup {manifest.id}, or name an empty folder and an empty database.",
        )
    _set_identity(Home(options.home), manifest, options)
    remove_marker(options.home)
    return manifest


def _set_identity(home: Home, manifest: BackupManifest, options: RestoreOptions) -> None:
    if options.as_original:
        become_original(home, manifest)
    else:
        become_copy(home)


def _fill(restoring: "_Restoring", options: RestoreOptions, marker: Marker) -> None:
    """Fill the database of a home folder that has its name, and remove the marker. Where that fails, the folder goes again."""
    try:
        restoring.database(options.home, marker.word)
    except BaseException as error:
        try:
            filled = is_filled(open_copier(options.database, options.home), marker)
        except UnshelfError:  # nobody can tell just now; the marker stays, and with it the way on
            raise RestoreUnfinished(
                f"The connection to the database broke, and whether it was filled is not known: {error}.",
                hint="Run the same `unshelf restore` again: it finishes, or begins anew.",
            ) from error
        if not filled:
            start_over(options.home)
            raise
    remove_marker(options.home)


class _Restoring:
    def __init__(
        self,
        repository: Repository,
        manifest: BackupManifest,
        files: list[BackedUpFile],
        options: RestoreOptions,
        home: Home,
    ) -> None:
        self._repository = repository
        self._manifest = manifest
        self._files = files
        self._options = options
        self._home = home

    def files(self) -> None:
        """Write blobs where the settings say, and records and deferred predictions into the home folder."""
        blobs = self._blobs()
        if self._manifest.scope == "database":
            self._files_of_old_home(blobs)
            return
        stored = [file for file in self._files if file.path.startswith(_BLOBS)]
        lost = set(blobs.missing(file.path.removeprefix(_BLOBS) for file in stored))
        for file in stored:
            digest = file.path.removeprefix(_BLOBS)
            if digest in lost:
                blobs.put(digest, self._repository.chunks(file), limit=_MOST_BYTES)
        for file in self._files:
            if file.path.startswith(_FILES):
                self._write(file)

    def keys(self) -> None:
        """Write the key files, unless they stay out."""
        for file in self._files:
            if file.path == "keys" and self._options.with_keys:
                content = b"".join(self._repository.parts(file))
                unpack_keys(self._home, content, self._manifest.key, self._options.passphrase)

    def database(self, home: Path, word: str = "") -> None:
        """Load the database of this home folder, all of it or nothing; it carries the word from then on."""
        copied = {file.path.removeprefix(_DATABASE): file for file in self._files if file.path.startswith(_DATABASE)}

        def read(name: str) -> Iterator[bytes]:
            return self._repository.parts(copied[name])

        copier = open_copier(self._options.database, home)
        copier.load(self._manifest.revision, list(copied), read, word, _RUNNING)

    def _blobs(self) -> Blobs:
        blobs = open_blobs(
            BlobSettings(setting=self._options.blobs, folder=self._home.blobs, s3_endpoint=self._options.s3_endpoint)
        )
        blobs.check()
        return blobs

    def _write(self, file: BackedUpFile) -> None:
        if ".." in Path(file.path).parts:
            raise DamagedBackup(f"The backup {self._manifest.id} names the file {file.path!r}, which no backup has.")
        path = self._home.folder / file.path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("xb") as target:
            path.chmod(0o600)
            target.writelines(self._repository.chunks(file))
            flush_file(target)

    def _files_of_old_home(self, blobs: Blobs) -> None:
        """Take blobs, records and deferred predictions from the home folder that the database was copied of."""
        old = Home(self._options.files_from or Path(self._manifest.home))
        if isinstance(blobs, FileBlobs):
            theirs = FileBlobs(old.blobs)
            for digest, size in theirs.sizes(digest for digest, _ in theirs.stored()).items():
                blobs.put(digest, theirs.chunks(digest), limit=size)
        archive = Archive(old.predictions)
        with frozen(archive) as records:
            with archive.switching():
                records.take()
            for file in records.files():
                target = self._home.predictions / file.name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copyfile(file.path, target)
        if old.deferred.is_dir():
            shutil.copytree(old.deferred, self._home.deferred)
        for pattern in HOST_FILES:
            for path in old.folder.glob(pattern):
                target = self._home.folder / path.relative_to(old.folder)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copyfile(path, target)


def _refuse_what_is_not_empty(options: RestoreOptions, manifest: BackupManifest) -> None:
    if not knows(manifest.revision):
        raise WrongDatabase(
            f"The backup {manifest.id} was made by Unshelf {manifest.program}, whose tables this release does not know.",
            hint=f"Restore it with Unshelf {manifest.program} or a newer one.",
        )
    if options.home.exists() and (not options.home.is_dir() or things_in(options.home)):
        raise NotEmpty(
            f"{options.home} is not empty; nothing was written.",
            hint="Name a folder that does not exist yet, or an empty one.",
        )
    copier = open_copier(options.database, options.home)
    if copier.kind != manifest.database:
        raise WrongDatabase(
            f"The backup {manifest.id} is of a {manifest.database} database, and UNSHELF_DATABASE chooses {copier.kind}.",
            hint="Set UNSHELF_DATABASE to an empty database of that kind."
            if manifest.database == "postgresql" else "Unset UNSHELF_DATABASE.",
        )  # fmt: skip
    if not copier.is_empty():
        raise NotEmpty(
            "The database that UNSHELF_DATABASE chooses has tables already; nothing was written.",
            hint="Make an empty one, and name it in UNSHELF_DATABASE.",
        )


def _must_be_sound(
    repository: Repository, manifest: BackupManifest, files: list[BackedUpFile], options: RestoreOptions
) -> None:
    problems = repository.problems(files)
    if problems:
        more = f"\n… and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise DamagedBackup(
            f"The backup {manifest.id} is damaged; nothing was written:\n" + "\n".join(problems[:_SHOWN]) + more,
            hint="Restore another one; `--list` lists them.",
        )
    if options.with_keys:
        for file in files:
            if file.path == "keys":
                opened_keys(b"".join(repository.parts(file)), manifest.key, options.passphrase)
    if manifest.scope == "database":
        old = options.files_from or Path(manifest.home)
        if not old.is_dir():
            raise NotEmpty(
                f"The backup {manifest.id} holds the database alone, and {old}, which it was made of, is not there.",
                hint="Name the home folder that has the files: --files-from DIR.",
            )
