"""Turns: how many answers for people who look at a page may be on their way at once."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from unshelf.contracts.errors import TooManyRequests

AT_ONCE = 12
OF_ONE = 4


class TryTurns:
    """A few turns for everybody, fewer for each."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        """Id of who asks → requests that are being answered."""

    @contextmanager
    def turn(self, who: str) -> Iterator[None]:
        """Hold a turn. Raises TooManyRequests when all, or all of this one, are taken."""
        with self._lock:
            if self._running.total() >= AT_ONCE or self._running[who] >= OF_ONE:
                raise TooManyRequests("Other tries are being answered.", retry_after=1)
            self._running[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[who] -= 1
                if not self._running[who]:
                    del self._running[who]
