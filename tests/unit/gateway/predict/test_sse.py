"""A stream of events: chunks as they come, then one end, which says what became of the prediction."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.support.exchanges import Wire, an_exchange
from tests.support.virtual_time import run_in_virtual_time
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.exchange import Exchange
from unshelf.gateway.predict.outcome import Outcome, outcome_of
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.predict.sse import EventStreamRoute
from unshelf.gateway.routing.index import Caller
from unshelf.gateway.workers.streamed import Streamed


class Model:
    """The pipeline and the workers as a stream sees them: a test yields the chunks and ends the prediction."""

    key_is_good = True

    def __init__(self) -> None:
        self.withdrawn: list[str] = []
        self.prediction: Streamed | None = None
        self.begun = asyncio.Event()
        self._ended = asyncio.Event()

    def begin_trace(self, request: PredictRequest, prediction: Streamed) -> None:
        """See PredictionPipeline: no prediction has a trace."""

    async def run(self, request: PredictRequest, body: Any, prediction: Streamed) -> Outcome:
        self.prediction = prediction
        prediction.begin()
        self.begun.set()
        await self._ended.wait()
        return outcome_of(prediction)

    def take(self, *chunks: bytes) -> None:
        assert self.prediction is not None
        for chunk in chunks:
            self.prediction.take(chunk)

    def succeed(self, output: bytes = b"") -> None:
        assert self.prediction is not None
        self.prediction.model, self.prediction.version = "iris", 2
        self.prediction.succeed(output, 0)
        self._ended.set()

    def refuse(self, error: ProblemError) -> None:
        assert self.prediction is not None
        self.prediction.refuse(error)
        self._ended.set()

    def withdraw(self, prediction: Streamed, refused: ProblemError) -> bool:
        self.withdrawn.append(refused.code)
        self.refuse(refused)
        return True


Story = Callable[[Model, Exchange, Wire, EventStreamRoute], Coroutine[Any, Any, None]]


def play(story: Story, *, timeout: str | None = None) -> tuple[Model, Wire]:
    """Play a story beside a stream; it ends when the stream has ended."""

    async def run() -> tuple[Model, Wire]:
        model: Any = Model()
        exchange, wire = an_exchange("POST", "/models/iris/predict")
        route = EventStreamRoute(model, lambda _exchange, _protocol: model, model, lambda _caller: model.key_is_good)
        caller = Caller(KeyRoute(id="k1", name="tests"))
        request = PredictRequest(caller=caller, reference="iris", protocol="native", timeout=timeout)
        predicting = asyncio.create_task(route.predict(request, exchange))
        await model.begun.wait()
        await story(model, exchange, wire, route)
        await predicting
        exchange.finish()
        assert model.prediction.room.held == 0
        return model, wire

    return run_in_virtual_time(run())


def events(wire: Wire) -> list[tuple[str, Any]]:
    """The events of a chunked answer."""
    rest, text = wire.body, b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        text += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    found = []
    for event in text.decode().split("\n\n")[:-1]:
        name, data = event.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_chunks_are_sent_as_they_come_and_the_end_names_the_version() -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        model.take(b'"one"')
        await wire.until_sent(b'"one"')
        model.take(b'{"a":\n1,\r\n"b": 2}', b"[3]")
        model.succeed()

    model, wire = play(story)
    assert model.prediction is not None
    assert events(wire) == [
        ("output", "one"), ("output", {"a": 1, "b": 2}), ("output", [3]),
        ("done", {"id": model.prediction.id, "model": "iris", "version": 2}),
    ]  # fmt: skip
    assert (wire.head[":status"], wire.head["content-type"]) == ("200", "text/event-stream")
    assert (wire.head["cache-control"], wire.head["x-prediction-id"]) == ("no-store", model.prediction.id)
    assert (wire.ends, model.withdrawn) == (1, [])


def test_a_model_that_does_not_yield_answers_in_one_event() -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        model.succeed(b"[1,2]")

    (output, _done) = events(play(story)[1])
    assert output == ("output", [1, 2])


def test_a_model_that_yields_nothing_has_an_end_alone() -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        model.succeed()

    assert [name for name, _ in events(play(story)[1])] == ["done"]


def test_a_failure_after_a_chunk_is_an_event() -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        model.take(b"1")
        model.refuse(ProblemError("model_error", "It raised."))

    told = events(play(story)[1])
    assert [name for name, _ in told] == ["output", "error"]
    assert told[1][1]["code"] == "model_error"


def test_a_failure_before_the_first_chunk_is_an_answer_like_any_other() -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        model.refuse(ProblemError("model_error", "It raised."))

    _, wire = play(story)
    assert (wire.head[":status"], wire.head["content-type"]) == ("500", "application/problem+json")
    assert json.loads(wire.body)["detail"] == "It raised."


def test_a_caller_who_leaves_ends_the_prediction() -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        model.take(b"1")
        await wire.until_sent(b"data: 1")
        exchange.client_leaves()

    model, wire = play(story)
    assert model.withdrawn == ["client_gone"]
    assert events(wire) == [("output", 1)]


def test_a_caller_who_is_gone_when_a_chunk_is_sent_ends_the_prediction() -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        wire.gone = True
        model.take(b"1")

    model, _ = play(story)
    assert model.withdrawn == ["client_gone"]


def test_a_server_that_ends_ends_its_streams_after_some_time() -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        model.take(b"1")
        route.stop(5.0)
        await asyncio.sleep(4.9)
        assert model.withdrawn == []
        await asyncio.sleep(0.2)
        assert model.withdrawn == ["unavailable"]

    _, wire = play(story)
    assert [name for name, _ in events(wire)] == ["output", "error"]


@pytest.mark.parametrize(("timeout", "seconds"), [(None, 0.0), ("2.5", 2.5), ("soon", 0.0)])
def test_a_caller_may_give_the_whole_stream_a_deadline(timeout: str | None, seconds: float) -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        model.succeed()

    model, _ = play(story, timeout=timeout)
    assert model.prediction is not None
    assert model.prediction.seconds == seconds


def test_a_stream_ends_with_the_key_it_was_asked_with() -> None:
    async def story(model: Model, exchange: Exchange, wire: Wire, route: EventStreamRoute) -> None:
        model.take(b"1")
        await asyncio.sleep(10)
        assert model.withdrawn == []
        model.key_is_good = False
        await asyncio.sleep(1)

    model, wire = play(story)
    assert model.withdrawn == ["unauthenticated"]
    assert [name for name, _ in events(wire)] == ["output", "error"]
