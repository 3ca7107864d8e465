"""gRPC at a real gateway, asked by tritonclient: the same callers, models, errors and records as over HTTP."""

import errno
import random
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import grpc
import httpx
import msgspec
import numpy as np
import pytest
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN, hashed, one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.routing import KeyRoute, RequestLimits, Share

HEADERS = {"authorization": f"Bearer {TOKEN}"}
METHOD = "/inference.GRPCInferenceService/"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def served() -> Iterator[Stage]:
    with closing(Stage(grpc_port=free_port(), max_body_bytes=1 << 20)) as stage:
        yield stage


def address(stage: Stage) -> str:
    return f"127.0.0.1:{stage._config['grpc_port']}"


@pytest.fixture
def client(served: Stage) -> Iterator[triton.InferenceServerClient]:
    with closing(triton.InferenceServerClient(address(served))) as client:
        yield client


def tensor(name: str, values: Any, datatype: str) -> triton.InferInput:
    made = triton.InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values)
    return made


def failure(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(InferenceServerException) as caught:
        call()
    return str(caught.value.status()), str(caught.value.message())


def raw_call(stage: Stage, method: str, request: bytes, *metadata: tuple[str, str]) -> grpc.RpcError:
    with grpc.insecure_channel(address(stage)) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(METHOD + method)(request, metadata=metadata or tuple(HEADERS.items()), timeout=60)
    return caught.value


def test_health_and_metadata(served: Stage, client: triton.InferenceServerClient) -> None:
    assert client.is_server_live(headers=HEADERS)
    assert client.is_server_ready(headers=HEADERS)
    assert client.get_server_metadata(headers=HEADERS).name == "unshelf"
    assert client.is_model_ready("iris", headers=HEADERS)
    metadata = client.get_model_metadata("iris", "1", headers=HEADERS)
    assert (metadata.name, list(metadata.versions)) == ("iris", ["1"])
    assert [(entry.name, entry.datatype, list(entry.shape)) for entry in metadata.inputs] == [("x", "FP64", [-1])]


def test_every_call_wants_a_token(served: Stage, client: triton.InferenceServerClient) -> None:
    calls = [
        lambda headers: client.is_server_live(headers=headers),
        lambda headers: client.is_server_ready(headers=headers),
        lambda headers: client.get_server_metadata(headers=headers),
        lambda headers: client.is_model_ready("iris", headers=headers),
        lambda headers: client.get_model_metadata("iris", headers=headers),
        lambda headers: client.infer("iris", [tensor("x", np.zeros(1), "FP64")], headers=headers),
    ]
    for call in calls:
        for headers in (None, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}):
            status, message = failure(lambda: call(headers))  # noqa: B023
            assert status == "StatusCode.UNAUTHENTICATED"
            assert message.startswith("unauthenticated: ")


def test_no_caller_can_choose_a_purpose(served: Stage, client: triton.InferenceServerClient) -> None:
    given = {"purpose": "shadow", "x-unshelf-purpose": "shadow"}
    client.infer(
        "iris", [tensor("x", np.zeros(1), "FP64")], headers={**HEADERS, **given}, parameters={"purpose": "shadow"}
    )

    assert served.records()[-1].purpose == "live"


def test_nothing_of_a_stranger_s_is_read(served: Stage) -> None:
    error = raw_call(served, "ModelInfer", b"\xff\xff", ("authorization", "Bearer wrong"))
    assert error.code() == grpc.StatusCode.UNAUTHENTICATED


def test_a_key_for_other_models_is_refused(served: Stage, client: triton.InferenceServerClient) -> None:
    served.publish(
        {"iris": one_model()},
        {hashed("other"): KeyRoute(id="k2", name="o", permissions=("model.predict",), models=["wine*"])},
    )
    other = {"authorization": "Bearer other"}
    wait_until(lambda: failure(lambda: client.is_model_ready("iris", headers=other))[0] != "StatusCode.UNAUTHENTICATED")
    assert failure(lambda: client.is_model_ready("iris", headers=other))[0] == "StatusCode.PERMISSION_DENIED"
    assert failure(lambda: client.get_model_metadata("iris", headers=other))[0] == "StatusCode.PERMISSION_DENIED"


