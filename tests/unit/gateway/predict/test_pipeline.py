"""The pipeline without a connection and without a worker: refusals are recorded once, and give back what they held."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.segments import records_in
from unshelf.contracts.protocols import frames
from unshelf.contracts.protocols.door import DoorRequest
from unshelf.contracts.routing import KeyRoute, RequestLimits
from unshelf.gateway.access.rate_limit import Limiters
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.http.response import Response
from unshelf.gateway.predict.body_reader import BodyBudget
from unshelf.gateway.predict.door import DoorBody
from unshelf.gateway.predict.pipeline import PredictionPipeline, deadline_of
from unshelf.gateway.predict.request import PredictRequest
from unshelf.gateway.records.recorder import Recorder
from unshelf.gateway.routing.index import Caller, RoutingWatcher
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.traces import Tracing
from unshelf.gateway.workers.host_client import HostClient
from unshelf.gateway.workers.pools import WorkerPools

BODY = b'{"inputs": [1]}'
NOT_FOUND = ProblemError("not_found", "There is no model 'gone'.")


class Call:
    """A call whose body is there, and its answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.answer: Response | None = None

    @property
    def buffered(self) -> int:
        return len(self._body)

    def take(self) -> bytes:
        return self._body

    def response_ok(self, lines: bytes, body: bytes) -> None:
        raise AssertionError((lines, body))

    def respond(self, response: Response) -> None:
        self.answer = response


class Stage:
    """A pipeline of real parts in this process; its host is not there."""

    def __init__(self, folder: Path) -> None:
        self.records = folder / "predictions"
        metrics = folder / "metrics"
        metrics.mkdir()
        counters = Counters(metrics, 0)
        self.recorder = Recorder(self.records, gateway=0, segment_bytes=1 << 20, settling=counters.answered)
        self.budget = BodyBudget(limit=100, capacity=150)
        self.other = self.budget.holder("k2", "others", "")
        self.pipeline = PredictionPipeline(
            watcher=RoutingWatcher(folder, lambda _table, _change: None),
            workers=WorkerPools(HostClient("host.sock"), self.recorder, 8), recorder=self.recorder, budget=self.budget,
            counters=counters, limiters=Limiters(0, 1), tracing=Tracing(),
        )  # fmt: skip

    def body(self, content: bytes = BODY) -> DoorBody:
        asked = DoorRequest(actor="user:anna", reference="gone", purpose="try", body=content)
        return DoorBody(asked, self.budget, self.other, 1 << 20)


def request(**fields: Any) -> PredictRequest:
    caller = Caller(KeyRoute(id="k1", name="tests", limits=RequestLimits(concurrency=1)), "")
    values = {"reference": "gone", "protocol": "native", "wire_protocol": frames.NATIVE, "refusal": NOT_FOUND}
    return PredictRequest(caller=caller, **{**values, **fields})


@pytest.fixture
def played(tmp_path: Path) -> Callable[[Callable[[Stage], Coroutine[Any, Any, None]]], list[Any]]:
    """Play a story on a stage; gives what was recorded."""

    def play(story: Callable[[Stage], Coroutine[Any, Any, None]]) -> list[Any]:
        async def run() -> None:
            stage = Stage(tmp_path)
            await story(stage)
            stage.recorder.close()
            assert (stage.budget.held, stage.recorder.answered) == (0, stage.recorder.recorded)

        asyncio.run(run())
        return records_in(sorted((tmp_path / "predictions").glob("*.seg")))

    return play


def test_a_request_that_comes_to_nothing_is_recorded_and_answered_inline(played: Any) -> None:
    async def story(stage: Stage) -> None:
        for _ in range(3):  # one at a time is what the key may have: each gives its place back
            call = Call(BODY)
            assert stage.pipeline.try_inline(request(refusal=None), call)
            await asyncio.sleep(0)  # the records of a turn of the loop are written at its end
            await asyncio.sleep(0)
            assert call.answer is not None
            assert (call.answer.status, msgspec.json.decode(call.answer.body)["code"]) == (404, "not_found")

    assert [(record.status, record.code, record.input) for record in played(story)] == [(404, "not_found", BODY)] * 3


def test_a_body_for_which_there_is_no_room_is_left_where_it_is(played: Any) -> None:
    async def story(stage: Stage) -> None:
        assert not stage.pipeline.try_inline(request(), Call(bytes(101)))  # larger than a body may be
        stage.budget.hold(100, stage.other)
        assert not stage.pipeline.try_inline(request(), Call(bytes(60)))  # beside the others
        stage.budget.release(100, stage.other)

    assert played(story) == []


def test_a_prediction_needs_no_connection(played: Any) -> None:
    async def story(stage: Stage) -> None:
        outcome = await stage.pipeline.run(request(purpose="backtest", admitted=True), stage.body())
        assert (outcome.status, outcome.code, outcome.version, outcome.submitted) == (404, "not_found", 0, False)
        assert dict(outcome.response.headers)["x-prediction-id"] == outcome.id
        too_large = await stage.pipeline.run(request(admitted=True, refusal=None), stage.body(bytes(101)))
        assert (too_large.status, too_large.refusal is NOT_FOUND) == (413, False)

    assert [(record.status, record.purpose) for record in played(story)] == [(404, "backtest"), (413, "live")]


@pytest.mark.parametrize(("code", "kept"), [("forbidden", b""), ("not_found", BODY)])
def test_a_caller_writes_nothing_into_the_log_of_a_model_that_it_may_not_call(
    played: Any, code: str, kept: bytes
) -> None:
    async def story(stage: Stage) -> None:
        refused = ProblemError(code, "The key is not good for the model.")
        outcome = await stage.pipeline.run(request(refusal=refused), stage.body())
        assert (outcome.code, stage.budget.held) == (code, 0)

    assert [(record.code, record.reference, record.input) for record in played(story)] == [(code, "gone", kept)]


def test_a_key_beyond_its_limit_is_refused_before_its_body_is_read(played: Any) -> None:
    async def story(stage: Stage) -> None:
        asked = request()
        first = stage.pipeline.open(asked)
        await stage.pipeline.read_body(asked, stage.body(b""), first)
        second = await stage.pipeline.run(asked, stage.body())
        assert (second.status, dict(second.response.headers)["retry-after"]) == (429, "1")
        assert (await stage.pipeline.refuse(first, NOT_FOUND)).status == 404
        assert (await stage.pipeline.run(asked, stage.body())).status == 404  # the place is free again

    assert [(record.status, record.input) for record in played(story)] == [(429, b""), (404, b""), (404, BODY)]


@pytest.mark.parametrize("requested", ["0", "-1", "nan", "inf", "soon", "", pytest.param("9" * 60_000, id="long")])
def test_a_deadline_is_a_number_of_seconds_above_0(requested: str) -> None:
    with pytest.raises(ProblemError) as refused:
        deadline_of(requested, 10)
    assert refused.value.code == "malformed_request"


def test_a_deadline_is_the_shorter_of_two() -> None:
    assert (deadline_of("2.5", 10), deadline_of("25", 10)) == (2.5, 10)
