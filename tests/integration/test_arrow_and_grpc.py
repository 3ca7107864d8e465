"""Arrow streams and gRPC through the whole platform, with real workers in environments of their own."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
import tritonclient.grpc as triton

import unshelf
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.segments import records_in

ARROW = "application/vnd.apache.arrow.stream"
SUMS = """
import numpy

def predict(array: numpy.ndarray):
    return array.sum(axis=1)
"""
EXAMPLE = [{"a": 1.5, "b": 2.0}, {"a": 0.5, "b": 0.25}]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with gRPC, a model that reads Arrow, and one whose environment has no pyarrow."""
    folder = tmp_path_factory.mktemp("models")
    with running_platform(tmp_path_factory.mktemp("arrow") / "home", grpc_port=str(free_port())) as running:
        write_model(folder / "sums", name="sums", requirements=("pyarrow", "numpy"))
        running.cli("deploy", str(folder / "sums"))
        write_model(folder / "plain", name="plain")
        running.cli("deploy", str(folder / "plain"))
        yield running


def client_of(platform: Platform) -> unshelf.Client:
    return unshelf.Client(platform.url, platform.token)


def stream(table: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def test_a_table_is_answered_with_a_table(platform: Platform) -> None:
    """Given a pyarrow Table, then the SDK answers one, with the id of a record that holds the stream."""
    table = pa.table({"b": [1.0, 2.0], "a": [10.0, 20.0]})
    with client_of(platform) as client:
        answer = client.answer("sums", table)
    assert answer.outputs["output"].to_pylist() == [11.0, 22.0]
    assert (answer.model, answer.version) == ("sums", 1)
    assert answer.timings["predict"] > 0
    (record,) = [record for record in platform.records("sums") if record["id"] == answer.id]
    assert (record["protocol"], record["status"]) == ("arrow", 200)


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_a_large_frame_travels_as_arrow_and_is_answered_as_ever(platform: Platform, library: Any) -> None:
    values = np.arange(60_000, dtype="float64")
    with client_of(platform) as client:
        answer = client.answer("sums", library({"a": values, "b": values}))
        assert answer.outputs == (values * 2).tolist()
        protocols = {record["id"]: record["protocol"] for record in platform.records("sums")}
        assert protocols[answer.id] == "arrow"
        plain = client.answer("plain", library({"a": values, "b": values}))
        assert plain.outputs == answer.outputs
    protocols = {record["id"]: record["protocol"] for record in platform.records("plain")}
    assert protocols[plain.id] == "native"


def test_an_environment_without_pyarrow_says_what_to_do(platform: Platform) -> None:
    answer = platform.http.post(
        "/models/plain/predict", content=stream(pa.table({"a": [1.0], "b": [2.0]})), headers={"content-type": ARROW}
    )
    assert answer.status_code == 415
    assert "Add `pyarrow>=16` to the model's requirements" in answer.json()["hint"]


def test_faults_are_told_by_row_and_damage_by_400(platform: Platform) -> None:
    sound = stream(pa.table({"a": [1.0, None], "b": [2.0, 3.0]}))
    refused = platform.http.post("/models/sums/predict", content=sound, headers={"content-type": ARROW})
    assert refused.status_code == 422
    assert [(error["row"], error["column"]) for error in refused.json()["errors"]] == [(1, "a")]
    for damaged in (b"", b"junk" * 100, sound[: len(sound) // 2]):
        answer = platform.http.post("/models/sums/predict", content=damaged, headers={"content-type": ARROW})
        assert answer.status_code in (400, 422)


def test_files_are_predicted_from_the_command_line(platform: Platform, tmp_path: Path) -> None:
    table = pa.table({"a": [1.0, 2.0], "b": [1.0, 2.0]})
    pyarrow.parquet.write_table(table, tmp_path / "rows.parquet")
    with pa.ipc.new_file(str(tmp_path / "rows.arrow"), table.schema) as writer:
        writer.write_table(table)
    for name in ("rows.parquet", "rows.arrow"):
        done = platform.cli("predict", "sums", "--data", str(tmp_path / name))
        assert [json.loads(line) for line in done.stdout.splitlines()] == [2.0, 4.0]


@pytest.mark.long
def test_a_million_rows_in_one_call(platform: Platform, tmp_path: Path) -> None:
    """Given a million rows of ten columns, then they are answered whole, and the record keeps their beginning and digest."""
    names = [f"x{number}" for number in range(10)]
    folder = write_model(
        tmp_path / "wide", name="wide", requirements=("pyarrow", "numpy"), code=SUMS,
        example=[dict.fromkeys(names, 1.0), dict.fromkeys(names, 2.0)],
    )  # fmt: skip
    recipe = folder / "unshelf.toml"
    recipe.write_text(recipe.read_text().replace('name = "wide"\n', 'name = "wide"\ninput = "numpy"\n'))
    platform.cli("deploy", str(folder))
    values = np.random.default_rng(7).normal(size=(1_000_000, 10))
    table = pa.table({name: values[:, place] for place, name in enumerate(names)})
    with client_of(platform) as client:
        answer = client.answer("wide", table)
    np.testing.assert_array_equal(answer.outputs["output"].to_numpy(), values.sum(axis=1))
    recorded = records_in(sorted((platform.home / "predictions").rglob("*.seg")))
    found = [record for record in recorded if record.id == answer.id]
    assert [(len(record.input), record.input_size > 80_000_000) for record in found] == [(1 << 20, True)]


def test_tritonclient_over_grpc(platform: Platform) -> None:
    """Given the judge of the protocol, then it reads health, metadata and answers, and each call is recorded."""
    headers = {"authorization": f"Bearer {platform.token}"}
    address = f"127.0.0.1:{grpc_port(platform)}"
    with closing(triton.InferenceServerClient(address)) as client:
        assert client.is_server_live(headers=headers)
        assert client.is_server_ready(headers=headers)
        assert client.is_model_ready("sums", headers=headers)
        metadata = client.get_model_metadata("sums", headers=headers)
        assert {entry.name: entry.datatype for entry in metadata.inputs} == {"a": "FP64", "b": "FP64"}
        inputs = []
        for name in ("a", "b"):
            inputs.append(triton.InferInput(name, [3], "FP64"))
            inputs[-1].set_data_from_numpy(np.array([1.0, 2.0, 3.0]))
        wanted = [triton.InferRequestedOutput("output")]
        result = client.infer("sums", inputs, outputs=wanted, request_id="seven", headers=headers)
        np.testing.assert_array_equal(result.as_numpy("output"), [2.0, 4.0, 6.0])
        assert (result.get_response().id, result.get_response().model_version) == ("seven", "1")
        with pytest.raises(triton.InferenceServerException, match="invalid_input: ") as caught:
            client.infer("sums", inputs[:1], headers=headers)
        assert caught.value.status() == "StatusCode.INVALID_ARGUMENT"
    recorded = [record for record in platform.records("sums") if record["protocol"] == "grpc"]
    assert [record["status"] for record in recorded] == [200, 422]


@pytest.mark.long
def test_a_model_that_yields_gives_all_its_chunks(platform: Platform, tmp_path: Path) -> None:
    """Given a generator, then gRPC and Arrow answer with a row a chunk, and a table may ask for a stream, too."""
    code = "def predict(rows):\n    for row in rows:\n        yield {'sum': row['a'] + row['b']}\n"
    folder = write_model(tmp_path / "running", name="running", code=code, requirements=("pyarrow", "numpy"))
    platform.cli("deploy", str(folder))
    table = pa.table({"a": [1.0, 2.0], "b": [0.5, 0.5]})
    with closing(triton.InferenceServerClient(f"127.0.0.1:{grpc_port(platform)}")) as client:
        inputs = [triton.InferInput(name, [2], "FP64") for name in ("a", "b")]
        for tensor, name in zip(inputs, ("a", "b"), strict=True):
            tensor.set_data_from_numpy(table[name].to_numpy())
        result = client.infer("running", inputs, headers={"authorization": f"Bearer {platform.token}"})
        np.testing.assert_array_equal(result.as_numpy("sum"), [1.5, 2.5])
    with client_of(platform) as sdk:
        assert sdk.predict("running", table).to_pydict() == {"sum": [1.5, 2.5]}
        assert list(sdk.stream("running", table)) == [{"sum": 1.5}, {"sum": 2.5}]


def grpc_port(platform: Platform) -> str:
    for process in platform.processes("gateway"):
        config = json.loads(process.cmdline()[-1])
        return str(config["grpc_port"])
    raise AssertionError("no gateway runs")
