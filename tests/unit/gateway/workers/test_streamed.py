"""A streamed prediction keeps its chunks within its room, and its record tells them whatever came of it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.content_types import NATIVE
from unshelf.gateway.workers.streamed import StreamBudget, Streamed


def with_streams(room: StreamBudget, count: int, check: Callable[..., None]) -> None:
    async def run() -> None:
        check(*[Streamed("k", "iris", NATIVE, room=room, holder=room.holder(str(n), str(n), "")) for n in range(count)])

    asyncio.run(run())


def test_a_stream_takes_no_more_than_a_stream_may_have() -> None:
    room = StreamBudget(stream_bytes=10, capacity=100)

    def check(stream: Streamed) -> None:
        stream.take(b"12345")
        stream.take(b"67890")
        assert stream.overflow is None
        stream.take(b"1")
        assert (stream.overflow is not None and stream.overflow.code, stream.chunks) == (
            "model_error",
            [b"12345", b"67890"],
        )
        assert room.held == 10

    with_streams(room, 1, check)


def test_streams_share_their_room_and_give_it_back() -> None:
    room = StreamBudget(stream_bytes=10, capacity=12)

    def check(first: Streamed, second: Streamed, third: Streamed) -> None:
        first.take(b"12345678")
        second.take(b"12345")
        assert second.overflow is not None and second.overflow.code == "overloaded"
        first.leave()
        first.leave()
        assert room.held == 0
        third.take(b"12345678")
        assert third.overflow is None

    with_streams(room, 3, check)


def test_the_record_holds_the_chunks_of_a_success_and_of_a_failure() -> None:
    def check(good: Streamed, bad: Streamed, whole: Streamed, nothing: Streamed) -> None:
        for stream in (good, bad):
            stream.take(b'"one"')
            stream.take(b"[2]")
        good.succeed(b"", 0)
        bad.refuse(ProblemError("model_error", "it raised"), "Traceback")
        whole.succeed(b"[1.5]", 0)
        nothing.succeed(b"", 0)
        outputs: list[Any] = [json.loads(each.output) for each in (good, whole, nothing)]
        assert outputs == [["one", [2]], [1.5], []]
        problem = json.loads(bad.output)
        assert (problem["code"], problem["traceback"], problem["outputs"]) == ("model_error", "Traceback", ["one", [2]])

    with_streams(StreamBudget(), 4, check)
