"""Use of folders by deploys: what a failed deploy made goes with its last user, unless control was promised it."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable


class UsageCounts:
    """Counts, by name, the deploys that use a folder right now, and knows which folders are still theirs alone."""

    def __init__(self, remove: Callable[[str], Awaitable[None]]) -> None:
        """`remove` deletes the folder of this name, unless `is_held` says that somebody uses it again."""
        self._remove = remove
        self._held: Counter[str] = Counter()
        self._provisional: set[str] = set()

    @contextlib.asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[None]:
        """Inside, the folder of this name is in use and stays."""
        self._held[name] += 1
        try:
            yield
        finally:
            self._held[name] -= 1
            if not self._held[name]:
                del self._held[name]
                if name in self._provisional:
                    await asyncio.shield(self._drop(name))

    def made(self, name: str) -> None:
        """A deploy that holds the folder made it just now: until it is kept, it goes with its last user."""
        self._provisional.add(name)

    def keep(self, name: str) -> None:
        """The folder is promised to control: it stays until control lets it go."""
        self._provisional.discard(name)

    async def let_go(self, name: str) -> None:
        """Control needs it no longer: it goes now, or with the last deploy that uses it and fails."""
        self._provisional.add(name)
        if not self.is_held(name):
            await asyncio.shield(self._drop(name))

    def is_held(self, name: str) -> bool:
        """Whether a running deploy uses it."""
        return name in self._held

    async def _drop(self, name: str) -> None:
        await self._remove(name)
        if not self.is_held(name):
            self._provisional.discard(name)