def test_a_key_s_limit_is_that_of_http(served: Stage, client: triton.InferenceServerClient) -> None:
    slow = KeyRoute(id="k3", name="slow", permissions=("model.predict",), limits=RequestLimits(rate=0.01, burst=1))
    served.publish({"iris": one_model()}, {hashed("slow"): slow})
    inputs = [tensor("x", np.zeros(1), "FP64")]
    headers = {"authorization": "Bearer slow"}
    client.infer("iris", inputs, headers=headers)
    status, message = failure(lambda: client.infer("iris", inputs, headers=headers))
    assert (status, message.partition(":")[0]) == ("StatusCode.RESOURCE_EXHAUSTED", "too_many_requests")


@pytest.mark.parametrize(
    ("datatype", "values"),
    [
        ("FP32", np.array([[1.5, -2.0], [3.0, 4.0]], "float32")),
        ("FP16", np.array([1.5], "float16")),
        ("INT8", np.array([-128, 127], "int8")),
        ("UINT64", np.array([2**64 - 1], "uint64")),
        ("BOOL", np.array([True, False])),
        ("BYTES", np.array(["é", "", "long" * 100], object)),
    ],
)
def test_tensors_come_back_bit_for_bit(
    served: Stage, client: triton.InferenceServerClient, datatype: str, values: Any
) -> None:
    """Given a worker that answers its inputs, then the outputs are these bytes, and the record holds both as V2 bodies."""
    result = client.infer("iris", [tensor("x", values, datatype)], request_id="r 1", headers=HEADERS)
    answered = result.as_numpy("x")
    if datatype == "BYTES":
        values = np.array([text.encode() for text in values], object)
    np.testing.assert_array_equal(answered, values)
    response = result.get_response()
    assert (response.model_name, response.model_version) == ("iris", "1")
    record = served.records()[-1]
    assert (record.protocol, record.status, record.model, record.version) == ("grpc", 200, "iris", 1)
    asked = msgspec.json.decode(record.input[: record.input_header])
    assert asked["id"] == "r 1"
    assert asked["inputs"][0]["name"] == "x"
    assert len(record.input) - record.input_header == asked["inputs"][0]["parameters"]["binary_data_size"]
    assert record.output[record.output_header :] == record.input[record.input_header :]


def infer_request(model: str = "iris", model_version: str = "", **fields: Any) -> Any:
    request = triton.service_pb2.ModelInferRequest(model_name=model, model_version=model_version)
    made = request.inputs.add(name="x", datatype=fields.pop("datatype", "FP64"), shape=fields.pop("shape", [2]))
    for name, values in fields.items():
        getattr(made.contents, name).extend(values)
    return request


@pytest.mark.parametrize(
    ("datatype", "field", "values", "packed"),
    [
        ("FP64", "fp64_contents", [1.5, -2.0], np.array([1.5, -2.0]).tobytes()),
        ("FP32", "fp32_contents", [1.5, -2.0], np.array([1.5, -2.0], "float32").tobytes()),
        ("INT16", "int_contents", [-1, 7], np.array([-1, 7], "int16").tobytes()),
        ("UINT8", "uint_contents", [255, 0], b"\xff\0"),
        ("UINT64", "uint64_contents", [2**64 - 1, 0], np.array([2**64 - 1, 0], "uint64").tobytes()),
        ("BOOL", "bool_contents", [True, False], b"\1\0"),
        ("BYTES", "bytes_contents", [b"ab", b""], b"\2\0\0\0ab\0\0\0\0"),
    ],
)
def test_typed_contents_become_the_same_bytes(
    served: Stage, datatype: str, field: str, values: list[Any], packed: bytes
) -> None:
    request = infer_request(datatype=datatype, **{field: values})
    with grpc.insecure_channel(address(served)) as channel:
        answer = channel.unary_unary(METHOD + "ModelInfer")(
            request.SerializeToString(), metadata=tuple(HEADERS.items()), timeout=60
        )
    assert list(triton.service_pb2.ModelInferResponse.FromString(answer).raw_output_contents) == [packed]


