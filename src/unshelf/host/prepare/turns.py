"""Turns of work that many ask for: shared out among those who ask, so that slow work of one keeps nobody else waiting."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from unshelf.runtime.machine.own_group import usable_cores

_LOCKS_AT_ONCE = 9
"""A lock waits for the package index most of its time."""
_LONG_SECONDS = 10.0
_LONG_PLACES = 8
_EXPORTS_AT_ONCE = 3


@dataclass(eq=False, kw_only=True)
class _Turn:
    actor: str
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    is_long: bool = False


class Turns:
    """Places for work at the same time, of which one actor may have all but one, so that there is a place for somebody else.

    Work that takes long leaves its place to others after a while and goes on beside them, as far as there are places for that:
    a build that sleeps must not cost those a turn that come after it."""

    def __init__(self, places: int, *, long_after: float = 0.0, long_places: int = 0) -> None:
        """`places` at least 2. `long_places`: how many may go on beside the others after `long_after` seconds, half of them of
        one actor."""
        self._places = places
        self._long_after = long_after
        self._long_places = long_places
        self._waiting: list[_Turn] = []
        self._working: set[_Turn] = set()
        self._long: set[_Turn] = set()

    def is_free(self, actor: str) -> bool:
        """Whether a turn of this actor would begin at once."""
        return not self._waiting and self._has_place(actor)

    @contextlib.asynccontextmanager
    async def turn(self, actor: str) -> AsyncIterator[None]:
        """Inside, it is this actor's turn; waits for it. Of those who wait, the one whose actor has the least is next."""
        turn = _Turn(actor=actor)
        self._waiting.append(turn)
        self._give_places()
        timer: asyncio.TimerHandle | None = None
        try:
            await turn.ready.wait()
            if self._long_places:
                timer = asyncio.get_running_loop().call_later(self._long_after, self._take_long, turn)
            yield
        finally:
            if timer is not None:
                timer.cancel()
            if turn in self._waiting:
                self._waiting.remove(turn)
            self._working.discard(turn)
            self._long.discard(turn)
            self._promote()
            self._give_places()

    def _has_place(self, actor: str) -> bool:
        return len(self._working) < self._places and _count(self._working, actor) < self._places - 1

    def _give_places(self) -> None:
        while free := [turn for turn in self._waiting if self._has_place(turn.actor)]:
            held = Counter(turn.actor for turn in (*self._working, *self._long))
            turn = min(free, key=lambda each: held[each.actor])
            self._waiting.remove(turn)
            self._working.add(turn)
            turn.ready.set()

    def _take_long(self, turn: _Turn) -> None:
        """Note that a turn takes long."""
        turn.is_long = True
        self._promote()
        self._give_places()

    def _promote(self) -> None:
        """Move long work out of the places of others, as far as there is room beside them."""
        for turn in [each for each in self._working if each.is_long]:
            if len(self._long) < self._long_places and _count(self._long, turn.actor) < max(1, self._long_places // 2):
                self._working.discard(turn)
                self._long.add(turn)


class BuildTurns:
    """Turns at locking and building environments, for bundles and without."""

    def __init__(self) -> None:
        at_once = max(2, usable_cores())  # of one actor
        self.locks = Turns(_LOCKS_AT_ONCE, long_after=_LONG_SECONDS, long_places=_LONG_PLACES)
        self.builds = Turns(at_once + 1, long_after=_LONG_SECONDS, long_places=_LONG_PLACES)
        self.checks = Turns(at_once + 1)
        self.exports = Turns(_EXPORTS_AT_ONCE)


def _count(turns: set[_Turn], actor: str) -> int:
    return sum(turn.actor == actor for turn in turns)
