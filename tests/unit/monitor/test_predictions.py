"""Predictions over the segments that gateways write: the last ones, those that come, and how each is shown."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.segments import sheets, write_segment
from unshelf.contracts.records import MAGIC, PredictionRecord
from unshelf.foundation.errors import InvalidInput
from unshelf.monitor.predictions.segments import Reader, records_of
from unshelf.monitor.predictions.selection import Selection
from unshelf.monitor.predictions.service import PredictionService
from unshelf.monitor.predictions.showing import shown

SECOND = 1_000_000_000


def record(number: int, *, time_ns: int | None = None, **fields: Any) -> PredictionRecord:
    """A record that came `number` seconds after the epoch, unless said otherwise."""
    values: dict[str, Any] = {
        "id": f"p{number}", "time_ns": number * SECOND if time_ns is None else time_ns, "model": "iris", "version": 1,
        "reference": "iris", "protocol": "native", "key": "admin", "status": 200, "code": "", "latency_us": 1500,
        "queue_us": 200, "predict_us": 700, "batch_rows": 1, "attempts": 1, "content_type": "application/json",
        "input": b'{"inputs": [[1.0]]}', "input_header": 0, "output": b"[0]", "output_header": 0,
    }  # fmt: skip
    return PredictionRecord(**{**values, **fields})


def write(path: Path, *records: PredictionRecord, written: int | None = None) -> None:
    """A segment, last written to at `written` seconds."""
    write_segment(path, *records)
    if written is not None:
        os.utime(path, ns=(written * SECOND, written * SECOND))


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def newest(folder: Path, count: int, selection: Selection | None = None) -> list[str]:
    positions = Reader(folder, selection or Selection(model="iris")).newest(count)
    return [found.id for found in records_of(positions)]


def test_the_last_ones_come_in_the_order_of_their_time_whatever_gateway_wrote_them(tmp_path: Path) -> None:
    """Given two gateways that wrote at the same time, then their records are merged by time."""
    write(tmp_path / "1-0-a.seg", record(1), record(3), record(5), written=5)
    write(tmp_path / "1-1-b.seg", record(2), record(4), record(6), written=6)
    assert newest(tmp_path, 4) == ["p3", "p4", "p5", "p6"]
    assert newest(tmp_path, 100) == ["p1", "p2", "p3", "p4", "p5", "p6"]


def test_a_long_request_is_found_though_its_segment_began_later(tmp_path: Path) -> None:
    """Given a request that arrived before the older segment's last record but was recorded in the newer one, then both are in order."""
    write(tmp_path / "1-0-a.seg", record(10), record(20), written=20)
    write(tmp_path / "2-0-b.seg", record(15), record(30), written=30)
    assert newest(tmp_path, 3) == ["p15", "p20", "p30"]


def test_older_segments_are_not_read_when_newer_ones_hold_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "1-0-a.seg", record(1), written=1)
    write(tmp_path / "2-0-b.seg", record(10), record(11), written=11)
    opened: list[str] = []
    real_open = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *a, **k: opened.append(path.name) or real_open(path, *a, **k))
    assert newest(tmp_path, 2) == ["p10", "p11"]
    assert set(opened) == {"2-0-b.seg"}


def test_a_selection_takes_model_version_and_status(tmp_path: Path) -> None:
    write(
        tmp_path / "1-0-a.seg",
        record(1), record(2, version=2), record(3, model="wine"), record(4, status=422), record(5, status=500, version=2),
        record(6, status=404, version=0),
    )  # fmt: skip
    assert newest(tmp_path, 9) == ["p1", "p2", "p4", "p5", "p6"]
    assert newest(tmp_path, 9, Selection(model="iris", version=2)) == ["p2", "p5"]
    assert newest(tmp_path, 9, Selection(model="iris", status="422")) == ["p4"]
    assert newest(tmp_path, 9, Selection(model="iris", status="4xx")) == ["p4", "p6"]
    assert newest(tmp_path, 9, Selection(model="iris", status="error")) == ["p4", "p5", "p6"]
    with pytest.raises(InvalidInput, match="no status"):
        Selection(model="iris", status="bad")


def test_a_call_that_found_no_version_is_in_the_log_of_the_model_it_was_for(tmp_path: Path) -> None:
    """Given calls to an alias and a version that are not there, and one to no possible name, then the model's log has its own."""
    lost: dict[str, Any] = {"model": "", "version": 0, "status": 404}
    write(
        tmp_path / "1-0-a.seg",
        record(1, reference="iris@nobody", **lost), record(2, reference="iris:9", **lost),
        record(3, reference="../iris", **lost), record(4, reference="wine", **lost),
    )  # fmt: skip
    assert newest(tmp_path, 9) == ["p1", "p2"]
    assert newest(tmp_path, 9, Selection(model="iris", version=9)) == ["p2"]
    assert shown(record(1, reference="iris@nobody", **lost))["model"] == "iris"


def test_torn_tails_and_foreign_files_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "1-0-a.seg", record(1))
    append(tmp_path / "1-0-a.seg", sheets(record(2))[:-5])
    (tmp_path / "2-0-b.seg").write_bytes(MAGIC[:3])
    (tmp_path / "3-0-c.seg").write_bytes(b"not ours" * 10)
    (tmp_path / "note.txt").write_text("hello")
    assert newest(tmp_path, 9) == ["p1"]


