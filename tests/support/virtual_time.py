"""An event loop whose clock jumps to the next timer once nothing else is to be done: hours pass in no time, the same each run."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

Result = TypeVar("Result")


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Moves the clock on by what the loop would have waited."""

    now = 0.0
    threads = 0
    """Work in threads that the loop waits for."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or (timeout > 0 and self.threads):  # a thread or a socket has the next word
            return list(super().select(None))
        ready = list(super().select(0))
        if not ready:
            self.now += timeout
        return ready

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return super().get_map()  # type: ignore[no-any-return]


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """See the module. Sockets within this process work as ever; what the loop's threads do takes no time by this clock."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        self._jumping.threads += 1
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: object) -> None:
        self._jumping.threads -= 1


def run_in_virtual_time(story: Coroutine[Any, Any, Result]) -> Result:
    """As asyncio.run, by the clock that jumps."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(story)


async def until(condition: Callable[[], object]) -> None:
    """Return once the condition holds; by the clock that jumps, looking again and again takes no time."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to be")
