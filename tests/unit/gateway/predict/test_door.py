"""The private door: a prediction that the platform asks for, recorded under its purpose, and answered as a caller's would be."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from tests.unit.gateway.deferred.conftest import Play, Scene
from tests.unit.gateway.deferred.conftest import play as play
from unshelf.contracts.protocols import frames
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.body_reader import BodyBudget
from unshelf.gateway.predict.door import DoorBody, PredictionDoor
from unshelf.gateway.prediction import Prediction
from unshelf.runtime.messages import MessageReader, frame_message

_outcomes: MessageReader[DoorOutcome] = MessageReader(DoorOutcome)
Ask = Callable[[DoorRequest], Any]


def a_request(body: bytes = b'{"inputs":[1]}', **fields: Any) -> DoorRequest:
    return DoorRequest(**{"actor": "user:anna", "reference": "iris", "purpose": "try", "body": body, **fields})


class Line:
    """A connection to a door."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def ask(self, request: DoorRequest) -> DoorOutcome:
        self.writer.write(frame_message(request))
        return await _outcomes.read(self._reader)

    async def ends(self) -> bool:
        return await self._reader.read() == b""


@asynccontextmanager
async def opened(scene: Scene) -> AsyncIterator[tuple[PredictionDoor, Line]]:
    path = scene.folder / "door"
    door = PredictionDoor(
        path, scene.pipeline, watcher=scene.watcher, budget=scene.budget, recorded_arrow_bytes=4
    )  # fmt: skip
    await door.start()
    line = Line(*await asyncio.open_unix_connection(path))
    try:
        yield door, line
    finally:
        line.writer.close()
        await door.stop()


def test_a_prediction_of_the_platform_is_recorded_under_its_actor_and_purpose(play: Play) -> None:
    async def story(scene: Scene) -> None:
        async with opened(scene) as (_, line):
            asking = asyncio.create_task(line.ask(a_request(purpose="backtest")))
            assert await scene.worker.request() == b'{"inputs":[1]}'
            scene.worker.answer(1, b"[7]")
            outcome = await asking
        assert (outcome.status, outcome.model, outcome.version, outcome.code) == (200, "iris", 1, "")
        assert json.loads(outcome.body)["outputs"] == [7]
        (record,) = scene.recorded()
        assert (record.key, record.purpose, record.id) == ("user:anna", "backtest", outcome.id)

    play(story)


def test_a_version_that_was_published_a_moment_ago_is_known(play: Play) -> None:
    async def story(scene: Scene) -> None:
        async with opened(scene) as (_, line):
            missing = await line.ask(a_request(reference="iris:9"))
            assert (missing.status, missing.code, missing.version) == (404, "not_found", 0)
            scene.publish(paused=True, known=False)
            assert (await line.ask(a_request())).code == "paused"

    play(story)


def test_bytes_that_are_no_request_end_the_connection(play: Play) -> None:
    async def story(scene: Scene) -> None:
        async with opened(scene) as (_, line):
            line.writer.write(b"\x03\0\0\0abc")
            assert await line.ends()

    play(story)


def test_a_door_that_stops_answers_what_is_under_way_and_hangs_up_on_the_idle(play: Play) -> None:
    async def story(scene: Scene) -> None:
        async with opened(scene) as (door, busy):
            idle = Line(*await asyncio.open_unix_connection(scene.folder / "door"))
            asking = asyncio.create_task(busy.ask(a_request()))
            await scene.worker.request()
            stopping = asyncio.create_task(door.stop())
            assert await idle.ends()
            assert not stopping.done()
            scene.worker.answer(1)
            assert (await asking).status == 200
            await stopping
            assert not (scene.folder / "door").exists()
            idle.writer.close()

    play(story)


def read(asked: DoorRequest, budget: BodyBudget) -> Prediction:
    async def go() -> Prediction:
        prediction = Prediction("k", "iris", asked.protocol)
        body = DoorBody(asked, budget, budget.holder("k", "tests", ""), 4)
        await body.drain()
        await body.read(prediction)
        try:
            body.parse(prediction)
        finally:
            body.release()
        if prediction.pending is not None:
            await prediction.pending
        return prediction

    return asyncio.run(go())


@pytest.mark.parametrize(
    ("fields", "kind", "header"),
    [
        ({}, frames.NATIVE, 0), ({"protocol": "mlflow", "content_type": "text/csv"}, frames.MLFLOW_CSV, 0),
        ({"protocol": "v2"}, frames.V2, 0), ({"protocol": "v2", "json_length": 2, "content_type": ""}, frames.V2, 2),
        ({"protocol": "arrow"}, frames.ARROW, 0), ({"protocol": "arrow", "arrow_answer": True}, frames.ARROW, 1),
    ],
)  # fmt: skip
def test_a_body_is_framed_as_its_protocol_is(fields: dict[str, Any], kind: int, header: int) -> None:
    budget = BodyBudget(limit=100, capacity=100)
    prediction = read(a_request(b"{}\0\1", **fields), budget)
    assert (prediction.wire_protocol, prediction.header, prediction.body) == (kind, header, b"{}\0\1")
    assert budget.held == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"body": bytes(101)}, "body_too_large"), ({"body": bytes(201), "protocol": "arrow"}, "overloaded"),
        ({"content_type": "text/html"}, "unsupported_media_type"),
        ({"protocol": "v2", "json_length": 99, "content_type": ""}, "malformed_request"),
    ],
)  # fmt: skip
def test_a_body_that_can_not_be_taken_is_refused_and_not_held(fields: dict[str, Any], code: str) -> None:
    budget = BodyBudget(limit=100, capacity=200)
    with pytest.raises(ProblemError) as refused:
        read(msgspec.structs.replace(a_request(b"{}"), **fields), budget)
    assert (refused.value.code, budget.held) == (code, 0)


def test_an_arrow_body_is_recorded_by_its_beginning() -> None:
    prediction = read(a_request(b"0123456789", protocol="arrow"), BodyBudget(limit=100, capacity=100))
    assert (prediction.body, prediction.input_size, len(prediction.input_sha256)) == (b"0123", 10, 64)
