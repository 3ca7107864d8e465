"""What a model's owner chose about records holds: what is redacted, when an answer may leave, what a full disk means."""

import asyncio
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.disks import fill, small_disk
from tests.support.segments import records_in
from tests.unit.gateway.stage import Stage, one_model, version
from unshelf.contracts import frames
from unshelf.contracts.bundle import Recording
from unshelf.contracts.records import Own
from unshelf.contracts.scanning import heads
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.recorder import Recorder
from unshelf.gateway.redaction import redaction_of

SECRET = "123-45-6789"
SIGNATURE = Signature(
    inputs=Columns(
        columns=[
            Column(name="age", type="int64"),
            Column(name="ssn", type="string"),
            Column(name="more", type="json", nullable=True),
        ]
    ),
    outputs=Columns(columns=[Column(name="output", type="float64")]),
)


def recorded(
    body: bytes, kind: int, *, header: int = 0, output: bytes = b"[0.5]", status: int = 200, **route: Any
) -> Any:
    """What is written of such a request."""
    redaction = redaction_of(version(**{"signature": SIGNATURE, "recording": Recording(redact=["ssn"]), **route}))
    assert redaction is not None
    own = Own(id="p", time_ns=1, latency_us=1, queue_us=1, input=body, output=output, input_header=header)
    return redaction.apply(own, kind=kind, status=status)


def dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("kind", "body", "kept"),
    [
        (frames.NATIVE, {"inputs": [{"age": 3, "ssn": SECRET}]}, {"inputs": [{"age": 3, "ssn": "[redacted]"}]}),
        (frames.NATIVE, {"inputs": [[3, SECRET, None]]}, {"inputs": [[3, "[redacted]", None]]}),
        (frames.NATIVE, {"inputs": [{"age": 3, "SSN": SECRET}]}, {"inputs": [{"age": 3, "SSN": "[redacted]"}]}),
        (frames.NATIVE, {"inputs": [{"more": {"a": [{"ssn": SECRET}], "b": 1}}]},
         {"inputs": [{"more": {"a": [{"ssn": "[redacted]"}], "b": 1}}]}),
        (frames.MLFLOW_JSON, {"dataframe_split": {"columns": ["ssn", "age"], "index": [SECRET], "data": [[SECRET, 3]]}},
         {"dataframe_split": {"columns": ["ssn", "age"], "data": [["[redacted]", 3]]}}),
        (frames.MLFLOW_JSON, {"dataframe_records": [{"age": 3, "ssn": SECRET}]},
         {"dataframe_records": [{"age": 3, "ssn": "[redacted]"}]}),
        (frames.MLFLOW_JSON, {"inputs": {"age": [3], "ssn": [SECRET]}}, {"inputs": {"age": [3], "ssn": "[redacted]"}}),
        (frames.MLFLOW_JSON, {"instances": [[3, SECRET, None]]}, {"instances": [[3, "[redacted]", None]]}),
        (frames.V2, {"id": "r", "inputs": [{"name": "age", "shape": [1], "datatype": "INT64", "data": [3]},
                                           {"name": "ssn", "shape": [1], "datatype": "BYTES", "data": [SECRET]}]},
         {"id": "r", "inputs": [{"name": "age", "shape": [1], "datatype": "INT64", "data": [3]},
                                {"name": "ssn", "shape": [1], "datatype": "BYTES", "data": "[redacted]"}]}),
    ],
)  # fmt: skip
def test_values_of_a_redacted_column_are_replaced_in_every_form(kind: int, body: Any, kept: Any) -> None:
    assert json.loads(recorded(dumps(body), kind).input) == kept


