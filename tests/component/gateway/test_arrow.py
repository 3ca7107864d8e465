"""Arrow streams at a real gateway: how they go to the worker, what is recorded of them, how they are answered."""

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

from tests.component.gateway.stage import Stage
from tests.support.routes import one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import Recording
from unshelf.contracts.protocols import frames

ARROW = "application/vnd.apache.arrow.stream"


def keep_frames(stage: Stage, answer: bytes = b"[1,2]", header: int | None = None) -> list[tuple[int, int, bytes]]:
    """Have the stage's workers note the frames that come, and answer all alike; the noted (protocol, header, body)."""
    seen: list[tuple[int, int, bytes]] = []
    original = stage.host.new_worker

    async def new_worker(key: tuple[str, int]) -> Any:
        worker = await original(key)

        async def note(writer: Any, number: int, protocol: int, asked: int, body: bytes) -> None:
            seen.append((protocol, asked, body))
            worker.reply(writer, number, answer, header=asked if header is None else header)

        worker._answer = note
        return worker

    stage.host.new_worker = new_worker  # type: ignore[method-assign]
    return seen


def post(stage: Stage, body: Any, **headers: str) -> Any:
    return stage.client.post("/models/iris/predict", content=body, headers={"content-type": ARROW, **headers})


def test_a_short_stream_is_recorded_whole_and_answered_in_json(stage: Stage) -> None:
    seen = keep_frames(stage)
    answer = post(stage, b"arrow bytes")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert (answer.json()["outputs"], answer.json()["version"]) == ([1, 2], 1)
    assert seen == [(frames.ARROW, 0, b"arrow bytes")]
    (record,) = stage.records()
    assert (record.protocol, record.input, record.input_size, record.input_sha256) == ("arrow", b"arrow bytes", 0, "")


def test_an_answer_in_arrow_is_passed_on_as_it_is(stage: Stage) -> None:
    seen = keep_frames(stage, b"arrow answer")
    answer = post(stage, b"arrow bytes", accept=f"text/plain, {ARROW};q=0.9")
    assert (answer.content, answer.headers["content-type"]) == (b"arrow answer", ARROW)
    assert answer.headers["x-prediction-id"] == stage.records()[0].id
    assert seen[0][1] == 1
    assert (stage.records()[0].output, stage.records()[0].output_header) == (b"arrow answer", 1)


def test_of_a_long_stream_the_record_keeps_the_beginning_and_the_digest(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(max_body_bytes=1000, max_arrow_bytes=8 << 20, recorded_arrow_bytes=1000)
    seen = keep_frames(stage)
    body = bytes(range(256)) * (6 << 12)
    for content in (body, iter([body[:100], body[100:5_000_000], body[5_000_000:]])):
        assert post(stage, content).status_code == 200
    assert [frame[2] == body for frame in seen] == [True, True]
    assert stage.host.workers[("iris", 1)].handed_over == 1  # the size of a body in chunks is not known before
    for record in stage.records():
        assert record.input == body[:1000]
        assert (record.input_size, record.input_sha256) == (len(body), hashlib.sha256(body).hexdigest())


def test_a_long_stream_goes_in_its_frame_to_a_worker_on_tcp(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(max_arrow_bytes=8 << 20, recorded_arrow_bytes=1000)
    stage.host.tcp = True
    seen = keep_frames(stage)
    body = bytes(range(256)) * (6 << 12)
    assert post(stage, body).status_code == 200
    worker = stage.host.workers["iris", 1]
    assert worker.address.startswith("tcp:127.0.0.1:")
    assert ([frame[2] == body for frame in seen], worker.handed_over) == ([True], 0)
    assert stage.records()[0].input_sha256 == hashlib.sha256(body).hexdigest()


def test_a_long_stream_that_comes_in_one_piece_goes_whole_to_the_worker(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(recorded_arrow_bytes=10)
    seen = keep_frames(stage)
    assert post(stage, b"arrow bytes, all at once").status_code == 200
    assert [frame[2] for frame in seen] == [b"arrow bytes, all at once"]
    assert stage.records()[0].input == b"arrow byte"


def test_a_long_stream_goes_to_the_next_worker_when_one_dies(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(max_arrow_bytes=8 << 20, recorded_arrow_bytes=0)
    seen = keep_frames(stage)
    first: list[Any] = []
    original = stage.host.new_worker

    async def new_worker(key: tuple[str, int]) -> Any:
        worker = await original(key)
        if not first:
            first.append(worker)

            async def die(*arguments: Any) -> None:
                worker.die()

            worker._answer = die
        return worker

    stage.host.new_worker = new_worker  # type: ignore[method-assign]
    body = b"x" * (4 << 20)
    assert post(stage, body).status_code == 200
    assert [frame[2] == body for frame in seen] == [True]
    assert [worker.handed_over for worker in stage.host.every_worker] == [1, 1]
    assert stage.records()[0].attempts == 2


def test_limits_are_its_own(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(max_body_bytes=1000, max_arrow_bytes=5000)
    keep_frames(stage)
    assert post(stage, b"x" * 5000).status_code == 200
    refused = post(stage, b"x" * 5001)
    assert (refused.status_code, "UNSHELF_MAX_ARROW_BYTES" in refused.json()["hint"]) == (413, True)
    bomb = post(stage, gzip.compress(b"x" * 5001), **{"content-encoding": "gzip"})
    assert bomb.status_code == 413
    json_body = stage.client.post("/models/iris/predict", json={"inputs": ["x" * 1000]})
    assert (json_body.status_code, "UNSHELF_MAX_BODY_BYTES" in json_body.json()["hint"]) == (413, True)


def test_a_compressed_body_is_opened(stage: Stage) -> None:
    seen = keep_frames(stage)
    assert post(stage, gzip.compress(b"arrow bytes"), **{"content-encoding": "gzip"}).status_code == 200
    assert seen[0][2] == b"arrow bytes"


def test_a_worker_s_refusal_is_a_problem(stage: Stage) -> None:
    async def refuse(worker: Any) -> None:
        async def answer(writer: Any, number: int, *_: Any) -> None:
            fault = {"code": "unsupported_media_type", "detail": "no pyarrow", "hint": "add it"}
            worker.reply(writer, number, json.dumps(fault).encode(), status=415)

        worker._answer = answer

    original = stage.host.new_worker

    async def new_worker(key: tuple[str, int]) -> Any:
        worker = await original(key)
        await refuse(worker)
        return worker

    stage.host.new_worker = new_worker  # type: ignore[method-assign]
    answer = post(stage, b"arrow", accept=ARROW)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.headers["content-type"] == "application/problem+json"


def test_where_columns_are_redacted_nothing_of_the_body_is_kept(stage: Stage) -> None:
    keep_frames(stage, b"arrow answer")
    stage.publish({"iris": one_model(versions={1: version(recording=Recording(redact=["x"]))})})
    wait_until(lambda: post(stage, b"secret", accept=ARROW).is_success and stage.records()[-1].generation == 2)
    record = stage.records()[-1]
    assert (record.input, record.output) == (b"", b"")


def test_arrow_is_for_the_native_address_alone(stage: Stage) -> None:
    for path in ("/models/iris/invocations", "/v2/models/iris/infer"):
        assert stage.client.post(path, content=b"x", headers={"content-type": ARROW}).status_code == 415
