"""Answers that their clients do not take: bounded in all, and beyond that the slowest client is left."""

import logging
from typing import Protocol

UNREAD_BYTES = 128 << 20
"""Bytes that may wait for clients that take them slowly. Twice as many may wait for all clients, and any number for one alone."""
_SLOW_RATE = 256 << 10
"""Bytes a second below which a client is slow."""
_GRACE_SECONDS = 1.0
"""A client that was given something so lately is not called slow."""
_CREDIT_BYTES = 64 << 10
"""Bytes that a client is taken to have read before, so that it is not slow from the first moment on."""

logger = logging.getLogger(__name__)


class Recipient(Protocol):
    """The connection of a client."""

    @property
    def unsent(self) -> int:
        """Bytes that wait for the client to take them."""

    def abort(self) -> None:
        """Hang up, and forget what waits."""


class Unread:
    """Bytes that one client has to take."""

    __slots__ = ("client", "given", "left", "since")

    def __init__(self, client: Recipient, left: int, now: float) -> None:
        self.client = client
        self.since = now
        self.given = left
        """Bytes that were there for it since then."""
        self.left = left
        """Bytes that it has not taken, as of the last look."""

    def rate(self, now: float) -> float:
        """Bytes a second that it takes."""
        return (_CREDIT_BYTES + self.given - self.left) / (now - self.since + _GRACE_SECONDS)


class UnreadAnswers:
    """The clients that have something to take. A client that takes its answers at once never comes here."""

    def __init__(self, capacity: int = UNREAD_BYTES) -> None:
        self.capacity = capacity
        self.held = 0
        """Bytes that wait, at most."""
        self._unread: set[Unread] = set()

    def begin(self, client: Recipient, now: float) -> Unread:
        """Count a client that does not take what it is sent; `end` ends it."""
        unread = Unread(client, client.unsent, now)
        self._unread.add(unread)
        self.held += unread.left
        if self.held > self.capacity:
            self.relieve(now)
        return unread

    def more(self, unread: Unread, size: int, now: float) -> None:
        """Count more for a client that is counted."""
        unread.given += size
        unread.left += size
        self.held += size
        if self.held > self.capacity:
            self.relieve(now)

    def end(self, unread: Unread) -> None:
        """Count a client no more: it took most of it, or is gone. Ending twice is a no-op."""
        if unread in self._unread:
            self._unread.remove(unread)
            self.held -= unread.left

    def relieve(self, now: float) -> None:
        """Hang up on those who would take longest, while more waits than may."""
        for unread in self._unread:
            left = unread.client.unsent
            self.held -= unread.left - left
            unread.left = left
        if self.held <= self.capacity:
            return
        for unread in sorted(
            self._unread, key=lambda each: (now - each.since < _GRACE_SECONDS, -each.left / each.rate(now))
        ):
            is_slow = unread.rate(now) < _SLOW_RATE and now - unread.since >= _GRACE_SECONDS
            if self.held <= (self.capacity if is_slow else 2 * self.capacity) or len(self._unread) == 1:
                continue
            logger.warning(
                "a client that does not read its answer was left: clients left too much unread",
                extra={"unread_bytes": unread.left, "capacity": self.capacity},
            )
            self.end(unread)
            unread.client.abort()
