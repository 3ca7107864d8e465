"""Progress of preparing: each step's beginning, what it says, and its end with its time."""

import asyncio

from tests.support.virtual_time import run_in_virtual_time
from unshelf.contracts.protocols.host import Progress
from unshelf.host.prepare.progress import ProgressReporter
from unshelf.host.prepare.turns import Turns


def test_a_step_is_told_with_its_time_and_what_it_waits_for() -> None:
    said: list[Progress] = []

    async def say(progress: Progress) -> None:
        said.append(progress)

    async def work() -> None:
        turns = Turns(2)
        voice = ProgressReporter(7, say)
        async with turns.turn("ana"):
            await voice.begin("build", "abc")
            waiting = asyncio.create_task(_in_turn(voice, turns))
            await asyncio.sleep(1)
            assert not waiting.done()
        await waiting
        await voice.done("built")

    run_in_virtual_time(work())
    assert [(one.id, one.step, one.state, one.detail) for one in said] == [
        (7, "build", "started", "abc"),
        (7, "build", "info", "waiting for a free place"),
        (7, "build", "info", "at work"),
        (7, "build", "done", "built"),
    ]
    assert said[-1].seconds is not None


async def _in_turn(voice: ProgressReporter, turns: Turns) -> None:
    async with voice.turn(turns, "ana"):
        await voice.info("at work")
