"""What a model's owner chose about records holds: what is redacted, when an answer may leave, what a full disk means."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.component.gateway.stage import Stage
from tests.support.disks import fill, small_disk
from tests.support.redaction import SECRET, SIGNATURE
from tests.support.routes import one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import Recording
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.recorder import Recorder


def keeping(**recording: Any) -> dict[str, Any]:
    return {"iris": one_model(versions={1: version(signature=SIGNATURE, recording=Recording(**recording))})}


def segments(stage: Stage) -> bytes:
    return b"".join(path.read_bytes() for path in (stage.home / "predictions").glob("*"))


def test_a_redacted_value_never_reaches_the_disk(stage: Stage) -> None:
    """Whatever becomes of the request, and however large it is."""
    stage.publish(keeping(redact=["ssn"]))
    row = {"age": 3, "ssn": SECRET}
    wait_until(lambda: stage.predict([row]).status_code == 200 and SECRET.encode() not in segments(stage)[-400:])
    before = len(stage.records())
    (stage.home / "predictions").joinpath("mark").write_bytes(b"")
    size = len(segments(stage))

    assert stage.predict([row]).json()["outputs"] == [row]  # callers see what they always saw
    assert stage.predict([row] * 5000).status_code == 200
    assert stage.predict([row], reference="iris@gone").status_code == 404
    raised = {"status": 500, "payload": {"code": "model_error", "detail": SECRET, "traceback": f"ValueError: {SECRET}"}}
    assert stage.predict([row], do="status", **raised).status_code == 500
    answer = stage.client.post("/models/iris/predict", content=SECRET, headers={"Content-Type": "application/xml"})
    assert answer.status_code == 415

    assert SECRET.encode() not in segments(stage)[size:]
    records = stage.records()[before:]
    assert [record.status for record in records] == [200, 200, 404, 500, 415]
    assert json.loads(records[0].output) == [{"age": 3, "ssn": "[redacted]"}]
    assert len(json.loads(records[1].input)["inputs"]) == 5000


def test_records_that_must_be_on_the_disk_are_flushed_together(stage: Stage, tmp_path: Path) -> None:
    stage.publish(keeping(durability="disk"))
    assert stage.predict().status_code == 200
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: stage.predict([number]).status_code, range(200)))
    assert answers == [200] * 200
    assert len(stage.records()) == 201
    assert stage.stop_gateway() == 0
    last = stage.logged()[-1]
    assert (last["answered"], last["recorded"], last["lost"]) == (201, 201, 0)


def test_a_full_disk_refuses_or_serves_as_the_owner_chose_and_recording_goes_on_when_there_is_room(
    set_stage: Callable[..., Stage],
) -> None:
    stage = set_stage(segment_bytes=1)  # so that every write begins a segment
    folder = stage.home / "predictions"
    with small_disk(folder):
        stage.publish(
            {
                "iris": one_model(),
                "lily": one_model(versions={1: version(recording=Recording(on_failure="serve"))}),
            }
        )
        wait_until(lambda: stage.predict(reference="lily").status_code == 200)
        ballast = fill(folder)

        big = ["x" * 8000]
        refused, served = stage.predict(big), stage.predict(big, reference="lily")
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert (served.status_code, served.json()["outputs"]) == (200, big)
        assert stage.client.get("/readyz").status_code == 503
        assert any(line["event"] == "predictions can't be recorded" for line in stage.logged())

        ballast.unlink()
        assert stage.predict(big).status_code == 200
        assert stage.client.get("/readyz").status_code == 200
        recorded = stage.records()
        assert all(record.status in (200, 404) for record in recorded)
        assert recorded[-1].id
        assert stage.stop_gateway() == 0
        last = stage.logged()[-1]
        assert last["lost"] == 2
        assert last["answered"] == last["recorded"] + last["lost"]


def test_a_disk_that_takes_nothing_from_the_start_stops_no_gateway() -> None:
    """Given a folder in which nothing can be made, as on a read-only disk, then predictions hear of it and the gateway lives."""

    async def record() -> None:
        recorder = Recorder(Path("/proc/nothing-can-be-made-here"), gateway=0, segment_bytes=1000)
        assert not recorder.working
        refused, served = (Prediction("k", "iris", "native") for _ in range(2))
        served.recording = Recording(on_failure="serve")
        for prediction in (refused, served):
            prediction.succeed(b"[1]", 0)
            recorder.add(prediction)
            await prediction.outcome
        assert (refused.status, refused.code, served.status, served.output) == (503, "unavailable", 200, b"[1]")
        assert (recorder.recorded, recorder.lost) == (0, 2)
        recorder.close()

    asyncio.run(record())
