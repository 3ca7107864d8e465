"""The recorder in this process: one flush for all who wait, shared sheets, a disk that takes nothing."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.redaction import SECRET, SIGNATURE, dumps
from tests.support.routes import version
from tests.support.segments import records_in
from unshelf.codecs.redaction import redaction_of
from unshelf.contracts.bundle import Recording
from unshelf.contracts.protocols import frames
from unshelf.contracts.records import follows_ns
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.recorder import Recorder
from unshelf.records.archive.files import Archive
from unshelf.records.selection import Selection
from unshelf.records.tail import TailReader, records_at
from unshelf.runtime.segment_reader import heads


def test_one_flush_is_for_all_who_wait_and_no_answer_leaves_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a slow disk, then the loop goes on meanwhile; given a broken one, then nobody is told that a record is safe."""
    flushes: list[int] = []
    broken: list[OSError] = []

    def slow(descriptor: int) -> None:
        flushes.append(descriptor)
        time.sleep(0.1)
        if broken:
            raise broken[0]

    monkeypatch.setattr(os, "fdatasync", slow)

    async def record() -> None:
        recorder = Recorder(tmp_path, gateway=0, segment_bytes=2000)

        def add(**recording: Any) -> Prediction:
            prediction = Prediction("k", "iris", "native")
            prediction.recording = Recording(**recording)
            prediction.succeed(b"[1]", 0)
            recorder.add(prediction)
            return prediction

        careful = []
        for _ in range(50):  # segments are rolled meanwhile
            careful.append(add(durability="disk"))
            await asyncio.sleep(0.001)
        await asyncio.wait_for(add().outcome, 0.05)
        assert not careful[-1].outcome.done()
        await asyncio.gather(*(prediction.outcome for prediction in careful))
        assert len(flushes) < 25
        assert (recorder.recorded, recorder.lost, recorder.working) == (51, 0, True)

        broken.append(OSError(5, "Input/output error"))
        lost = add(durability="disk")
        await lost.outcome
        assert (lost.status, recorder.recorded, recorder.lost, recorder.working) == (503, 51, 1, False)
        broken.clear()
        last = add(durability="disk")
        await asyncio.sleep(0)
        recorder.close()
        await last.outcome
        assert last.status == 200

    asyncio.run(record())


def test_redacted_predictions_that_are_alike_share_a_sheet(tmp_path: Path) -> None:
    """Given several that end together, a large one that is redacted beside the loop among them, then each record is without
    what is hidden, and what they have in common is written once for those that wait for nobody."""
    redaction = redaction_of(version(signature=SIGNATURE, recording=Recording(redact=["ssn"])))

    async def record() -> None:
        recorder = Recorder(tmp_path, gateway=0, segment_bytes=1 << 20)
        predictions = []
        for age in (1, 2, 300_000):
            prediction = Prediction("k", "iris", "native", batch_key="alike")
            prediction.redaction, prediction.wire_protocol = redaction, frames.NATIVE
            prediction.body = dumps({"inputs": [{"age": age, "ssn": SECRET, "more": "x" * age}]})
            prediction.succeed(b"[1]", 0)
            recorder.add(prediction)
            predictions.append(prediction)
        await asyncio.gather(*(prediction.outcome for prediction in predictions))
        recorder.close()

    asyncio.run(record())
    (segment,) = tmp_path.glob("*.seg")
    assert SECRET.encode() not in segment.read_bytes()
    rows = [json.loads(each.input)["inputs"][0] for each in records_in(segment)]
    assert [(row["age"], row["ssn"], len(row["more"])) for row in rows] == [
        (age, "[redacted]", age) for age in (1, 2, 300_000)
    ]
    assert [len(head.times_ns) for head in heads(segment)] == [2, 1]


