"""Tensors of the Open Inference Protocol, with their data in JSON or as bytes behind it."""

import struct
from typing import Any

import msgspec
import pytest

from unshelf.codecs.body import REFUSALS, TensorBody, TensorPart, Undecodable
from unshelf.codecs.open_inference import columns_of, read_tensors, write_tensors


def encoded(*tensors: dict[str, Any], raw: bytes = b"", **others: Any) -> tuple[bytes, int]:
    text = msgspec.json.encode({"inputs": list(tensors), **others})
    return text + raw, len(text) if raw else 0


def tensor(name: str, size: int | None = None, **fields: Any) -> dict[str, Any]:
    sized = {} if size is None else {"parameters": {"binary_data_size": size}}
    return {"name": name, **sized, **fields}


def test_tensors_in_json_are_read_and_written_again() -> None:
    body, length = encoded(tensor("x", data=[1, 2]), tensor("y", data=[3]), id="r1")
    read = read_tensors(body, length, "inputs")
    assert ([each.name for each in read.tensors], read.others) == (["x", "y"], {"id": "r1"})
    assert read_tensors(*write_tensors(read), "inputs") == read


def test_tensors_get_the_bytes_behind_the_json_in_their_order() -> None:
    body, length = encoded(tensor("x", 2), tensor("y", data=[3]), tensor("z", 3), raw=b"xxzzz")
    read = read_tensors(body, length, "inputs")
    assert [each.raw for each in read.tensors] == [b"xx", None, b"zzz"]
    assert read_tensors(*write_tensors(read), "inputs") == read


@pytest.mark.parametrize(
    ("tensors", "raw"),
    [
        ([tensor("x", 3)], b"xx"),
        ([tensor("x", 1)], b"xx"),
        ([tensor("x", -1), tensor("y", 3)], b"xx"),
        ([{"name": "x", "parameters": {"binary_data_size": True}}], b"x"),
        ([tensor("x", data=[1]), tensor("x", data=[2])], b""),
        ([{"data": [1]}], b""),
        ([{"name": "x", "parameters": []}], b""),
        (["x"], b""),
    ],
)
def test_tensors_that_contradict_themselves_are_refused(tensors: list[Any], raw: bytes) -> None:
    with pytest.raises(REFUSALS):
        read_tensors(*encoded(*tensors, raw=raw), "inputs")


@pytest.mark.parametrize("body", [b"{}", b'{"inputs": {}}', b'{"inputs": [], "parameters": 1}', b"[]", b"\xff"])
def test_a_body_without_its_tensors_is_refused(body: bytes) -> None:
    with pytest.raises(REFUSALS):
        read_tensors(body, 0, "inputs")


@pytest.mark.parametrize(
    ("datatype", "raw", "values"),
    [
        ("INT64", struct.pack("<2q", 1, -2), [1, -2]),
        ("FP16", struct.pack("<e", 0.5), [0.5]),
        ("BOOL", b"\x01\x00", [True, False]),
        ("BYTES", b"\x02\x00\x00\x00hi\x00\x00\x00\x00", [b"hi", b""]),
    ],
)
def test_bytes_are_values_of_their_datatype(datatype: str, raw: bytes, values: list[Any]) -> None:
    body = TensorBody("inputs", [TensorPart({"name": "x", "datatype": datatype}, raw)])
    assert columns_of(body, ["x"]) == {"x": values}


@pytest.mark.parametrize(
    ("datatype", "raw"),
    [("INT64", b"1234567"), ("FP8", b"1"), (7, b"1"), ("BYTES", b"\x02\x00"), ("BYTES", b"\x03\x00\x00\x00hi")],
)
def test_bytes_that_are_no_values_of_their_datatype_are_refused(datatype: object, raw: bytes) -> None:
    with pytest.raises(Undecodable):
        columns_of(TensorBody("inputs", [TensorPart({"name": "x", "datatype": datatype}, raw)]), ["x"])


def test_one_tensor_of_rows_is_split_into_the_columns() -> None:
    body = TensorBody("inputs", [TensorPart({"name": "all", "data": [[1, 2], [3, 4]]})])
    assert columns_of(body, ["a", "b"]) == {"a": [1, 3], "b": [2, 4]}
    with pytest.raises(Undecodable):
        columns_of(body, ["a", "b", "c"])


def test_a_tensor_of_a_column_is_not_split() -> None:
    body = TensorBody("inputs", [TensorPart({"name": "a", "data": [1, 2]})])
    assert columns_of(body, ["a", "b"]) == {"a": [1, 2]}


def test_a_tensor_whose_data_was_taken_out_is_left_out() -> None:
    body = TensorBody("inputs", [TensorPart({"name": "a", "data": "***"}), TensorPart({"name": "b", "data": [1]})])
    assert columns_of(body, ["a", "b"]) == {"b": [1]}
