"""A restore that was killed: recognised by what it left, finished or begun anew by the next one, and no server starts on it.

A home folder and a database of its own server can't appear at one moment. So the folder gets its name first, with a marker in it; the
database is filled in one transaction, which carries the marker's word; then the marker goes. The database then tells which of the
two is the case."""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from unshelf.contracts.errors import Unavailable, UnshelfError
from unshelf.contracts.home import Home
from unshelf.foundation.database.copies.port import DatabaseCopier
from unshelf.runtime.durable import flush_folder, write_new

MARKER = "restoring.json"
"""The marker's name in the home folder."""
_FOUND_BY_FSCK = "lost+found"


class RestoreUnfinished(UnshelfError):
    """A restore into this home folder was begun and did not end."""

    code = "conflict"


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """A restore that is to be finished."""

    backup: str
    word: str
    """The word that the database carries once it was filled."""


def new_marker(backup: str) -> Marker:
    """Return a marker whose word no other has."""
    return Marker(backup=backup, word=secrets.token_hex(16))


def marker_in(home: Path) -> Marker | None:
    """Return the marker in a home folder; None: there is none. Raises RestoreUnfinished where it can't be read, PermissionError where
    this user may not look: there may be none, and an installation that nobody should remove."""
    try:
        return msgspec.json.decode((home / MARKER).read_bytes(), type=Marker)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise
    except (OSError, msgspec.MsgspecError) as error:
        raise RestoreUnfinished(
            f"{home / MARKER} can't be read: {error}.",
            hint="A restore into this folder did not end. Remove the folder, empty its database, and restore again.",
        ) from error


def put_marker(folder: Path, marker: Marker) -> None:
    """Put the marker into a folder."""
    write_new(folder / MARKER, msgspec.json.encode(marker))


def remove_marker(home: Path) -> None:
    """The restore is finished."""
    (home / MARKER).unlink()
    flush_folder(home)


def refuse_unfinished(home: Home) -> None:
    """Raise RestoreUnfinished where a restore into this home folder did not end: it may have no database yet."""
    marker = marker_in(home.folder)
    if marker is not None:
        raise RestoreUnfinished(
            f"The restore of the backup {marker.backup} into {home.folder} was broken off, or is under way.",
            hint="Run the same `unshelf restore` again: it finishes, or begins anew.",
        )


def is_filled(copier: DatabaseCopier, marker: Marker) -> bool:
    """Whether the database was filled by the restore with this marker; False: it is empty. Raises RestoreUnfinished: neither."""
    if copier.word() == marker.word:
        return True
    if copier.is_empty():
        return False
    raise RestoreUnfinished(
        f"A restore of the backup {marker.backup} was broken off, and the database that UNSHELF_DATABASE chooses has been filled by "
        "something else since; nothing was written.",
        hint="Name the database that was to be filled, or an empty one.",
    )


def is_filled_inside(home: Path) -> bool:
    """Whether a home folder can't be renamed into its place, and is filled from a hidden folder in it: the root of a mounted disk or a
    container's volume, and an empty folder below one where this user may not write (systemd's StateDirectory)."""
    return home.is_dir() and (os.path.ismount(home) or (not _may_write(home.parent) and _may_write(home)))


def things_in(home: Path) -> list[Path]:
    """List what lies in a home folder, but for what a disk comes with, and what killed restores have left."""
    return [path for path in home.iterdir() if path.name != _FOUND_BY_FSCK and not path.name.startswith(_beside(home))]


def must_have_room(home: Path) -> None:
    """Raise Unavailable where no folder can be made beside a home folder, or in one that is filled inside."""
    home.parent.mkdir(parents=True, exist_ok=True)
    if not is_filled_inside(home) and not _may_write(home.parent):
        raise Unavailable(
            f"This user may not write in {home.parent}, where {home.name} is filled before it gets its name.",
            hint=f"Name a folder in one where this user may write, or restore as root, and then: chown -R USER: {home}",
            retry_after=None,
        )


@contextlib.contextmanager
def work_folder(home: Path) -> Iterator[Path]:
    """Make a hidden folder beside a home folder, to be filled and renamed; one that is still there at the end is removed, and so are
    those that killed restores have left."""
    home.parent.mkdir(parents=True, exist_ok=True)
    inside = is_filled_inside(home)
    parent = home if inside else home.parent
    with alone(home) if inside else contextlib.nullcontext():
        for left in parent.glob(f"{_beside(home)}*"):
            _remove_unless_locked(left)
        work = Path(tempfile.mkdtemp(dir=parent, prefix=_beside(home)))
        lock = _locked(work)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
            if lock is not None:
                os.close(lock)


def give_name(work: Path, home: Path) -> None:
    """Have a filled folder become the home folder; in one that is filled inside, the marker stands until all has moved.

    Raises OSError where something has come into the home folder meanwhile."""
    if work.parent != home:
        with contextlib.suppress(FileNotFoundError):
            home.rmdir()  # it is empty
        work.rename(home)
        flush_folder(home.parent)
        return
    if things_in(home):
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), str(home))
    marker = marker_in(work)
    if marker is None:
        put_marker(home, new_marker(""))
    for path in sorted(work.iterdir(), key=lambda path: path.name != MARKER):
        path.rename(home / path.name)
    flush_folder(home)
    if marker is None:
        remove_marker(home)


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold a home folder with a marker against another restore. Raises RestoreUnfinished while one is at work in it."""
    lock = _locked(home)
    if lock is None:
        raise RestoreUnfinished(f"Another restore into {home} is under way.", hint="Wait for its end.")
    try:
        yield
    finally:
        os.close(lock)


def start_over(home: Path) -> None:
    """Remove what a restore left that was killed before it filled the database."""
    if is_filled_inside(home):
        left = sorted(things_in(home), key=lambda path: path.name == MARKER)  # the marker goes last
        for path in left:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        return
    aside = Path(tempfile.mkdtemp(dir=home.parent, prefix=_beside(home)))
    home.rename(aside)  # at once: nobody finds a part of it without its marker
    shutil.rmtree(aside)


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=True)


def _beside(home: Path) -> str:
    """Return how the names of hidden folders begin that restores into a home folder work in."""
    return f".{home.name[:40]}-restoring-"


def _remove_unless_locked(folder: Path) -> None:
    lock = _locked(folder)
    if lock is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _locked(folder: Path) -> int | None:
    """Lock a folder until the descriptor is closed, or this process ends; None: somebody has it, or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