def test_csv_and_binary_tensors_are_redacted_too() -> None:
    assert recorded(f"age,ssn\r\n3,{SECRET}\r\n".encode(), frames.MLFLOW_CSV).input == b"age,ssn\n3,[redacted]\n"

    ages, names = (3).to_bytes(8, "little"), len(SECRET).to_bytes(4, "little") + SECRET.encode()
    part = dumps({"inputs": [
        {"name": "ssn", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(names)}},
        {"name": "age", "shape": [1], "datatype": "INT64", "parameters": {"binary_data_size": 8}},
    ]})  # fmt: skip
    kept = recorded(part + names + ages, frames.V2, header=len(part))
    assert kept.input[kept.input_header :] == ages
    assert [tensor.get("data") for tensor in json.loads(kept.input[: kept.input_header])["inputs"]] == [
        "[redacted]",
        None,
    ]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (frames.NATIVE, f'{{"inputs": [{{"ssn": "{SECRET}"'.encode()),
        (frames.NATIVE, dumps({"inputs": [[SECRET]]})),
        (frames.NATIVE, dumps({"inputs": SECRET})),
        (frames.NATIVE, dumps({"inputs": [], "note": SECRET})),
        (frames.NATIVE, dumps([SECRET])),
        (frames.NATIVE, SECRET.encode()),
        (frames.MLFLOW_JSON, dumps({"dataframe_split": {"columns": ["age"], "data": [[3, SECRET]]}})),
        (frames.MLFLOW_JSON, dumps({"instances": [[3, "x", None]], "params": {"who": SECRET}})),
        (frames.MLFLOW_CSV, f"age,ssn\n{SECRET}\n".encode()),
        (frames.MLFLOW_CSV, f'age,ssn\n3,"{SECRET}'.encode()),
        (frames.V2, dumps({"inputs": [{"shape": [1], "data": [SECRET]}]})),
        (frames.V2, dumps({"inputs": [{"name": "age", "parameters": [SECRET]}]})),
        (0, SECRET.encode()),
        (99, SECRET.encode()),
    ],
)
def test_a_body_whose_columns_can_not_be_told_apart_is_not_kept(kind: int, body: bytes) -> None:
    kept = recorded(body, kind)
    assert (kept.input, kept.input_header) == (b"", 0)


def test_answers_and_problems_keep_no_redacted_values() -> None:
    body = dumps({"inputs": [[3, SECRET, None]]})
    answer = recorded(body, frames.NATIVE, output=dumps([{"ssn": SECRET, "score": 1}]))
    assert json.loads(answer.output) == [{"ssn": "[redacted]", "score": 1}]
    assert recorded(body, frames.NATIVE, output=b"[0.50]").output == b"[0.50]"

    traceback = f'Traceback (most recent call last):\n  File "predict.py", line 3, in predict\n    int(x)\nValueError: {SECRET}\n'
    problem = {
        "code": "model_error", "detail": f"bad {SECRET}", "traceback": traceback,
        "errors": [{"row": 0, "column": "ssn", "expected": "text", "got": SECRET}],
    }  # fmt: skip
    kept = recorded(body, frames.NATIVE, output=dumps(problem), status=500).output.decode()
    assert SECRET not in kept
    assert 'File \\"predict.py\\", line 3, in predict' in kept
    assert "ValueError: [redacted]" in kept


def test_tensors_and_columns_that_there_are_not() -> None:
    tensors = Signature(inputs=Tensors(tensors=[Tensor(name="image", type="float32", shape=[-1, 2])]))
    kept = recorded(
        dumps({"inputs": [[1, 2]]}), frames.NATIVE, signature=tensors, recording=Recording(redact=["image"])
    )
    assert json.loads(kept.input) == {"inputs": ["[redacted]"]}
    wrong = recorded(
        dumps({"inputs": [[1, 2]]}), frames.NATIVE, signature=tensors, recording=Recording(redact=["imgae"])
    )
    assert wrong.input == b""


def keeping(**recording: Any) -> dict[str, Any]:
    return {"iris": one_model(versions={1: version(signature=SIGNATURE, recording=Recording(**recording))})}


def segments(stage: Stage) -> bytes:
    return b"".join(path.read_bytes() for path in (stage.home / "predictions").glob("*"))


def test_a_redacted_value_never_reaches_the_disk(stage: Stage) -> None:
    """Whatever becomes of the request, and however large it is."""
    stage.publish(keeping(redact=["ssn"]))
    row = {"age": 3, "ssn": SECRET}
    stage.wait(lambda: stage.predict([row]).status_code == 200 and SECRET.encode() not in segments(stage)[-400:])
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
        stage.wait(lambda: stage.predict(reference="lily").status_code == 200)
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
            prediction = Prediction("k", "iris", "native", likeness="alike")
            prediction.redaction, prediction.kind = redaction, frames.NATIVE
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
