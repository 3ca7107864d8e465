"""Messages of gRPC: read only once there is room for the largest, since nobody tells the size of one before it is there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakValueDictionary

from unshelf.gateway.access.shares import Holder
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.body_reader import BodyBudget

MESSAGE_SECONDS = 60.0
"""How long a message may take to come, and to wait until others of its key were read."""
READS_AT_ONCE = 4
"""Messages of one key that are being read; others wait, mostly for a turn of the loop."""
SOON_SECONDS = 0.05
"""A message that is not there by then leaves its place to others; it keeps its room."""


class MessageReads:
    """Reads the messages of all calls."""

    def __init__(self, budget: BodyBudget) -> None:
        self._budget = budget
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def read(self, key: str, holder: Holder, read: Callable[[], Awaitable[Any]]) -> bytes:
        """The message of a call, as `read` gives it. Raises ProblemError: there is no room for it, it takes too long, or none comes."""
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = asyncio.Semaphore(READS_AT_ONCE)
        try:
            async with asyncio.timeout(MESSAGE_SECONDS), _Place(places):
                self._budget.hold(self._budget.limit, holder)
                try:
                    message = await read()
                finally:
                    self._budget.release(self._budget.limit, holder)
        except TimeoutError:
            raise ProblemError(
                "malformed_request", f"The message took longer than {MESSAGE_SECONDS:g} seconds to arrive."
            ) from None
        if not isinstance(message, bytes):
            raise ProblemError("malformed_request", "The call has no message.")
        return message


class _Place:
    """A place among those who read, left at the end, or when it takes long."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places
        self._held = False
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._places.acquire()
        self._held = True
        self._timer = asyncio.get_running_loop().call_later(SOON_SECONDS, self._leave)

    async def __aexit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._leave()

    def _leave(self) -> None:
        if self._held:
            self._held = False
            self._places.release()
