"""The event log of a deploy: many readers, each from the first event on, none left behind."""

import asyncio
import json
import threading

from unshelf.deploy.deploys.events import End, Event, EventLog, encode_event, steps_of

STARTED = Event(step="lock", state="started")
DONE = Event(step="lock", state="done", detail="3 packages", seconds=0.5)


async def read(log: EventLog) -> list[str]:
    return [json.loads(line)["step"] + " " + json.loads(line)["state"] async for line in log.follow()]


def test_early_and_late_readers_see_the_same() -> None:
    """Given readers that come before, during and after, when a thread adds events, then all see every event, in order."""

    async def scenario() -> list[list[str]]:
        log = EventLog()
        early = [asyncio.create_task(read(log)) for _ in range(20)]
        await asyncio.sleep(0)
        log.append(STARTED)
        during = asyncio.create_task(read(log))
        await asyncio.sleep(0)
        thread = threading.Thread(target=lambda: [log.append(event) for event in (DONE, End(state="done", version=1))])
        thread.start()
        seen = await asyncio.gather(*early, during)
        thread.join()
        return [*seen, await read(log)]

    assert all(seen == ["lock started", "lock done", "end done"] for seen in asyncio.run(scenario()))


def test_a_reader_that_leaves_is_not_remembered() -> None:
    async def scenario() -> None:
        log = EventLog()
        log.append(STARTED)
        task = asyncio.create_task(read(log))
        await asyncio.sleep(0.01)
        assert len(log._readers) == 1
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert len(log._readers) == 0
        log.append(DONE)

    asyncio.run(scenario())


def test_readers_of_a_deploy_that_could_not_even_be_ended_are_let_go() -> None:
    async def scenario() -> list[str]:
        log = EventLog()
        log.append(STARTED)
        task = asyncio.create_task(read(log))
        await asyncio.sleep(0)
        log.abandon()
        return await asyncio.wait_for(task, 5)

    assert asyncio.run(scenario()) == ["lock started"]


def test_steps_tell_how_far_each_has_come() -> None:
    lines = [
        encode_event(event)
        for event in (
            STARTED,
            DONE,
            Event(step="build", state="started"),
            Event(step="build", state="info", detail="fetching numpy"),
        )
    ]
    assert [(one.step, one.state, one.detail, one.seconds) for one in steps_of(lines)] == [
        ("lock", "done", "3 packages", 0.5),
        ("build", "started", "fetching numpy", None),
    ]
