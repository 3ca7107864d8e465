"""The repository of backups at a place: each content once, by digest; a backup is a manifest that is written last."""

import contextlib
import hashlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from unshelf.contracts.bundle import is_digest
from unshelf.contracts.errors import NotFound, UnshelfError
from unshelf.foundation.ids import id_after
from unshelf.manage.backups.store.manifest import (
    FORMAT,
    BackedUpFile,
    BackupManifest,
    decode_index,
    encode_index,
)
from unshelf.manage.backups.store.places import MARKER, BackupPlace, NoBackupPlace
from unshelf.runtime.blobs.port import CHUNK_BYTES

_FOLDER = "backups/"
_MOST_BYTES = 1 << 50
_INDEX_FILES = 20_000
"""Files in one part of a backup's list."""
_FRESH_SECONDS = 24 * 3600.0
_LOOKED_FOR = 500
_MEND = (
    "Take another backup (`unshelf backup PLACE --list` lists them), or bring this file again from where the place was copied from; "
    "remove it where there is none."
)


class DamagedBackup(UnshelfError):
    """A backup lacks something, or holds what it should not."""

    code = "damaged_backup"


class Repository:
    """Adds, lists, verifies and removes backups."""

    def __init__(self, place: BackupPlace) -> None:
        self.place = place
        self.new_bytes = 0
        """Bytes of what was put that was not there."""
        self._added: set[str] = set()

    def prepare(self) -> None:
        """Make the place, or look whether it is one. Raises NoBackupPlace for a folder that holds something else."""
        marker = self.place.read(MARKER)
        if marker is None:
            if self.place.has_others():
                raise NoBackupPlace(
                    f"{self.place.name} holds files that are no backups of Unshelf; nothing was written.",
                    hint="Name an empty folder, or one that does not exist yet.",
                )
            self.place.objects.check()
            self.place.write(MARKER, msgspec.json.encode({"format": FORMAT}))
        self._check_marker(marker)

    def put(self, content: bytes) -> str:
        """Store content unless it is there; return its digest."""
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._added and self.place.objects.missing([digest]):
            self.place.objects.put(digest, [content], limit=_MOST_BYTES)
            self.new_bytes += len(content)
        self._added.add(digest)
        return digest

    def put_stream(self, digest: str, chunks: Iterable[bytes], size: int) -> None:
        """Store content whose digest is known, and which is not there."""
        self.place.objects.put(digest, chunks, limit=_MOST_BYTES)
        self._added.add(digest)
        self.new_bytes += size

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Return those of the digests that the place does not have."""
        return self.place.objects.missing(digests)

    def finish(self, manifest: BackupManifest, files: list[BackedUpFile]) -> BackupManifest:
        """Check that everything is there, then write the manifest: only now is it a backup. Raises DamagedBackup."""
        index = [
            self.put(encode_index(files[start : start + _INDEX_FILES])) for start in range(0, len(files), _INDEX_FILES)
        ]
        self._must_hold(files)
        for digest in sorted(self._added):
            problem = self._problem(digest)
            if problem:
                raise DamagedBackup(f"{self.place.name} does not hold what was written to it: {problem}.")
        done = msgspec.structs.replace(
            manifest, index=index, files=len(files), bytes=sum(file.size for file in files), new_bytes=self.new_bytes
        )
        self.place.write(f"{_FOLDER}{done.id}.json", msgspec.json.format(msgspec.json.encode(done)))
        return done

    def backups(self) -> list[BackupManifest]:
        """List the backups whose manifests can be read, the oldest first. Raises NoBackupPlace."""
        return self.listed()[0]

    def next_id(self) -> str:
        """Return an id after those of all backups there, also where the clock was set back since: the newest is the one made last."""
        self._must_be_one()
        return id_after([_id_of(name) for name in self.place.names() if name.startswith(_FOLDER)])

    def newest(self) -> BackupManifest | None:
        """Return the backup that was begun last; None: there is none."""
        names = [name for name in self.place.names() if name.startswith(_FOLDER)]
        for name in reversed(names):
            with contextlib.suppress(DamagedBackup):
                return self._manifest(name)
        return None

    def find(self, id: str | None) -> BackupManifest:
        """Return a backup by its id, or by the beginning of it; None: the newest that holds everything, else the newest."""
        if id is not None:
            self._must_be_one()
            names = [name for name in self.place.names() if name.startswith(_FOLDER + id)]
            if len(names) != 1:
                raise NotFound(
                    f"There {'is no backup' if not names else 'are several backups'} {id!r} in {self.place.name}.",
                    hint=f"`unshelf backup {self.place.name} --list` lists them.",
                )
            return self._manifest(names[0])
        found, damaged = self.listed()
        if not found and not damaged:
            raise NotFound(f"There is no backup in {self.place.name}.")
        if damaged and damaged[-1] > (found[-1].id if found else ""):
            self._manifest(
                f"{_FOLDER}{damaged[-1]}.json"
            )  # an older one in its place would be a wrong answer without a word
        return [*found, *(each for each in found if each.scope == "all")][-1]

    def files(self, manifest: BackupManifest) -> list[BackedUpFile]:
        """Return the files of a backup. Raises DamagedBackup."""
        found: list[BackedUpFile] = []
        for digest in manifest.index:
            problem = self._problem(digest)
            if problem:
                raise DamagedBackup(f"The list of files of the backup {manifest.id} is damaged: {problem}.")
            try:
                found += decode_index(self.place.objects.read(digest))
            except ValueError as error:
                raise DamagedBackup(f"The backup {manifest.id} is damaged: {error}.") from None
        return found

    def parts(self, file: BackedUpFile) -> Iterator[bytes]:
        """Yield the content of a file, each part whole."""
        for digest in file.parts:
            yield self.place.objects.read(digest)

    def chunks(self, file: BackedUpFile) -> Iterator[bytes]:
        """Yield the content of a file in small pieces."""
        for digest in file.parts:
            yield from self.place.objects.chunks(digest)

    def problems(self, files: Iterable[BackedUpFile]) -> list[str]:
        """Read everything that these files are made of, and say what is missing or changed, with the files that need it."""
        needed: dict[str, list[str]] = {}
        for file in files:
            for digest in file.parts:
                needed.setdefault(digest, []).append(file.path)
        found = []
        for digest, paths in needed.items():
            problem = self._problem(digest)
            if problem:
                found.append(f"{paths[0]}{f' and {len(paths) - 1} more' if len(paths) > 1 else ''}: {problem}")
        return found

    def remove(self, manifests: Iterable[BackupManifest]) -> int:
        """Remove backups, then what no other needs; return how many pieces of content went.

        Content that was put within a day stays: a backup may be under way that needs it. All content stays while a manifest can't be
        read: a copy of it elsewhere may still be good."""
        gone = {each.id for each in manifests}
        for id in gone:
            self.place.remove(f"{_FOLDER}{id}.json")
        if not gone:
            return 0
        needed: set[str] = set()
        left, damaged = self.listed()
        if damaged:
            return 0
        for manifest in left:
            needed.update(manifest.index)
            for file in self.files(manifest):
                needed.update(file.parts)
        before = time.time() - _FRESH_SECONDS
        unused = [digest for digest, put_at in self.place.objects.stored() if digest not in needed and put_at < before]
        self.place.objects.delete(unused)
        self.place.objects.discard_unfinished()
        return len(unused)

    def listed(self) -> tuple[list[BackupManifest], list[str]]:
        """List the backups whose manifests can be read, and the ids of the others: cut off by a copy that did not end, for one.

        The oldest first. Raises NoBackupPlace."""
        self._must_be_one()
        found, damaged = [], []
        for name in self.place.names():
            if name.startswith(_FOLDER):
                try:
                    found.append(self._manifest(name))
                except DamagedBackup:
                    damaged.append(_id_of(name))
        return found, damaged

    def _must_be_one(self) -> None:
        marker = self.place.read(MARKER)
        if marker is None:
            raise NoBackupPlace(
                f"{self.place.name} holds no backups of Unshelf.",
                hint="Name the folder or bucket that `unshelf backup` wrote to.",
            )
        self._check_marker(marker)

    def _check_marker(self, marker: bytes | None) -> None:
        if marker is None:
            return
        try:
            made_for = int(msgspec.json.decode(marker)["format"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            raise DamagedBackup(f"{MARKER} in {self.place.name} is damaged.") from None
        if made_for > FORMAT:
            raise NoBackupPlace(
                f"The backups in {self.place.name} have the form {made_for}, which this release does not know.",
                hint="Use the release that made them, or a newer one.",
            )

    def _manifest(self, name: str) -> BackupManifest:
        content = self.place.read(name) or b""
        try:
            found = msgspec.json.decode(content, type=BackupManifest)
        except msgspec.DecodeError as error:
            raise DamagedBackup(f"{name} in {self.place.name} is damaged: {error}.", hint=_MEND) from None
        if not all(map(is_digest, found.index)):
            raise DamagedBackup(f"{name} in {self.place.name} is damaged: it names what is no digest.", hint=_MEND)
        return found

    def _must_hold(self, files: list[BackedUpFile]) -> None:
        digests = sorted({digest for file in files for digest in file.parts})
        for start in range(0, len(digests), _LOOKED_FOR):
            lost = self.place.objects.missing(digests[start : start + _LOOKED_FOR])
            if lost:
                raise DamagedBackup(
                    f"{self.place.name} lacks {len(lost)} pieces of content that it had, such as {lost[0]}."
                )

    def _problem(self, digest: str) -> str:
        """Read content and say what is wrong with it; empty: nothing."""
        found = hashlib.sha256()
        try:
            for chunk in self.place.objects.chunks(digest):
                found.update(chunk)
        except NotFound:
            return f"its content {digest} is missing"
        except OSError as error:
            return f"its content {digest} can't be read ({error.strerror or error})"
        return "" if found.hexdigest() == digest else f"its content {digest} has changed"


def _id_of(name: str) -> str:
    return name.removeprefix(_FOLDER).removesuffix(".json")


def pieces(path: Path, size: int | None = None) -> Iterator[bytes]:
    """Yield a file's content, up to a size where one is given."""
    left = size if size is not None else _MOST_BYTES
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(CHUNK_BYTES, left))):
            left -= len(piece)
            yield piece