def test_a_segment_with_records_is_closed_when_the_clock_comes_to_a_full_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000 // 3600 * 3600 + 3599.9)

    def segments() -> int:
        return len(list(tmp_path.glob("*.seg")))

    async def record() -> None:
        recorder = Recorder(tmp_path, gateway=0, segment_bytes=1 << 20)
        prediction = Prediction("k", "iris", "native")
        prediction.succeed(b"[1]", 0)
        recorder.add(prediction)
        await prediction.outcome
        assert segments() == 1
        deadline = asyncio.get_running_loop().time() + 30
        while segments() < 2:
            assert asyncio.get_running_loop().time() < deadline, "the segment was not closed"
            await asyncio.sleep(0.02)
        recorder.close()

    asyncio.run(record())


class Clock:
    """The machine's clock, as somebody sets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: float) -> None:
        self.now = now
        monkeypatch.setattr(time, "time", lambda: self.now)
        monkeypatch.setattr(time, "time_ns", lambda: round(self.now * 1e9))


def test_what_comes_after_the_clock_was_set_back_stands_behind_what_came_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a clock that is set forward, back, and back again, then records of each time have segments of their own, of which later ones
    follow earlier ones, and the log shows them in the order in which they came."""
    clock = Clock(monkeypatch, 1_800_000_000.0)

    async def record() -> list[Prediction]:
        recorder = Recorder(tmp_path, gateway=0, segment_bytes=1 << 20)
        came = []
        for now in (0, 10, 7200, 7210, 3600, 3610, 600, 610, 609.5):
            clock.now = 1_800_000_000.0 + now
            prediction = Prediction("k", "iris", "native")
            prediction.time_ns = time.time_ns()
            prediction.succeed(b"[1]", 0)
            recorder.add(prediction)
            await prediction.outcome
            came.append(prediction)
        recorder.close()
        return came

    came = asyncio.run(record())
    ids = [prediction.id for prediction in came]
    assert len(list(tmp_path.glob("*.seg"))) == 3
    reader = TailReader(Archive(tmp_path), Selection(model="iris"))
    shown = [found.id for found in records_at(reader.newest(9))]
    assert shown == [*ids[:7], ids[8], ids[7]], "half a second is no clock that was set: records go by their times"


def test_a_gateway_that_was_idle_knows_that_the_clock_was_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a clock that was ahead while nothing came, then what comes once it is right stands behind what others wrote meanwhile."""
    clock = Clock(monkeypatch, 1_800_000_000.0)

    async def record() -> None:
        recorder = Recorder(tmp_path, gateway=0, segment_bytes=1 << 20)
        clock.now += 7200
        deadline = asyncio.get_running_loop().time() + 30
        while recorder._clock.latest_ns < clock.now * 1e9:
            assert asyncio.get_running_loop().time() < deadline, "it never looked at the clock"
            await asyncio.sleep(0.02)
        clock.now -= 7100
        prediction = Prediction("k", "iris", "native")
        prediction.succeed(b"[1]", 0)
        recorder.add(prediction)
        await prediction.outcome
        recorder.close()

    asyncio.run(record())
    (segment,) = tmp_path.glob("*.seg")
    assert follows_ns(segment.stem) >= 1_800_007_200 * 10**9


def test_segments_are_closed_at_the_full_hour_of_a_clock_that_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a clock that is set to a moment before the next full hour, then the segment is closed then, not an hour later."""
    clock = Clock(monkeypatch, 1_800_000_000 // 3600 * 3600 + 1.0)

    def segments() -> int:
        return len(list(tmp_path.glob("*.seg")))

    async def record() -> None:
        recorder = Recorder(tmp_path, gateway=0, segment_bytes=1 << 20)
        prediction = Prediction("k", "iris", "native")
        prediction.succeed(b"[1]", 0)
        recorder.add(prediction)
        await prediction.outcome
        clock.now += 3598.9
        deadline = asyncio.get_running_loop().time() + 30
        while segments() < 2:
            assert asyncio.get_running_loop().time() < deadline, "the segment was not closed"
            await asyncio.sleep(0.02)
        recorder.close()

    asyncio.run(record())
