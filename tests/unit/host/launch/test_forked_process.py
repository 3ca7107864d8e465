"""A process that is not our child: its end is seen by a descriptor, its status is told by another process, or by nobody."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.support.virtual_time import run_in_virtual_time
from unshelf.host.launch.forked_process import ForkedProcess, pid_of
from unshelf.host.sandbox.sandbox import NO_SANDBOX
from unshelf.host.sandbox.walls import Walls
from unshelf.host.subprocesses import LOST_STATUS


class Scene:
    """A process whose descriptor is a pipe: it becomes readable when the test says that the process is gone."""

    def __init__(self) -> None:
        descriptor, self._end = os.pipe()
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        lifeline: Any = None
        self.process = ForkedProcess(7, descriptor, NO_SANDBOX.confine(Walls(scratch=Path())), lifeline, self.status)

    def end(self) -> None:
        os.close(self._end)


def play(story: Callable[[Scene], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await story(Scene())

    run_in_virtual_time(run())


@pytest.mark.parametrize("told_first", [True, False])
def test_its_end_and_its_status_may_come_in_either_order(told_first: bool) -> None:
    async def story(scene: Scene) -> None:
        waiting = asyncio.create_task(scene.process.wait())
        steps = [lambda: scene.status.set_result(3), scene.end]
        for step in steps if told_first else reversed(steps):
            await asyncio.sleep(0.1)
            assert not waiting.done()
            step()
        assert await waiting == 3
        assert await scene.process.wait() == 3

    play(story)


def test_a_status_that_nobody_tells_is_lost_and_may_still_come_later() -> None:
    async def story(scene: Scene) -> None:
        scene.end()
        assert await scene.process.wait() == LOST_STATUS
        assert not scene.status.cancelled()
        scene.status.set_result(-9)
        assert await scene.process.wait() == -9

    play(story)


def test_one_that_is_gone_gets_no_signal() -> None:
    async def story(scene: Scene) -> None:
        scene.end()
        await scene.process.wait()
        with pytest.raises(ProcessLookupError):
            scene.process.ask_to_end()

    play(story)


def test_a_signal_goes_to_the_process_of_the_descriptor() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        came = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, came.set)
        pidfd = os.pidfd_open(os.getpid())
        lifeline: Any = None
        assert pid_of(pidfd) == os.getpid()
        place = NO_SANDBOX.confine(Walls(scratch=Path()))
        process = ForkedProcess(os.getpid(), pidfd, place, lifeline, loop.create_future())
        process.ask_to_end()
        await asyncio.wait_for(came.wait(), 30)
        loop.remove_signal_handler(signal.SIGTERM)
        loop.remove_reader(pidfd)
        os.close(pidfd)

    asyncio.run(story())
