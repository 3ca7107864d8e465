"""Turns of SQL queries: threads of their own, one query at a time a caller, a few that wait, and the others refused at once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from unshelf.contracts.errors import TooManyRequests, Unavailable

AT_ONCE = 2
"""Queries that run at a time."""
MOST_WAITING = 8
"""Queries that wait, of all callers."""
MOST_WAITING_OF_ONE = 2
"""Queries that wait, of one caller."""
WAIT_SECONDS = 60.0
"""How long a query waits for its turn."""
_RETRY_SECONDS = 5.0

Answer = TypeVar("Answer")


class QueryTurns:
    """Runs queries in threads that no other request needs. Of those that wait, the first whose caller has none running is next."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="query")
        self._running: Counter[str] = Counter()
        self._waiting: list[tuple[str, asyncio.Event]] = []

    async def run(self, caller: str, ask: Callable[[], Answer]) -> Answer:
        """Call `ask` when it is this caller's turn. Raises TooManyRequests and Unavailable beyond the bounds, and what `ask` raises."""
        turn = (caller, asyncio.Event())
        self._enter(turn)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await turn[1].wait()
        except TimeoutError:
            self._give_up(turn)
            raise Unavailable(
                f"No query ended within {WAIT_SECONDS:g} seconds.", hint="Ask again later.", retry_after=_RETRY_SECONDS
            ) from None
        except asyncio.CancelledError:
            self._give_up(turn)
            raise
        asked = asyncio.get_running_loop().run_in_executor(self._threads, ask)
        # A caller who hangs up does not end a query, which holds its thread until it is done.
        asked.add_done_callback(lambda _: self._leave(caller))
        return await asyncio.shield(asked)

    def _enter(self, turn: tuple[str, asyncio.Event]) -> None:
        caller = turn[0]
        self._waiting.append(turn)
        self._begin()
        if turn not in self._waiting:
            return
        if sum(other == caller for other, _ in self._waiting) > MOST_WAITING_OF_ONE:
            self._waiting.remove(turn)
            raise TooManyRequests(
                f"A query of yours is being answered, and {MOST_WAITING_OF_ONE} wait.", hint="Ask one at a time.",
                retry_after=_RETRY_SECONDS,
            )  # fmt: skip
        if len(self._waiting) > MOST_WAITING:
            self._waiting.remove(turn)
            raise Unavailable(
                f"{AT_ONCE} queries are being answered, and {MOST_WAITING} wait.", hint="Ask again later.",
                retry_after=_RETRY_SECONDS,
            )  # fmt: skip

    def _give_up(self, turn: tuple[str, asyncio.Event]) -> None:
        """End the wait of one whose turn may just have come."""
        if turn in self._waiting:
            self._waiting.remove(turn)
        else:
            self._leave(turn[0])

    def _leave(self, caller: str) -> None:
        self._running[caller] -= 1
        if not self._running[caller]:
            del self._running[caller]
        self._begin()

    def _begin(self) -> None:
        for turn in list(self._waiting):
            if self._running.total() >= AT_ONCE:
                return
            if not self._running[turn[0]]:
                self._waiting.remove(turn)
                self._running[turn[0]] += 1
                turn[1].set()
