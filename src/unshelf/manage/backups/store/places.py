"""Places of backups: a folder, or a bucket."""

import contextlib
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from unshelf.contracts.errors import UnshelfError
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import Blobs
from unshelf.runtime.durable import flush_folder, replace_file
from unshelf.runtime.file_lock import locked

_OBJECTS = "objects"
MARKER = "unshelf-backups.json"
"""The file by which a place of backups is known."""
_OWN = frozenset({MARKER, _OBJECTS, "backups", ".lock"})


class NoBackupPlace(UnshelfError):
    """A folder or address is no place of backups."""

    code = "malformed_request"


class BackupPlace(Protocol):
    """Small documents by name, beside content by digest.

    Raises Unavailable when it does not answer, OSError for a folder that can't be used."""

    name: str
    objects: Blobs
    """Content, by digest."""

    def names(self) -> list[str]:
        """Return the names of all documents, sorted."""
        ...

    def has_others(self) -> bool:
        """Whether something lies there that is none of ours."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return a document; None: there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Store a document, whole or not at all; it survives a power cut when this returns."""
        ...

    def remove(self, name: str) -> None:
        """Remove a document. Removing what is not there is a no-op."""
        ...

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Keep other processes of this machine from changing the place meanwhile, as far as it can."""
        ...


class FolderPlace:
    """A folder, also of another machine's file system."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self.objects: Blobs = FileBlobs(folder / _OBJECTS)
        self._folder = folder

    def names(self) -> list[str]:
        """List the files."""
        return sorted(
            str(path.relative_to(self._folder))
            for path in (self._folder / MARKER, *(self._folder / "backups").glob("[!.]*.json"))
            if path.is_file()
        )

    def has_others(self) -> bool:
        """Look at the folder."""
        return self._folder.exists() and any(path.name not in _OWN for path in self._folder.iterdir())

    def read(self, name: str) -> bytes | None:
        """Read a file."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Write a file beside, then rename it."""
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, content)
        flush_folder(path.parent)

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._folder / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold a lock in the folder."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._folder / ".lock"):
            yield


class BucketPlace:
    """A bucket, or a prefix in one. Needs the extra `s3`."""

    def __init__(self, url: str, endpoint: str) -> None:
        s3 = import_module("unshelf.runtime.s3")
        self.name = url
        self._location: Any = s3.Location(url, endpoint)
        self._errors = s3.s3_errors
        self._location.require()
        objects = s3.Location(f"{url.rstrip('/')}/{_OBJECTS}", endpoint)
        self.objects: Blobs = import_module("unshelf.runtime.blobs.s3").S3Blobs(objects)

    def names(self) -> list[str]:
        """List the objects."""
        root = self._location.root
        with self._errors(self._location.bucket):
            found = self._location.filesystem.find(f"{root}/backups")
            marker = [MARKER] if self._location.filesystem.exists(f"{root}/{MARKER}") else []
        return sorted([*marker, *(str(key).removeprefix(f"{root}/") for key in found if str(key).endswith(".json"))])

    def has_others(self) -> bool:
        """Say no: objects of others are never touched, and a bucket may be full of them."""
        return False

    def read(self, name: str) -> bytes | None:
        """Read an object."""
        with self._errors(self._location.bucket):
            try:
                return bytes(self._location.filesystem.cat_file(self._location.key(name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        """Put an object."""
        with self._errors(self._location.bucket):
            self._location.filesystem.pipe_file(self._location.key(name), content)

    def remove(self, name: str) -> None:
        """Remove an object."""
        with self._errors(self._location.bucket), contextlib.suppress(FileNotFoundError):
            self._location.filesystem.rm_file(self._location.key(name))

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Do nothing: a bucket has no locks. What was put within a day is never pruned."""
        return contextlib.nullcontext()


def open_place(where: str, endpoint: str = "") -> BackupPlace:
    """Open a folder, or `s3://BUCKET/PREFIX`. Raises NoBackupPlace, Unavailable."""
    if where.startswith("s3://"):
        if find_spec("s3fs") is None:
            raise NoBackupPlace(
                f"{where} needs the extra 's3', which is not installed.", hint="Install it: pip install 'unshelf[s3]'."
            )
        return BucketPlace(where, endpoint)
    if "://" in where:
        raise NoBackupPlace(f"{where[:80]!r} is no place of backups.", hint="Name a folder, or s3://BUCKET/PREFIX.")
    return FolderPlace(Path(where).expanduser().absolute())
