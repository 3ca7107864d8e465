"""Root backs up as the user whom the installation and the place belong to: files of root's there would stop that user's next backup."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def as_owner(home: Path, where: str) -> Iterator[None]:
    """As root, act as the owner of a home folder while the block runs, where the place of backups is theirs as well.

    A place of root's own, which the server can't reach, stays one."""
    user, group = _owner(home)
    if (
        os.geteuid() != 0
        or user == 0
        or ("://" not in where and _owner(Path(where).expanduser().absolute())[0] != user)
    ):
        yield
        return
    groups, own_group = os.getgroups(), os.getegid()
    os.setgroups([group])
    os.setegid(group)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(own_group)
        os.setgroups(groups)


def _owner(path: Path) -> tuple[int, int]:
    """Return user and group of a file or folder, or of the folder that it would be made in."""
    while not path.exists() and path != path.parent:
        path = path.parent
    found = path.stat()
    return found.st_uid, found.st_gid
