"""The server's care for its home folder: made, held against other servers, with an administrator's token."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from unshelf.contracts.home import Home
from unshelf.manage.keys.tokens import new_token
from unshelf.runtime.durable import replace_file
from unshelf.runtime.file_lock import lock_descriptor

_CLIENT_LOOK_SECONDS = 0.5
"""Clients that look whether a server runs hold a shared lock for a moment."""
_TOKEN = re.compile(r"[\x21-\x7e]{32,512}")


class HomeInUse(Exception):
    """Another server holds the home folder."""


@dataclass(frozen=True, kw_only=True)
class HeldHome:
    """A home folder that this process holds."""

    descriptor: int
    """The lock's."""
    killed_before: bool
    """Whether the last holder was killed, so that its children may still be ending."""


class BadAdminToken(Exception):
    """The file admin-token holds nothing that could be a token."""


def make_home(home: Home) -> None:
    """Make the folders that are not there, and shut the one with the sockets to everyone else."""
    home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in (home.run, home.blobs, home.predictions, home.logs):
        folder.mkdir(mode=0o700, exist_ok=True)
    home.run.chmod(0o700)


def reset_counters(home: Home) -> None:
    """Have this server's processes count from 0; what a process of the last server still counts is lost."""
    shutil.rmtree(home.metrics, ignore_errors=True)


def ensure_admin_token(home: Home) -> str:
    """Return the administrator's token: the one that is there, or a new one. Raises BadAdminToken."""
    path = home.admin_token
    if not path.exists():
        replace_file(path, f"{new_token()}\n".encode())
    token = path.read_text().strip()
    if _TOKEN.fullmatch(token) is None:
        raise BadAdminToken(
            f"{path} must hold one token of 32 to 512 visible characters; delete it to have a new one made"
        )
    path.chmod(0o600)
    return token


@contextlib.contextmanager
def hold_home(home: Home) -> Iterator[HeldHome]:
    """Hold the home folder against other servers, as long as this process lives. Raises HomeInUse."""
    descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        holder = os.read(descriptor, 64).decode().strip()
        if not lock_descriptor(descriptor, seconds=_CLIENT_LOOK_SECONDS):
            raise HomeInUse(f"{home.folder} is in use by another `unshelf up`, process {holder or '?'}")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield HeldHome(descriptor=descriptor, killed_before=holder != "")
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def hold_still(descriptor: int) -> Iterator[HeldHome]:
    """Hold on to the home folder that the program before this one in the same process held."""
    try:
        yield HeldHome(descriptor=descriptor, killed_before=False)
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
