"""Answers that are one for all rows, and answers of bytes, through every protocol of a whole platform."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tritonclient.grpc
import tritonclient.http

import unshelf
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform

pytestmark = pytest.mark.long  # a whole platform for what unit and component tests prove of its parts

TABLE = """
import numpy

def predict(rows):
    gaps = numpy.abs(numpy.array([[row["a"]] for row in rows]) - numpy.array([[0.0, 1.0, 2.0]]))
    return numpy.sort(gaps, axis=1), numpy.argsort(gaps, axis=1)
"""
FORECAST = """
def predict(rows):
    return {"next": [row["a"] + step for row in rows for step in (1, 2, 3)], "of": len(rows)}
"""
BYTES = """
def predict(rows):
    return [{"photo": bytes([int(row["a"]), 255]), "label": "cat"} for row in rows]
"""
ROWS = [{"a": 0.25, "b": 0.0}, {"a": 2.0, "b": 0.0}]
NEAREST = [[[0.25, 0.75, 1.75], [0.0, 1.0, 2.0]], [[0, 1, 2], [2, 1, 0]]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


GRPC_PORT = free_port()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("models")
    needs = ("numpy", "pyarrow")
    with running_platform(tmp_path_factory.mktemp("outputs") / "home", grpc_port=str(GRPC_PORT)) as running:
        for name, code, requirements in (("near", TABLE, needs), ("forecast", FORECAST, ()), ("photos", BYTES, needs)):
            write_model(folder / name, name=name, code=code, requirements=requirements, example=ROWS)
        running.cli("deploy", str(folder / "near"), "--output", "table")
        running.cli("deploy", str(folder / "forecast"), "--output", "table")
        running.cli("deploy", str(folder / "photos"))
        yield running


def client_of(platform: Platform) -> unshelf.Client:
    return unshelf.Client(platform.url, platform.token)


def stream(table: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def infer(platform: Platform, model: str, *, grpc: bool) -> Any:
    """Ask over Open Inference V2, with binary tensors."""
    headers = {"authorization": f"Bearer {platform.token}"}
    module = tritonclient.grpc if grpc else tritonclient.http
    inputs = []
    for name in ("a", "b"):
        tensor = module.InferInput(name, [len(ROWS)], "FP64")
        tensor.set_data_from_numpy(np.array([row[name] for row in ROWS]))
        inputs.append(tensor)
    address = f"127.0.0.1:{GRPC_PORT}" if grpc else platform.url.removeprefix("http://")
    client = module.InferenceServerClient(address)
    try:
        return client.infer(model, inputs, headers=headers)
    finally:
        client.close()


def test_a_model_without_the_declaration_is_refused_with_what_to_do(platform: Platform, tmp_path: Path) -> None:
    """Given a model that returns two matrices, when its folder does not declare that, then the deploy says so and what to declare."""
    write_model(tmp_path / "near", name="undeclared", code=TABLE, requirements=("numpy",), example=ROWS)
    failed = platform.cli("deploy", str(tmp_path / "near"), check=False)
    said = " ".join((failed.stdout + failed.stderr).split())
    assert failed.returncode == 1
    assert "The model returned a tuple of 2 for 1 row." in said
    assert 'output = "table"' in said


def test_the_whole_answer_comes_by_every_protocol(platform: Platform, tmp_path: Path) -> None:
    with client_of(platform) as client:
        assert client.predict("near", ROWS) == NEAREST
        assert client.predict("near", ROWS[:1]) == [[NEAREST[0][0]], [NEAREST[1][0]]]
        assert client.predict("forecast", ROWS) == {"next": [1.25, 2.25, 3.25, 3.0, 4.0, 5.0], "of": 2}
        table = client.predict("near", pa.table({name: [row[name] for row in ROWS] for name in ("a", "b")}))
        assert [table["output_0"].to_pylist(), table["output_1"].to_pylist()] == NEAREST
        assert client.submit("near", ROWS).result(60) == NEAREST
        assert list(client.stream("near", ROWS)) == [NEAREST]
        checks = client.show("near")["version"]["checks"]
        assert checks["batchable_reason"] == 'its answer is one for all rows: [model] output = "table"'
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    printed = platform.cli("predict", "forecast", "--data", str(tmp_path / "rows.json")).stdout
    assert json.loads(printed) == {"next": [1.25, 2.25, 3.25, 3.0, 4.0, 5.0], "of": 2}
    scored = platform.http.post("/models/near/invocations", json={"dataframe_records": ROWS})
    assert scored.json() == {"predictions": NEAREST}
    lines = b"a,b\n0.25,0\n2.0,0\n"
    scored = platform.http.post("/models/forecast/invocations", content=lines, headers={"Content-Type": "text/csv"})
    assert scored.json() == {"predictions": {"next": [1.25, 2.25, 3.25, 3.0, 4.0, 5.0], "of": 2}}


@pytest.mark.parametrize("grpc", [False, True])
def test_the_parts_of_a_whole_answer_are_tensors(platform: Platform, grpc: bool) -> None:
    answer = infer(platform, "near", grpc=grpc)
    distances, indices = answer.as_numpy("output_0"), answer.as_numpy("output_1")
    assert [distances.tolist(), indices.tolist()] == NEAREST
    assert (distances.dtype, indices.dtype) == ("float64", "int64")


@pytest.mark.parametrize("grpc", [False, True])
def test_bytes_are_bytes_in_binary_tensors(platform: Platform, grpc: bool) -> None:
    answer = infer(platform, "photos", grpc=grpc)
    assert answer.as_numpy("photo").tolist() == [b"\x00\xff", b"\x02\xff"]
    assert answer.as_numpy("label").tolist() == [b"cat", b"cat"]


def test_bytes_are_base64_in_json_and_bytes_for_the_sdk(platform: Platform) -> None:
    native = platform.http.post("/models/photos/predict", json={"inputs": ROWS}).json()
    assert native["base64"] == ["photo"]
    assert native["outputs"] == [{"photo": "AP8=", "label": "cat"}, {"photo": "Av8=", "label": "cat"}]
    with client_of(platform) as client:
        wanted = [{"photo": b"\x00\xff", "label": "cat"}, {"photo": b"\x02\xff", "label": "cat"}]
        assert client.predict("photos", ROWS) == wanted
        assert client.submit("photos", ROWS).result(60) == wanted
        table = client.predict("photos", pa.table({name: [row[name] for row in ROWS] for name in ("a", "b")}))
        assert table["photo"].to_pylist() == [b"\x00\xff", b"\x02\xff"]
        outputs = client.show("photos")["version"]["signature"]["outputs"]["columns"]
    assert outputs == [{"name": "photo", "type": "bytes"}, {"name": "label", "type": "string"}]
    tensors = {"inputs": [{"name": name, "datatype": "FP64", "shape": [1], "data": [1.0]} for name in ("a", "b")]}
    (photo, _) = platform.http.post("/v2/models/photos/infer", json=tensors).json()["outputs"]
    assert (photo["data"], photo["parameters"]) == (["Af8="], {"content_type": "base64"})