def test_any_bytes_are_answered(served: Stage) -> None:
    """Given requests with any bytes of them changed, then none of them is a fault of the server."""
    request = infer_request(fp64_contents=[1.5, -2.0])
    request.parameters["p"].string_param = "v"
    request.outputs.add(name="x").parameters["binary_data"].bool_param = True
    raw = infer_request(datatype="BYTES")
    raw.raw_input_contents.append(b"\1\0\0\0a\0\0\0\0")
    chance = random.Random(3)
    codes = set()
    with grpc.insecure_channel(address(served)) as channel:
        infer = channel.unary_unary(METHOD + "ModelInfer")
        for sound in [request.SerializeToString(), raw.SerializeToString()] * 200:
            body = bytearray(sound)
            for _ in range(chance.choice([1, 1, 2, 4])):
                body[chance.randrange(len(body))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
            try:
                infer(bytes(body), metadata=tuple(HEADERS.items()), timeout=60)
                codes.add(grpc.StatusCode.OK)
            except grpc.RpcError as error:
                codes.add(error.code())
                assert error.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND), error
    assert len(codes) == 3


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("request_bytes", "code"),
        [
            (b"\xff\xff", "malformed_request"),
            (infer_request(datatype="INT8", int_contents=[1, 300]).SerializeToString(), "invalid_input"),
            (infer_request(datatype="INT8", int64_contents=[1, 2]).SerializeToString(), "malformed_request"),
            (infer_request(datatype="FP16", fp32_contents=[1, 2]).SerializeToString(), "malformed_request"),
            (infer_request(model_version="x").SerializeToString(), "not_found"),
            (infer_request(model="nobody").SerializeToString(), "not_found"),
            (infer_request(model="iris:1", model_version="2").SerializeToString(), "malformed_request"),
        ],
    )
    def test_requests_that_can_t_be_read(self, served: Stage, request_bytes: bytes, code: str) -> None:
        """Each is refused in gRPC's and in our own words, and recorded."""
        before = len(served.records())
        error = raw_call(served, "ModelInfer", request_bytes)
        status = grpc.StatusCode.NOT_FOUND if code == "not_found" else grpc.StatusCode.INVALID_ARGUMENT
        assert (error.code(), error.details().partition(": ")[0]) == (status, code)
        metadata = {entry.key: entry.value for entry in error.trailing_metadata()}
        problem = msgspec.json.decode(metadata["problem-bin"])
        assert (problem["code"], problem["id"]) == (code, metadata["x-prediction-id"])
        records = served.records()
        assert len(records) == before + 1
        assert (records[-1].id, records[-1].protocol, records[-1].code) == (problem["id"], "grpc", code)

    def test_contents_beside_raw_contents_and_too_few_of_these(self, served: Stage) -> None:
        request = infer_request(fp64_contents=[1, 2])
        request.raw_input_contents.append(b"\0" * 16)
        assert "both contents" in raw_call(served, "ModelInfer", request.SerializeToString()).details()
        request = infer_request()
        request.raw_input_contents.extend([b"", b""])
        assert "2 raw_input_contents" in raw_call(served, "ModelInfer", request.SerializeToString()).details()

    def test_shared_memory(self, served: Stage, client: triton.InferenceServerClient) -> None:
        made = triton.InferInput("x", [1], "FP64")
        made.set_shared_memory("region", 8)
        status, message = failure(lambda: client.infer("iris", [made], headers=HEADERS))
        assert (status, "shared memory" in message) == ("StatusCode.INVALID_ARGUMENT", True)

    def test_a_message_beyond_the_limit(self, served: Stage, client: triton.InferenceServerClient) -> None:
        large = tensor("x", np.zeros((3 << 20) // 8), "FP64")
        assert failure(lambda: client.infer("iris", [large], headers=HEADERS))[0] == "StatusCode.RESOURCE_EXHAUSTED"

    def test_compressed_messages(self, served: Stage, client: triton.InferenceServerClient) -> None:
        made = tensor("x", np.zeros(1000), "FP64")
        call = lambda: client.infer("iris", [made], headers=HEADERS, compression_algorithm="gzip")  # noqa: E731
        assert failure(call)[0] == "StatusCode.UNIMPLEMENTED"

    def test_methods_that_are_not_there(self, served: Stage) -> None:
        assert raw_call(served, "ModelLoad", b"").code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_deadline_of_the_caller_and_a_hang_up_are_recorded(
    served: Stage, client: triton.InferenceServerClient
) -> None:
    """Given a worker that never answers, when callers give up, then each prediction ends and is recorded."""
    served.publish({"iris": one_model(), "slow": one_model(versions={1: version(timeout=1.0)})})
    made = tensor("x", np.zeros(1), "FP64")
    original = served.host.new_worker

    async def deaf(key: tuple[str, int]) -> Any:
        worker = await original(key)
        if key[0] == "slow":
            worker.reply = lambda *arguments, **fields: heard.append(key)  # type: ignore[method-assign]
        return worker

    served.host.new_worker = deaf  # type: ignore[method-assign]
    heard: list[tuple[str, int]] = []
    before = len(served.records())
    assert failure(lambda: client.infer("slow", [made], headers=HEADERS))[0] == "StatusCode.DEADLINE_EXCEEDED"
    gave_up = failure(lambda: client.infer("slow", [made], headers=HEADERS, client_timeout=0.3))
    assert gave_up[0] == "StatusCode.DEADLINE_EXCEEDED"
    call = client.async_infer("slow", [made], callback=lambda result, error: None, headers=HEADERS)
    wait_until(lambda: len(heard) == 3)  # a call that is cancelled before it was sent is none
    call.cancel()
    wait_until(lambda: len(served.records()) == before + 3)
    assert [record.code for record in served.records()[before:]] == ["deadline_exceeded"] * 3


def test_shares_and_versions_are_those_of_http(served: Stage, client: triton.InferenceServerClient) -> None:
    both = one_model(
        versions={1: version(), 2: version(paused=True)}, release=[Share(version=1, percent=100.0)], aliases={"next": 2}
    )
    served.publish({"iris": one_model(), "two": both})
    wait_until(lambda: client.is_model_ready("two", headers=HEADERS))
    assert not client.is_model_ready("two@next", headers=HEADERS)
    made = tensor("x", np.zeros(1), "FP64")
    assert (
        failure(lambda: client.infer("two", [made], model_version="2", headers=HEADERS))[0] == "StatusCode.UNAVAILABLE"
    )
    assert client.infer("two", [made], headers=HEADERS).get_response().model_version == "1"


@pytest.mark.long
def test_gateways_share_the_port_and_end_cleanly() -> None:
    port = free_port()
    with closing(Stage(grpc_port=port)) as first, closing(Stage(grpc_port=port)) as second:
        with closing(triton.InferenceServerClient(f"127.0.0.1:{port}")) as client:
            assert client.is_server_live(headers=HEADERS)
        assert first.stop_gateway() == 0
        first.start_gateway()
        assert second.stop_gateway() == 0
        second.start_gateway()


def test_leaving_it_answers_open_connections_until_it_is_stopped() -> None:
    """Given an open channel, when the gateway leaves, then it accepts no other, answers that one, and can still be stopped."""
    port = free_port()

    def refuses() -> bool:
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED

    with closing(Stage(grpc_port=port)) as stage:
        with closing(triton.InferenceServerClient(f"127.0.0.1:{port}")) as client:
            assert client.is_server_live(headers=HEADERS)
            stage.process.send_signal(signal.SIGUSR1)
            wait_until(refuses)
            assert client.is_server_live(headers=HEADERS)
            assert stage.stop_gateway() == 0
        assert stage.logged()[-1]["finished"]
        stage.start_gateway()


def test_while_the_server_stops_calls_are_refused_before_they_are_taken(set_stage: Callable[..., Stage]) -> None:
    """Given a prediction under way, when the server is to stop, then a call over gRPC is refused as one that may be repeated."""
    stage = set_stage(grpc_port=free_port(), drain_seconds=3.0)
    with closing(triton.InferenceServerClient(address(stage))) as client, ThreadPoolExecutor(1) as pool:
        assert stage.predict().status_code == 200 and client.is_server_live(headers=HEADERS)
        slow = pool.submit(stage.predict, do="hang")
        wait_until(lambda: len(stage.host.workers["iris", 1].seen) == 2)
        stage.process.send_signal(signal.SIGTERM)
        wait_until(lambda: httpx.get(f"{stage.url}/readyz", timeout=60).status_code == 503)
        inputs = [tensor("x", np.array([1.5]), "FP64")]
        assert failure(lambda: client.infer("iris", inputs, headers=HEADERS))[0] == "StatusCode.UNAVAILABLE"
        assert slow.result().status_code == 503
    assert stage.end_of_gateway() == 0
    assert sorted(record.status for record in stage.records()) == [200, 503]
