"""A follower hears of states, of output, and of the end, each once and in order."""

import asyncio
import json
from typing import Any

from tests.support.async_tests import in_event_loop
from unshelf.contracts.errors import NotFound
from unshelf.develop.jobs.following import JobFollowers, JobReading
from unshelf.develop.jobs.launcher import OutputPart


class Story:
    """A job whose state and output a test changes."""

    def __init__(self) -> None:
        self.state, self.attempts, self.is_over = "queued", 0, False
        self.printed: dict[int, tuple[bytes, bool]] = {}
        self.followers = JobFollowers(self.read, self.read_output)

    def read(self, job: str) -> JobReading | None:
        if job != "j":
            return None
        return JobReading(
            state=self.state, reason="", attempts=self.attempts, is_over=self.is_over, position=None, results={"n": 1}
        )

    def read_output(self, job: str, number: int, offset: int, wait: float) -> OutputPart:
        del job, wait
        if number not in self.printed:
            raise NotFound("It never began.")
        data, is_over = self.printed[number]
        return OutputPart(data=data[offset : offset + 4], is_over=is_over and offset + 4 >= len(data))

    async def heard(self, *, output: bool = True) -> list[dict[str, Any]]:
        async with asyncio.timeout(20):
            return [json.loads(line) async for line in self.followers.follow("j", output=output)]


@in_event_loop
async def test_a_job_that_is_over_is_told_from_its_beginning() -> None:
    story = Story()
    story.state, story.attempts, story.is_over = "succeeded", 3, True
    story.printed = {1: (b"first try\n", True), 3: ("grün\n".encode(), True)}
    heard = await story.heard()
    assert [each["type"] for each in (heard[0], heard[-1])] == ["state", "end"]
    text = {
        number: "".join(each["text"] for each in heard if each["type"] == "output" and each["attempt"] == number)
        for number in (1, 2, 3)
    }
    assert text == {1: "first try\n", 2: "", 3: "grün\n"}, "a character that is cut in two is put together"
    assert heard[-1] == {"type": "end", "state": "succeeded", "reason": "", "results": {"n": 1}}
    assert [each["type"] for each in await story.heard(output=False)] == ["state", "end"]


@in_event_loop
async def test_changes_are_heard_as_they_happen() -> None:
    story = Story()
    lines = story.followers.follow("j", output=True)

    async def following() -> dict[str, Any]:
        story.followers.wake(["j", "other"])
        return dict(json.loads(await anext(lines)))

    assert (await following())["state"] == "queued"
    story.state, story.attempts, story.printed = "running", 1, {1: (b"more", False)}
    assert (await following())["state"] == "running"
    assert (await following())["text"] == "more"
    story.state, story.is_over, story.printed = "failed", True, {1: (b"more end", True)}
    assert (await following())["text"] == " end", "what was printed comes before what ended it"
    assert (await following())["state"] == "failed"
    assert (await following())["type"] == "end"
    assert [line async for line in lines] == []
    assert story.followers._wakers == {}, "nothing of a reader stays"


@in_event_loop
async def test_a_job_that_is_gone_has_nothing_to_tell() -> None:
    followers = Story().followers
    assert [line async for line in followers.follow("gone", output=True)] == []