def test_following_gives_each_new_record_once(tmp_path: Path) -> None:
    """Given a reader at the end, when records are appended, halves of records, and new segments, then each comes once, when whole."""
    segment = tmp_path / "1-0-a.seg"
    write(segment, record(1))
    reader = Reader(tmp_path, Selection(model="iris"))
    assert [one.time_ns for one in reader.newest(0)] == []

    def arrived() -> list[str]:
        return [found.id for found in records_of(reader.arrived())]

    assert arrived() == []
    whole = sheets(record(2))
    append(segment, whole[:20])
    assert arrived() == []
    append(segment, whole[20:] + sheets(record(3)))
    write(tmp_path / "2-1-b.seg", record(4), record(5, model="wine"))
    assert arrived() == ["p2", "p3", "p4"]
    assert arrived() == []


def test_following_begins_at_the_end_of_old_segments_too(tmp_path: Path) -> None:
    """Given a segment of an idle gateway that was not read, when it is written to again, then only what is new comes."""
    idle = tmp_path / "1-0-idle.seg"
    write(idle, record(1), written=1)
    write(tmp_path / "2-1-busy.seg", record(10), written=10)
    reader = Reader(tmp_path, Selection(model="iris"))
    assert len(reader.newest(1)) == 1
    append(idle, sheets(record(11)))
    assert [one.time_ns // SECOND for one in reader.arrived()] == [11]


@pytest.mark.parametrize(
    ("body", "header", "seen"),
    [
        (b'{"inputs": [1]}', 0, {"inputs": [1]}),
        (b'{"inputs": [1', 0, '{"inputs": [1'),
        (b'{"inputs": [NaN]}', 0, '{"inputs": [NaN]}'),
        (b"a,b\n1,2\n", 0, "a,b\n1,2\n"),
        (b"\xff\xfe", 0, "\ufffd\ufffd"),
        (b"", 0, ""),
        (b"[" * 100_000, 0, "[" * 100_000),
        (b'"\\ud800"', 0, '"\\ud800"'),
        (b'{"inputs": []}\x00\x01\x02', 14, {"json": {"inputs": []}, "binary_bytes": 3}),
    ],
)
def test_bodies_are_json_where_they_are_and_text_otherwise(body: bytes, header: int, seen: Any) -> None:
    fields = shown(record(1, input=body, input_header=header))
    assert fields["input"] == seen


def test_arrow_streams_are_counted() -> None:
    whole = shown(record(1, protocol="arrow", input=b"stream", output=b"answer", output_header=1))
    assert (whole["input"], whole["output"]) == ({"arrow_bytes": 6}, {"arrow_bytes": 6})
    part = shown(record(1, protocol="arrow", input=b"str", input_size=6, input_sha256="ab", input_header=1))
    assert (part["input"], part["output"]) == ({"arrow_bytes": 6, "sha256": "ab"}, [0])


@pytest.fixture
def control(tmp_path: Path) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path / "home") as running:
        yield running


def read(control: InProcessControl, reference: str, **query: Any) -> list[dict[str, Any]]:
    answer = control.http.get(f"/api/v1/models/{reference}/predictions", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_the_log_of_a_model_over_the_api(control: InProcessControl) -> None:
    """Given predictions of two versions, when asked by name, number and alias, then each shows its own, with all facts."""
    control.deploy("iris", alias="champion")
    control.deploy("iris", b"2")
    now = time.time_ns()
    write(
        control.home.predictions / "1-0-a.seg",
        record(1, time_ns=now), record(2, time_ns=now + 1000, version=2, status=500, code="model_error"),
    )  # fmt: skip
    assert [one["id"] for one in read(control, "iris")] == ["p1", "p2"]
    assert [one["id"] for one in read(control, "iris", tail=1)] == ["p2"]
    assert [one["id"] for one in read(control, "iris:2")] == ["p2"]
    assert [one["id"] for one in read(control, "iris", status="5xx")] == ["p2"]
    (first,) = read(control, "iris@champion")
    assert (first["latency_ms"], first["queue_ms"], first["predict_ms"]) == (1.5, 0.2, 0.7)
    assert (first["input"], first["output"]) == ({"inputs": [[1.0]]}, [0])
    assert first["time"].endswith("Z")
    control.http.delete("/api/v1/models/iris").raise_for_status()
    assert len(read(control, "iris")) == 2, "what a removed model answered stays known"
    for path, status in [("nothing", 404), ("iris@champion", 404)]:
        assert control.http.get(f"/api/v1/models/{path}/predictions").status_code == status
    assert control.http.get("/api/v1/models/iris/predictions", params={"status": "bad"}).status_code == 422
    assert control.http.get("/api/v1/models/iris/predictions", params={"tail": -1}).status_code == 422


def test_following_over_the_api_shows_predictions_as_they_come(control: InProcessControl) -> None:
    control.deploy("iris")
    segment = control.home.predictions / "1-0-a.seg"
    write(segment, record(1, time_ns=time.time_ns()))
    url = "/api/v1/models/iris/predictions"
    with control.http.stream("GET", url, params={"follow": True}) as answer:
        lines = answer.iter_lines()
        assert json.loads(next(lines))["id"] == "p1"
        for number in (2, 3):
            append(segment, sheets(record(number, time_ns=time.time_ns())))
            assert json.loads(next(lines))["id"] == f"p{number}"


def test_a_follower_that_leaves_ends_its_work(tmp_path: Path) -> None:
    """Given a follower that waits, when it goes, then the generator ends at once and holds no thread."""

    async def scenario() -> None:
        lines: AsyncIterator[bytes] = PredictionService(tmp_path, None).lines(  # type: ignore[arg-type]
            Selection(model="iris"), tail=1, follow=True
        )
        waiting = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        with pytest.raises(StopAsyncIteration):
            await anext(lines)

    asyncio.run(asyncio.wait_for(scenario(), 5))
