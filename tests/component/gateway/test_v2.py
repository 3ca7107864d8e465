"""The Open Inference Protocol V2, judged by a client that nobody here wrote: tritonclient."""

import gzip
import json
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

import unshelf
from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN, one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.routing import Share
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
MATRIX = Signature(
    inputs=Columns(columns=[Column(name=name, type="float64") for name in "abcd"], container="numpy"),
    outputs=Columns(columns=[Column(name="label", type="string")], container="numpy"),
)
TABLE = Signature(
    inputs=Columns(columns=[Column(name="age", type="int64"), Column(name="city", type="string")], container="pandas")
)
IMAGE = Signature(
    inputs=Tensors(tensors=[Tensor(name="pixels", type="float32", shape=[-1, 8, 8])]),
    outputs=Tensors(tensors=[Tensor(name="logits", type="float32", shape=[-1, 10])]),
)


@pytest.fixture(scope="module")
def v2_stage() -> Iterator[Stage]:
    with closing(Stage()) as stage:
        shares = [Share(version=1, percent=10.0), Share(version=2, percent=90.0)]
        stage.publish(
            {
                "iris": one_model(
                    versions={1: version(signature=MATRIX, platform="sklearn_skops")}, aliases={"best": 1}
                ),
                "people": one_model(versions={1: version(signature=TABLE)}),
                "digits": one_model(
                    versions={1: version(signature=IMAGE), 2: version(signature=IMAGE)}, release=shares
                ),
                "asleep": one_model(paused=True),
            }
        )
        wait_until(lambda: stage.client.get("/v2/models/people").status_code == 200)
        yield stage


@pytest.fixture(scope="module")
def client(v2_stage: Stage) -> Iterator[triton.InferenceServerClient]:
    with closing(triton.InferenceServerClient(f"127.0.0.1:{v2_stage.port}")) as client:
        yield client


def test_the_server_is_live_and_ready_and_says_what_it_can(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live(headers=HEADERS)
    assert client.is_server_ready(headers=HEADERS)
    metadata = client.get_server_metadata(headers=HEADERS)
    assert metadata == {"name": "unshelf", "version": unshelf.__version__, "extensions": ["binary_tensor_data"]}


def test_models_are_ready_unless_they_are_paused_or_unknown(client: triton.InferenceServerClient) -> None:
    assert client.is_model_ready("iris", headers=HEADERS)
    assert client.is_model_ready("iris", "1", headers=HEADERS)
    assert not client.is_model_ready("asleep", headers=HEADERS)
    assert not client.is_model_ready("tulip", headers=HEADERS)


def test_a_matrix_is_one_tensor(client: triton.InferenceServerClient) -> None:
    assert client.get_model_metadata("iris", headers=HEADERS) == {
        "name": "iris", "versions": ["1"], "platform": "sklearn_skops",
        "inputs": [{"name": "input", "datatype": "FP64", "shape": [-1, 4]}],
        "outputs": [{"name": "label", "datatype": "BYTES", "shape": [-1]}],
    }  # fmt: skip


def test_a_table_is_one_tensor_a_column(client: triton.InferenceServerClient) -> None:
    metadata = client.get_model_metadata("people", "1", headers=HEADERS)

    assert metadata["inputs"] == [
        {"name": "age", "datatype": "INT64", "shape": [-1]},
        {"name": "city", "datatype": "BYTES", "shape": [-1]},
    ]
    assert metadata["outputs"] == []


def test_tensors_are_themselves_and_shares_show_their_versions(client: triton.InferenceServerClient) -> None:
    metadata = client.get_model_metadata("digits", headers=HEADERS)

    assert metadata["versions"] == ["1", "2"]
    assert metadata["inputs"] == [{"name": "pixels", "datatype": "FP32", "shape": [-1, 8, 8]}]
    assert metadata["outputs"] == [{"name": "logits", "datatype": "FP32", "shape": [-1, 10]}]


@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
@pytest.mark.parametrize(("model", "number"), [("iris", ""), ("iris", "1"), ("iris@best", ""), ("iris:1", "")])
def test_binary_tensors_reach_the_worker_untouched(
    client: triton.InferenceServerClient, v2_stage: Stage, model: str, number: str, compression: str | None
) -> None:
    values = np.arange(40, dtype=np.float64).reshape(10, 4)
    given = triton.InferInput("input", [10, 4], "FP64")
    given.set_data_from_numpy(values, binary_data=True)

    result = client.infer(model, [given], number, headers=dict(HEADERS), request_compression_algorithm=compression)

    # The worker on this stage sends back what it got.
    returned = result.as_numpy("input")
    assert returned.dtype == np.float64
    assert np.array_equal(returned, values)

    record = v2_stage.records()[-1]
    assert (record.model, record.version, record.protocol, record.status) == ("iris", 1, "v2", 200)
    assert json.loads(record.input[: record.input_header])["inputs"][0]["shape"] == [10, 4]
    assert record.input[record.input_header :] == values.tobytes()


def test_errors_are_in_the_protocols_words_too(client: triton.InferenceServerClient) -> None:
    given = triton.InferInput("input", [1], "FP64")
    given.set_data_from_numpy(np.zeros(1))

    with pytest.raises(InferenceServerException, match="There is no model 'tulip'") as caught:
        client.infer("tulip", [given], headers=dict(HEADERS))
    assert caught.value.status() == "404"
    with pytest.raises(InferenceServerException, match="This address needs a token") as caught:
        client.infer("iris", [given])
    assert caught.value.status() == "401"


@pytest.mark.parametrize("length", ["0", "-1", "15", "x", "1.0", "99999999999999999999"])
def test_the_header_must_count_the_json_part(v2_stage: Stage, length: str) -> None:
    headers = {"Inference-Header-Content-Length": length}
    answer = v2_stage.client.post("/v2/models/iris/infer", content=b'{"inputs": []}', headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")
    assert answer.json()["error"] == answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/", 200),
        ("GET", "/v2/models/iris@best", 200),
        ("GET", "/v2/models/iris:1/versions/1", 200),
        ("GET", "/v2/models/iris:1/versions/2", 400),
        ("GET", "/v2/models/iris@best/versions/1", 400),
        ("GET", "/v2/models/iris/versions/0", 404),
        ("GET", "/v2/models/iris/versions/9", 404),
        ("GET", "/v2/models/..%2Firis", 404),
        ("GET", "/v2/models/IRIS", 404),
        ("GET", "/v2/models", 404),
        ("GET", "/v2/repository/index", 404),
        ("POST", "/v2", 405),
        ("POST", "/v2/health/live", 405),
        ("POST", "/v2/models/iris", 405),
        ("DELETE", "/v2/models/iris/ready", 405),
        ("GET", "/v2/models/iris/infer", 405),
        ("GET", "/v2/models/iris/versions/1/infer", 405),
    ],
)
def test_addresses_and_methods(v2_stage: Stage, method: str, path: str, status: int) -> None:
    assert v2_stage.client.request(method, path).status_code == status


def test_a_compressed_binary_body_counts_decompressed(v2_stage: Stage) -> None:
    body = gzip.compress(b'{"inputs": []}' + bytes(64))
    headers = {"Inference-Header-Content-Length": "14", "Content-Encoding": "gzip"}

    answer = v2_stage.client.post("/v2/models/iris/infer", content=body, headers=headers)

    assert (answer.status_code, answer.content) == (200, b'{"outputs": []}' + bytes(64))
