"""gRPC tensors become the V2 body that workers read, and its answer becomes gRPC tensors; what would lose values is refused."""

import json
import struct
from typing import Any

import pytest

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.grpc.messages import ModelInferRequest
from unshelf.gateway.grpc.tensors import request_body, response_of


def a_request(datatype: str = "FP32", shape: tuple[int, ...] = (2,), raw: tuple[bytes, ...] = (), **contents: Any) -> Any:  # fmt: skip
    request = ModelInferRequest(model_name="iris", raw_input_contents=raw)
    tensor = request.inputs.add(name="x", datatype=datatype, shape=shape)
    for field, values in contents.items():
        getattr(tensor.contents, field).extend(values)
    return request


def split(request: Any) -> tuple[dict[str, Any], bytes]:
    body, length = request_body(request)
    return json.loads(body[:length]), body[length:]


@pytest.mark.parametrize(
    ("datatype", "field", "values", "packed"),
    [
        ("BOOL", "bool_contents", [True, False], b"\1\0"),
        ("INT8", "int_contents", [-128, 127], b"\x80\x7f"),
        ("INT16", "int_contents", [-2, 1], struct.pack("<2h", -2, 1)),
        ("INT32", "int_contents", [-2, 1], struct.pack("<2i", -2, 1)),
        ("INT64", "int64_contents", [-(1 << 63), 1], struct.pack("<2q", -(1 << 63), 1)),
        ("UINT8", "uint_contents", [0, 255], b"\0\xff"),
        ("UINT16", "uint_contents", [0, 65535], struct.pack("<2H", 0, 65535)),
        ("UINT32", "uint_contents", [0, 7], struct.pack("<2I", 0, 7)),
        ("UINT64", "uint64_contents", [0, (1 << 64) - 1], struct.pack("<2Q", 0, (1 << 64) - 1)),
        ("FP32", "fp32_contents", [1.5, -2.0], struct.pack("<2f", 1.5, -2.0)),
        ("FP64", "fp64_contents", [0.1, 2.0], struct.pack("<2d", 0.1, 2.0)),
        ("BYTES", "bytes_contents", [b"ab", b""], b"\2\0\0\0ab\0\0\0\0"),
    ],
)
def test_typed_values_become_little_endian_bytes(datatype: str, field: str, values: list[Any], packed: bytes) -> None:
    head, tail = split(a_request(datatype, **{field: values}))
    assert tail == packed
    assert head["inputs"] == [
        {"name": "x", "datatype": datatype, "shape": [2], "parameters": {"binary_data_size": len(packed)}}
    ]
    assert head["parameters"] == {"binary_data_output": True}


def test_raw_values_go_on_untouched_whatever_their_datatype() -> None:
    request = a_request("FP16", raw=(b"\1\2\3\4", b"z"))
    request.inputs.add(name="y", datatype="NEW", shape=[1])
    request.id = "mine"
    head, tail = split(request)
    assert (tail, head["id"]) == (b"\1\2\3\4z", "mine")
    assert [each["parameters"]["binary_data_size"] for each in head["inputs"]] == [4, 1]


def test_wanted_outputs_keep_their_parameters_and_come_as_binary() -> None:
    request = a_request(raw=(b"",))
    wanted = request.outputs.add(name="label")
    wanted.parameters["classification"].int64_param = 3
    wanted.parameters["nothing"].SetInParent()
    head, _ = split(request)
    assert head["outputs"] == [
        {"name": "label", "parameters": {"classification": 3, "nothing": None, "binary_data": True}}
    ]


def _shared(request: Any, where: str) -> Any:
    tensor = request.inputs[0] if where == "inputs" else request.outputs.add(name="y")
    tensor.parameters["shared_memory_region"].string_param = "r"
    return request


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        (a_request(raw=(b"", b"")), "malformed_request", "1 inputs, but 2 raw_input_contents"),
        (a_request(raw=(b"",), fp32_contents=[1.0]), "malformed_request", "both contents and raw_input_contents"),
        (a_request("FP32", int_contents=[1]), "malformed_request", "belong in fp32_contents, not int_contents"),
        (a_request("BYTES", int_contents=[1]), "malformed_request", "belong in bytes_contents, not int_contents"),
        (a_request("FP16"), "malformed_request", "'FP16' come as raw_input_contents"),
        (a_request("INT8", int_contents=[128]), "invalid_input", "out of the range of INT8"),
        (a_request("UINT8", uint_contents=[256]), "invalid_input", "out of the range of UINT8"),
        (_shared(a_request(raw=(b"",)), "inputs"), "malformed_request", "shared memory"),
        (_shared(a_request(raw=(b"",)), "outputs"), "malformed_request", "shared memory"),
    ],
)
def test_what_would_be_read_wrongly_is_refused(request_: Any, code: str, says: str) -> None:
    with pytest.raises(ProblemError, match=says) as raised:
        request_body(request_)
    assert raised.value.code == code


def test_an_answer_is_cut_into_its_tensors() -> None:
    outputs = [
        {"name": "a", "datatype": "INT8", "shape": [2], "parameters": {"binary_data_size": 2}},
        {"name": "b", "datatype": "BYTES", "shape": [0], "parameters": {"binary_data_size": 0}},
        {"name": "c", "datatype": "INT8", "shape": [1, 1], "parameters": {"binary_data_size": 1}},
    ]
    head = json.dumps({"model_name": "iris", "outputs": outputs, "id": "mine"}).encode()
    response = response_of(head + b"\1\2\3", len(head), model="iris", version=4)
    assert (response.model_name, response.model_version, response.id) == ("iris", "4", "mine")
    assert list(response.raw_output_contents) == [b"\1\2", b"", b"\3"]
    assert [(each.name, each.datatype, list(each.shape)) for each in response.outputs] == [
        ("a", "INT8", [2]), ("b", "BYTES", [0]), ("c", "INT8", [1, 1]),
    ]  # fmt: skip


def test_an_answer_without_outputs_is_an_empty_one() -> None:
    response = response_of(b'{"outputs":[]}', 0, model="iris", version=1)
    assert (list(response.outputs), list(response.raw_output_contents), response.id) == ([], [], "")
