"""Users of this machine that belong to nobody: each sandboxed program runs as one of its own."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from unshelf.host.errors import HostFailure

RANGES = (range(0x7000_0000, 0x7001_0000), range(64_000, 65_000))
"""User ids that no distribution and no container engine gives to anyone; and those for a machine, a container mostly, that has no
such high ones."""


class Users:
    """A range of user ids, each lent to one program at a time, in turn: the one that was returned last is lent last."""

    def __init__(self, ids: range, taken: Iterable[int] = ()) -> None:
        """`taken`: those that are not ours to lend, since a program of an earlier host runs as them."""
        self._ids = ids
        self._lent = set(taken)
        self._next = 0

    def take(self) -> int:
        """A user that nothing runs as. Raises HostFailure (unavailable) when all are lent."""
        for _ in self._ids:
            user = self._ids[self._next]
            self._next = (self._next + 1) % len(self._ids)
            if user not in self._lent:
                self._lent.add(user)
                return user
        raise HostFailure(
            "unavailable",
            f"all {len(self._ids)} users for sandboxed programs are in use",
            hint="Pause versions that are not needed, or give more user ids in UNSHELF_SANDBOX_USERS.",
            step="start",
        )

    def give_back(self, user: int) -> None:
        """Note that nothing runs as this user any more."""
        self._lent.discard(user)


def users_in_use(ids: range) -> set[int]:
    """Which of these users processes of this machine run as."""
    found = set()
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it ended
            if folder.name.isdigit() and (user := os.stat(folder).st_uid) in ids:
                found.add(user)
    return found
