"""Files of ours that sandboxed programs read: opened to their users, and mounted where forked workers look for them."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from unshelf.host.sandbox import syscalls
from unshelf.host.sandbox.root import ALSO_SCRATCH, SCRATCH, memory_options

_EVERYBODY_READS = 0o444
_EVERYBODY_ENTERS = 0o111
_OTHERS_WRITE = 0o022


def is_readable(folder: Path) -> bool:
    """Whether `make_readable` was there. A folder that is gone has nothing to be read."""
    try:
        return folder.stat().st_mode & 0o005 == 0o005
    except FileNotFoundError:
        return True


def make_readable(folder: Path) -> None:
    """Let every user read what lies in this folder, whatever the umask was, and nobody but the owner write. The folders above keep
    others out; a sandbox goes round them. Blocks: a large environment takes a tenth of a second.

    The folder's own mode comes last, and says that it was done."""
    for directory, _, files in os.walk(folder):
        for name in files:
            _open(os.path.join(directory, name))
        if directory != str(folder):
            os.chmod(directory, 0o755)
    os.chmod(folder, 0o755)


def give_to(user: int, *folders: Path) -> None:
    """Make this user the owner of folders and all that is in them; no link is followed. Without root there is no other user than the
    platform's own, whose they are; its group may have another number. Blocks."""
    if os.getuid() != 0:
        return
    for folder in folders:
        os.chown(folder, user, user, follow_symlinks=False)
        for directory, names, files in os.walk(folder):
            for name in (*names, *files):
                os.chown(os.path.join(directory, name), user, user, follow_symlinks=False)


def make_places(scratch: Path, seen: Iterable[Path]) -> None:
    """Make the folders at which a forked worker finds again what lies below the place of its scratch folder: root's, so that it can't
    put anything beside them, and not to be listed."""
    for path in seen:
        for top in (SCRATCH, ALSO_SCRATCH):
            if path.is_relative_to(top):
                place = scratch
                for part in path.relative_to(top).parts:
                    place /= part
                    place.mkdir(exist_ok=True)
                    place.chmod(0o711)


def bundle_mount(folder: Path) -> int:
    """Return the descriptor of a mount of a bundle's files, which a forked worker attaches where it looks for them. Raises OSError."""
    return syscalls.clone_mount(str(folder), syscalls.READ_ONLY | syscalls.NO_SETUID | syscalls.NO_DEVICES)


def temporary_mount(user: int, size: int, seen: Iterable[Path]) -> int:
    """Return the descriptor of a mount of a worker's temporary folder, in memory and this large, likewise, with places for what it sees
    below it. Raises OSError."""
    flags = syscalls.NO_SETUID | syscalls.NO_DEVICES
    descriptor = syscalls.memory_mount({"mode": "0700", **memory_options(size)}, flags)
    folder = Path(f"/proc/self/fd/{descriptor}")
    make_places(folder, seen)
    if user != os.getuid():
        os.chown(folder, user, user)
    return descriptor


def _open(path: str) -> None:
    mode = os.lstat(path).st_mode
    if not stat.S_ISREG(mode):
        return
    wanted = (mode | _EVERYBODY_READS | (_EVERYBODY_ENTERS if mode & stat.S_IXUSR else 0)) & 0o777 & ~_OTHERS_WRITE
    if wanted != stat.S_IMODE(mode):
        os.chmod(path, wanted)
