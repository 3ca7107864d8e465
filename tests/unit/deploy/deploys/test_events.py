"""The event log of a deploy: many readers, each from the first event on, none left behind."""

import asyncio
import json
import threading

import pytest

from unshelf.deploy.deploys.events import DeployEvent, End, Followers, encode_event, steps_of

STARTED = DeployEvent(step="lock", state="started")
DONE = DeployEvent(step="lock", state="done", detail="3 packages", seconds=0.5)


class Stored:
    """The events of one deploy, as a control stores them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.over = False

    def read(self, _deploy_id: str, first: int) -> list[str] | None:
        return self.lines[first:] or (None if self.over else [])

    def add(self, *events: DeployEvent | End) -> None:
        self.lines += map(encode_event, events)


async def read(followers: Followers) -> list[str]:
    return [json.loads(line)["step"] + " " + json.loads(line)["state"] async for line in followers.follow("d")]


@pytest.mark.parametrize("woken", [True, False])
def test_early_and_late_readers_see_the_same(*, woken: bool) -> None:
    """Given readers that come before, during and after, then all see every event, in order, whichever control adds them."""

    async def scenario() -> list[list[str]]:
        stored = Stored()
        followers = Followers(stored.read, poll_seconds=60.0 if woken else 0.01)
        early = [asyncio.create_task(read(followers)) for _ in range(20)]
        await asyncio.sleep(0)
        stored.add(STARTED)
        during = asyncio.create_task(read(followers))
        await asyncio.sleep(0)
        stored.add(DONE, End(state="done", version=1))
        if woken:
            threading.Thread(target=followers.wake, args=("d",)).start()
        seen = await asyncio.gather(*early, during)
        return [*seen, await read(followers)]

    assert all(seen == ["lock started", "lock done", "end done"] for seen in asyncio.run(scenario()))


def test_a_reader_that_leaves_is_not_remembered() -> None:
    async def scenario() -> None:
        stored = Stored()
        stored.add(STARTED)
        followers = Followers(stored.read)
        lines = followers.follow("d")
        await anext(lines)
        assert len(followers._wakers) == 1
        await lines.aclose()  # type: ignore[attr-defined]
        assert len(followers._wakers) == 0

    asyncio.run(scenario())


def test_readers_of_a_deploy_that_ended_without_an_end_are_let_go() -> None:
    async def scenario() -> list[str]:
        stored = Stored()
        stored.add(STARTED)
        stored.over = True
        return await asyncio.wait_for(read(Followers(stored.read)), 5)

    assert asyncio.run(scenario()) == ["lock started"]


def test_steps_tell_how_far_each_has_come() -> None:
    lines = [
        encode_event(event)
        for event in (
            STARTED,
            DONE,
            DeployEvent(step="build", state="started"),
            DeployEvent(step="build", state="info", detail="fetching numpy"),
        )
    ]
    assert [(one.step, one.state, one.detail, one.seconds) for one in steps_of(lines)] == [
        ("lock", "done", "3 packages", 0.5),
        ("build", "started", "fetching numpy", None),
    ]
