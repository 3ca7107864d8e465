"""The home folder: its layout, who holds it, the administrator's token."""

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from unshelf.contracts.processes import METRICS_FOLDER
from unshelf.foundation.files import replace_file
from unshelf.manage.keys.tokens import new_token

_TOKEN = re.compile(r"[\x21-\x7e]{32,512}")


class HomeInUse(Exception):
    """Another server holds the home folder."""


class BadAdminToken(Exception):
    """The file admin-token holds nothing that could be a token."""


class Home:
    """Where everything is. Only its owner may look into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = folder / "run"
        self.database = folder / "unshelf.db"
        self.blobs = folder / "blobs"
        self.predictions = folder / "predictions"
        self.admin_token = folder / "admin-token"
        self.address = self.run / "address"
        self.lock = self.run / "lock"

    def make(self) -> None:
        """Make the folders that are not there, and shut the one with the sockets to everyone else."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.run, self.blobs, self.predictions, self.folder / "logs"):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.run.chmod(0o700)

    def forget_counters(self) -> None:
        """Have this server's gateways count from 0; what one of the last server still counts goes nowhere."""
        shutil.rmtree(self.run / METRICS_FOLDER, ignore_errors=True)

    def ensure_admin_token(self) -> str:
        """The administrator's token: the one that is there, or a new one. Raises BadAdminToken."""
        if not self.admin_token.exists():
            replace_file(self.admin_token, f"{new_token()}\n".encode())
        token = self.admin_token.read_text().strip()
        if _TOKEN.fullmatch(token) is None:
            raise BadAdminToken(
                f"{self.admin_token} must hold one token of 32 to 512 visible characters; delete it to have a new one made"
            )
        self.admin_token.chmod(0o600)
        return token

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the folder against other servers, as long as this process lives. Raises HomeInUse.

        Gives whether the last holder ended without letting go, so that its children may still be ending."""
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            holder = os.read(descriptor, 64).decode().strip()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise HomeInUse(f"{self.folder} is in use by another `unshelf up`, process {holder or '?'}") from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield holder != ""
            os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait until no other process holds this file, then hold it; it is let go when this process ends, however it does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
