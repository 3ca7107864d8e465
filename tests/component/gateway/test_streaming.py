"""Streams through a real gateway: chunks as they come, one record at the end, and a clear end whatever happens."""

import asyncio
import contextlib
import json
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.component.gateway.stage import Stage, Worker
from tests.support.routes import hashed, one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import Recording
from unshelf.contracts.protocols.host import ReportHang
from unshelf.contracts.routing import KeyRoute
from unshelf.contracts.signature import Column, Columns, Signature

EVENTS = {"Accept": "text/event-stream"}


class Events:
    """An answer as it comes."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def __next__(self) -> tuple[str, Any]:
        event = next(self._lines)
        data = next(self._lines)
        assert event.startswith("event: ") and data.startswith("data: "), (event, data)
        assert next(self._lines) == ""
        return event[7:], json.loads(data[6:])

    def rest(self) -> list[tuple[str, Any]]:
        found = []
        with contextlib.suppress(StopIteration):
            while True:
                found.append(next(self))
        return found


@contextlib.contextmanager
def streaming(
    stage: Stage, *chunks: Any, reference: str = "iris", headers: dict[str, str] | None = None
) -> Iterator[Events]:
    """Ask for a stream, whose worker sends these chunks at first."""
    body = {"inputs": [1.5], "do": "stream", "chunks": chunks}
    address = f"/models/{reference}/predict"
    with stage.client.stream("POST", address, json=body, headers={**EVENTS, **(headers or {})}) as found:
        yield Events(found)


def worker(stage: Stage) -> Worker:
    """The only one, or the latest."""
    return stage.host.every_worker[-1]


def go_on(stage: Stage, *chunks: Any, end: bool = False) -> None:
    stage.do(worker(stage).go_on(*chunks, end=end))


def counts(stage: Stage) -> dict[str, float]:
    token = "unshelf_" + "w" * 43
    stage.publish(
        {"iris": one_model()},
        {hashed(token): KeyRoute(id="k2", name="prometheus", permissions=("model.predict", "metrics.read"))},
    )
    metrics = {"Authorization": f"Bearer {token}"}
    wait_until(lambda: httpx.get(f"{stage.url}/metrics", headers=metrics, timeout=60).status_code == 200)
    lines = httpx.get(f"{stage.url}/metrics", headers=metrics, timeout=60).text.splitlines()
    wanted = ("unshelf_predictions_", "unshelf_in_flight{")
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line.startswith(wanted)}


def test_chunks_come_while_the_model_is_still_at_it(stage: Stage) -> None:
    with streaming(stage, "one") as events:
        assert events.response.status_code == 200
        assert events.response.headers["content-type"] == "text/event-stream"
        assert events.response.headers["cache-control"] == "no-store"
        assert next(events) == ("output", "one")
        assert stage.records() == []
        go_on(stage, {"two": [2, None]})
        assert next(events) == ("output", {"two": [2, None]})
        go_on(stage, end=True)
        event, facts = next(events)
        (record,) = stage.records()
        assert event == "done"
        assert facts == {"id": record.id, "model": "iris", "version": 1}
        assert events.response.headers["x-prediction-id"] == record.id
        assert events.rest() == []
    assert (record.status, json.loads(record.output), record.batch_rows) == (200, ["one", {"two": [2, None]}], 1)
    assert counts(stage)["unshelf_predictions_answered_total"] == 1
    assert counts(stage)["unshelf_predictions_recorded_total"] == 1
    assert counts(stage)['unshelf_in_flight{model="iris",version="1"}'] == 0


def test_a_model_that_does_not_yield_is_one_output(stage: Stage) -> None:
    answer = stage.client.post("/models/iris/predict", json={"inputs": [1.5, 2]}, headers=EVENTS)
    first, last = answer.text.split("\n\n")[:2]
    assert first == "event: output\ndata: [1.5, 2]"
    assert last.startswith("event: done\n")
    assert json.loads(stage.records()[0].output) == [1.5, 2]


def test_a_stream_of_nothing_is_done_at_once(stage: Stage) -> None:
    def end() -> None:
        wait_until(lambda: bool(stage.host.every_worker) and bool(worker(stage).streaming))
        go_on(stage, end=True)

    with concurrently(end), streaming(stage) as events:
        assert [event for event, _ in events.rest()] == ["done"]
    assert stage.records()[0].output == b"[]"


def test_what_fails_before_the_first_chunk_is_an_ordinary_problem(stage: Stage) -> None:
    for reference, body, status, code in (
        ("iris", {"do": "status", "status": 422, "payload": {"code": "invalid_input", "detail": "bad"}}, 422, "invalid_input"),
        ("iris", {"do": "status", "status": 500, "payload": {"code": "model_error", "detail": "x", "traceback": "t"}}, 500, "model_error"),
        ("nobody", {}, 404, "not_found"),
    ):  # fmt: skip
        answer = stage.client.post(f"/models/{reference}/predict", json=body, headers=EVENTS)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["id"] == answer.headers["x-prediction-id"] == stage.records()[-1].id
    wrong = stage.client.post("/models/iris/predict", content=b"x", headers={**EVENTS, "Content-Type": "text/plain"})
    assert wrong.status_code == 415
    assert stage.client.post("/models/iris/predict", headers={**EVENTS, "Authorization": "Bearer x"}).status_code == 401
    late = {**EVENTS, "X-Request-Timeout": "soon"}
    assert stage.client.post("/models/iris/predict", json={"inputs": [1]}, headers=late).status_code == 400


def test_a_failure_midway_is_an_event_and_its_record_keeps_what_came(stage: Stage) -> None:
    with streaming(stage, "one") as events:
        assert next(events)[1] == "one"
        stage.do(
            worker(stage).fail(code="model_error", detail="The model raised ValueError.", traceback="ValueError: no")
        )
        ((event, problem),) = events.rest()
    (record,) = stage.records()
    assert event == "error"
    assert (problem["code"], problem["status"], problem["id"]) == ("model_error", 500, record.id)
    assert "traceback" not in problem and "outputs" not in problem
    kept = json.loads(record.output)
    assert (record.status, record.code) == (500, "model_error")
    assert (kept["outputs"], kept["traceback"]) == (["one"], "ValueError: no")


def test_a_caller_who_leaves_ends_the_stream_at_the_worker(stage: Stage) -> None:
    with streaming(stage, "one", "two") as events:
        assert [next(events)[1], next(events)[1]] == ["one", "two"]
    wait_until(lambda: len(stage.records()) == 1)
    (record,) = stage.records()
    assert (record.status, record.code) == (499, "client_gone")
    assert json.loads(record.output)["outputs"] == ["one", "two"]
    wait_until(lambda: worker(stage).cancelled == [worker(stage).streaming[0][1]])
    go_on(stage, "three", end=True)  # what was on its way is passed over
    assert stage.predict([4.0]).json()["outputs"] == [4.0]
    assert counts(stage)["unshelf_predictions_answered_total"] == 2


def test_a_caller_who_leaves_before_the_first_chunk_is_seen_too(stage: Stage) -> None:
    with asking(stage):
        wait_until(lambda: bool(stage.host.every_worker) and bool(worker(stage).streaming))
    wait_until(lambda: len(stage.records()) == 1)
    assert stage.records()[0].code == "client_gone"
    wait_until(lambda: worker(stage).cancelled == [worker(stage).streaming[0][1]])


@contextlib.contextmanager
def asking(stage: Stage, *chunks: Any) -> Iterator[socket.socket]:
    """Ask for a stream, over a socket that nobody reads but the test."""
    body = json.dumps({"inputs": [1.5], "do": "stream", "chunks": chunks}).encode()
    head = (
        f"POST /models/iris/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        f"Authorization: {stage.client.headers['Authorization']}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", stage.port)) as connection:
        connection.sendall(head.encode() + body)
        yield connection


def test_a_worker_that_dies_before_the_first_chunk_costs_nobody_an_error(stage: Stage) -> None:
    def survive() -> None:
        wait_until(lambda: bool(stage.host.every_worker) and bool(stage.host.every_worker[0].streaming))
        stage.do(kill(stage.host.every_worker[0]))
        wait_until(lambda: len(stage.host.every_worker) == 2 and bool(worker(stage).streaming))
        go_on(stage, "again", end=True)

    with concurrently(survive), streaming(stage) as events:
        assert [event for event, _ in events.rest()] == ["output", "done"]
    (record,) = stage.records()
    assert (record.status, record.attempts) == (200, 2)


@contextlib.contextmanager
def concurrently(work: Callable[[], Any]) -> Iterator[None]:
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(work)
        yield
        done.result(20)


async def kill(worker: Worker) -> None:
    worker.die()


def test_a_worker_that_dies_midway_ends_the_stream(stage: Stage) -> None:
    with streaming(stage, "one") as events:
        assert next(events) == ("output", "one")
        stage.do(kill(worker(stage)))
        ((event, problem),) = events.rest()
    assert (event, problem["code"]) == ("error", "unavailable")
    (record,) = stage.records()
    assert (record.status, record.attempts, json.loads(record.output)["outputs"]) == (503, 1, ["one"])


@pytest.mark.long
def test_the_version_s_timeout_holds_for_each_chunk(stage: Stage) -> None:
    stage.publish({"brief": one_model(versions={1: version(timeout=2.0)})})
    with streaming(stage, 0, reference="brief") as events:
        assert next(events) == ("output", 0)
        for number in range(1, 6):
            stage.do(asyncio.sleep(0.5))
            go_on(stage, number)
            assert next(events) == ("output", number)
        ((event, problem),) = events.rest()
    assert (event, problem["code"]) == ("error", "deadline_exceeded")
    assert "2 seconds" in problem["detail"]
    assert json.loads(stage.records()[0].output)["outputs"] == [0, 1, 2, 3, 4, 5]
    wait_until(lambda: len(worker(stage).cancelled) == 1)
    wait_until(lambda: any(isinstance(told, ReportHang) for told in stage.host.told))  # it said nothing else, either


@pytest.mark.long
def test_the_caller_s_timeout_holds_for_the_whole(stage: Stage) -> None:
    with streaming(stage, 0, headers={"X-Request-Timeout": "2.5"}) as events:
        seen = [next(events)]
        with contextlib.suppress(StopIteration, IndexError):
            for number in range(1, 1000):
                stage.do(asyncio.sleep(0.1))
                go_on(stage, number)
                seen.append(next(events))
                if seen[-1][0] == "error":
                    break
    assert seen[-1][1]["code"] == "deadline_exceeded"
    assert "2.5 seconds" in seen[-1][1]["detail"]
    assert len(seen) > 2


def test_a_reader_who_does_not_read_holds_nobody_up_and_no_more_than_is_allowed(stage: Stage) -> None:
    large = "x" * (8 << 20)
    with asking(stage, "first") as deaf:
        wait_until(lambda: bool(stage.host.every_worker) and bool(worker(stage).streaming))
        for number in range(9):  # of which eight and the first make more than a stream may have
            go_on(stage, large)
            assert stage.predict([float(number)]).json()["outputs"] == [float(number)]
        wait_until(lambda: any(record.status == 500 for record in stage.records()))
        (record,) = [record for record in stage.records() if record.status == 500]
        assert record.code == "model_error"
        assert "64 MiB" in json.loads(record.output)["detail"]
        assert len(json.loads(record.output)["outputs"]) == 8
        assert worker(stage).cancelled
        # Whoever reads after all gets all of it, and then why it ended.
        received = bytearray()
        while not received.endswith(b"0\r\n\r\n"):
            received += deaf.recv(1 << 20)
        assert received.count(b"event: output\n") == 8
        assert received.count(b"event: error\n") == 1


def test_secrets_in_chunks_are_redacted(stage: Stage) -> None:
    outputs = Columns(columns=[Column(name="name", type="string"), Column(name="n", type="int64")], container="dicts")
    signature = Signature(
        inputs=Columns(columns=[Column(name="x", type="float64")], container="dicts"), outputs=outputs
    )
    route = version(recording=Recording(redact=["name"]), signature=signature)
    stage.publish({"people": one_model(versions={1: route})})
    with streaming(stage, {"name": "Ann", "n": 1}, {"name": "Bea", "n": 2}, reference="people") as events:
        assert next(events)[1] == {"name": "Ann", "n": 1}
        go_on(stage, end=True)
        events.rest()
    with streaming(stage, {"name": "Cleo", "n": 3}, reference="people") as events:
        next(events)
        stage.do(worker(stage).fail(code="model_error", detail="The model raised Cleo."))
        assert events.rest()[0][0] == "error"
    good, bad = (json.loads(record.output) for record in stage.records())
    assert good == [{"name": "[redacted]", "n": 1}, {"name": "[redacted]", "n": 2}]
    assert bad["outputs"] == [{"name": "[redacted]", "n": 3}]
    assert b"Cleo" not in stage.records()[1].output


def test_a_record_that_can_not_be_written_ends_the_stream_with_an_error(stage: Stage) -> None:
    with streaming(stage, "one") as events:
        next(events)
        resource.prlimit(stage.process.pid, resource.RLIMIT_FSIZE, (8, resource.RLIM_INFINITY))  # as a full disk does
        go_on(stage, end=True)
        ((event, problem),) = events.rest()
    assert (event, problem["code"]) == ("error", "unavailable")


@pytest.mark.long
def test_a_gateway_that_ends_ends_its_streams_and_records_them(stage: Stage) -> None:
    with streaming(stage, "one") as events:
        next(events)
        assert stage.stop_gateway() == 0
        ((event, problem),) = events.rest()
    assert (event, problem["code"]) == ("error", "unavailable")
    (record,) = stage.records()
    assert (record.status, json.loads(record.output)["outputs"]) == (503, ["one"])
    stage.start_gateway()


def test_accept_has_other_wishes_and_other_spellings(stage: Stage) -> None:
    for accept in ("*/*", "application/json"):
        answer = stage.client.post("/models/iris/predict", json={"inputs": [1]}, headers={"Accept": accept})
        assert answer.json()["outputs"] == [1]
    mixed = {"Accept": "application/json;q=0.5, Text/Event-Stream"}
    answer = stage.client.post("/models/iris/predict", json={"inputs": [1]}, headers=mixed)
    assert answer.headers["content-type"] == "text/event-stream"


def test_chunks_for_who_did_not_ask_for_them_cost_the_connection(stage: Stage) -> None:
    with concurrently(lambda: stage.predict([1.0], do="stream", chunks=["one"])):
        wait_until(lambda: len(stage.host.every_worker) >= 2)
    assert stage.records()[0].attempts == 3
    wait_until(lambda: not any(each.connections for each in stage.host.every_worker))


def test_a_stream_that_outlasts_the_server_ends_with_an_error_and_one_record(set_stage: Callable[..., Stage]) -> None:
    """Given a stream whose worker sends no more, when the server is to stop, then it ends as the time to drain is over."""
    stage = set_stage(drain_seconds=1.0)
    with streaming(stage, 1.0) as events:
        assert next(events) == ("output", 1.0)
        stage.process.send_signal(signal.SIGTERM)
        rest = events.rest()
    assert stage.end_of_gateway() == 0
    assert [(kind, fault["status"], fault["code"]) for kind, fault in rest] == [("error", 503, "unavailable")]
    (record,) = stage.records()
    assert (record.status, json.loads(record.output)["outputs"]) == (503, [1.0])
