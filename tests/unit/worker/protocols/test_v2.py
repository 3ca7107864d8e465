"""The Open Inference Protocol V2, with and without binary data."""

import json
import struct
from typing import Any, ClassVar

import numpy as np
import pytest

from tests.support.protocols import MATRIX, TABLE, TWO, answer, ask, engine_of, refused
from unshelf.contracts.protocols.frames import V2


def tensor(name: str, datatype: str, shape: list[int], data: Any = None, size: int | None = None) -> dict[str, Any]:
    item: dict[str, Any] = {"name": name, "datatype": datatype, "shape": shape}
    return {**item, "data": data} if size is None else {**item, "parameters": {"binary_data_size": size}}


def binary(body: dict[str, Any], *blobs: bytes) -> tuple[bytes, int]:
    head = json.dumps(body).encode()
    return head + b"".join(blobs), len(head)


class TestV2:
    MATRIX = engine_of(MATRIX, lambda rows: rows @ np.array([1.0, 10.0]))
    TABLE = engine_of(TABLE, lambda frame: frame.assign(name=frame["name"].fillna("?")))

    def test_one_tensor_for_a_table_of_one_type(self) -> None:
        body = {"id": "7", "inputs": [tensor("input-0", "FP64", [2, 2], [1, 2, 3, 4])]}
        assert answer(self.MATRIX, V2, body) == {
            "model_name": "iris", "model_version": "3", "id": "7",
            "outputs": [{"name": "output", "datatype": "FP64", "shape": [2], "data": [21.0, 43.0]}],
        }  # fmt: skip

    @pytest.mark.parametrize("shape", [[2], [2, 1]])
    def test_one_tensor_a_column(self, shape: list[int]) -> None:
        inputs = [tensor("b", "FP32", shape, [2, 4]), tensor("a", "INT8", shape, [1, 3])]
        assert answer(self.MATRIX, V2, {"inputs": inputs})["outputs"][0]["data"] == [21.0, 43.0]

    def test_nested_data(self) -> None:
        body = {"inputs": [tensor("x", "FP64", [2, 2], [[1, 2], [3, 4]])]}
        assert answer(self.MATRIX, V2, body)["outputs"][0]["data"] == [21.0, 43.0]

    def test_columns_of_a_frame_by_name_in_the_order_asked_for(self) -> None:
        inputs = [
            tensor("age", "INT64", [2], [1, 2]),
            tensor("name", "BYTES", [2], ["x", None]),
            tensor("share", "FP64", [2], [None, 1]),
        ]
        body = {"inputs": inputs, "outputs": [{"name": "share"}, {"name": "name"}]}
        outputs = answer(self.TABLE, V2, body)["outputs"]
        assert outputs == [
            {"name": "share", "datatype": "FP64", "shape": [2], "data": [None, 1.0]},
            {"name": "name", "datatype": "BYTES", "shape": [2], "data": ["x", "?"]},
        ]

    def test_binary_in_and_out_keeps_every_bit(self) -> None:
        engine = engine_of(MATRIX, lambda rows: rows)
        values = np.array([[0.1, -0.0], [np.nan, np.inf], [5e-324, 1.7976931348623157e308]])
        values[1, 0] = np.frombuffer(struct.pack("<Q", 0x7FF8000000000ABC))[0]  # a NaN with a payload
        raw = values.tobytes()
        body = {"inputs": [tensor("x", "FP64", [3, 2], size=len(raw))], "parameters": {"binary_data_output": True}}
        payload, header = ask(engine, V2, *binary(body, raw))
        output = json.loads(payload[:header])["outputs"][0]
        assert output == {
            "name": "output",
            "datatype": "FP64",
            "shape": [3, 2],
            "parameters": {"binary_data_size": len(raw)},
        }
        assert payload[header:] == raw

    def test_binary_columns(self) -> None:
        names = b"".join(struct.pack("<I", len(text)) + text for text in ("é".encode(), b""))
        ages, shares = struct.pack("<2q", 1, 2), struct.pack("<2d", float("nan"), 2.0)
        inputs = [
            tensor("age", "INT64", [2], size=16),
            tensor("name", "BYTES", [2], size=len(names)),
            tensor("share", "FP64", [2], size=16),
        ]
        outputs = [
            {"name": "name", "parameters": {"binary_data": True}},
            {"name": "age", "parameters": {"binary_data": False}},
        ]
        payload, header = ask(self.TABLE, V2, *binary({"inputs": inputs, "outputs": outputs}, ages, names, shares))
        assert json.loads(payload[:header])["outputs"][1]["data"] == [1, 2]
        assert payload[header:] == names

    @pytest.mark.parametrize("datatype", ["FP16", "FP32", "FP64", "INT8", "INT64", "UINT8", "UINT64", "BOOL"])
    def test_every_datatype_goes_through_tensors(self, datatype: str) -> None:
        kind = {"FP": "float", "IN": "int", "UI": "uint", "BO": "bool"}[datatype[:2]] + datatype.lstrip("FPINTUBOL")
        array = np.array([[0, 1]], dtype=kind)
        inputs = {"kind": "tensors", "tensors": [{"name": "t", "type": kind, "shape": [-1, 2]}]}
        engine = engine_of(inputs, lambda value: value)
        body = {
            "inputs": [tensor("t", datatype, [1, 2], size=array.nbytes)],
            "outputs": [{"name": "output", "parameters": {"binary_data": True}}],
        }
        payload, header = ask(engine, V2, *binary(body, array.tobytes()))
        assert json.loads(payload[:header])["outputs"][0]["datatype"] == datatype
        assert payload[header:] == array.tobytes()
        data = answer(engine, V2, {"inputs": [tensor("t", datatype, [1, 2], array.ravel().tolist())]})
        assert data["outputs"][0]["data"] == array.ravel().tolist()

    def test_several_tensors(self) -> None:
        engine = engine_of(TWO, lambda given: {"sum": given["ids"].sum(axis=1) + given["bias"], "ids": given["ids"]})
        body = {"inputs": [tensor("bias", "FP32", [2], [0.5, 1.5]), tensor("ids", "INT32", [2, 3], [1, 2, 3, 4, 5, 6])]}
        outputs = answer(engine, V2, body)["outputs"]
        assert [(item["name"], item["shape"], item["data"]) for item in outputs] == [
            ("sum", [2], [6.5, 16.5]), ("ids", [2, 3], [1, 2, 3, 4, 5, 6]),
        ]  # fmt: skip

    def test_what_has_no_datatype_is_json_text(self) -> None:
        engine = engine_of(MATRIX, lambda rows: [{"a": [1]} for _ in rows])
        output = answer(engine, V2, {"inputs": [tensor("x", "FP64", [1, 2], [1, 2])]})["outputs"][0]
        assert (output["name"], output["data"]) == ("a", [1])

    @pytest.mark.parametrize(
        "inputs",
        [
            None, [], {}, [5], [tensor("x", "FP64", [1, 3], [1, 2, 3])], [tensor("x", "FP64", [2, 2], [1, 2])],
            [tensor("a", "FP64", [1], [1])], [tensor("a", "FP64", [1], [1])] * 2, [tensor("x", "FP99", [1, 2], [1, 2])],
            [tensor("x", "FP64", [-1, 2], [1, 2])], [tensor("x", "FP64", [], [])], [tensor("x", "FP64", [1, 2], "12")],
            [tensor("x", "FP64", [1, 2], ["1", "2"])], [tensor("x", "FP64", [1, 2], [None, 2])], [tensor("x", "FP64", [0, 2], [])],
            [tensor("x", "BYTES", [1, 2], ["1", "2"])], [tensor("x", "FP64", [1, 2], [[1], [2, 3]])], [tensor(5, "FP64", [1], [1])],  # type: ignore[arg-type]
            [tensor("a", "FP64", [2], [1, 2]), tensor("b", "FP64", [1], [1])], [tensor("x", "FP64", [2**31, 2**31], [1])],
            [tensor("a", "FP64", [1], [1]), tensor("b", "FP64", [1], [1]), tensor("c", "FP64", [1], [1])],
            [{**tensor("x", "FP64", [1, 2], [1, 2]), "parameters": 5}], [tensor("x", "FP64", [1] * 40, [1])],
        ],
    )  # fmt: skip
    def test_bad_tensors_are_422(self, inputs: Any) -> None:
        assert refused(self.MATRIX, V2, {"inputs": inputs}).status == 422

    @pytest.mark.parametrize(
        ("size", "blob", "status"),
        [(16, b"1234", 400), (4, b"1234", 422), (16, b"1" * 20, 400), (-1, b"", 400), (True, b"1", 400)],
    )
    def test_bad_binary_data(self, size: int, blob: bytes, status: int) -> None:
        body = {"inputs": [tensor("x", "FP64", [1, 2], size=size)]}
        assert refused(self.MATRIX, V2, *binary(body, blob)).status == status

    @pytest.mark.parametrize(
        ("blob", "status"), [(b"\x05\x00\x00\x00a", 400), (b"\x01", 400), (b"\x01\x00\x00\x00\xff", 422), (b"", 422)]
    )
    def test_bad_texts(self, blob: bytes, status: int) -> None:
        inputs = [
            tensor("age", "INT64", [1], [1]),
            tensor("share", "FP64", [1], [1]),
            tensor("name", "BYTES", [1], size=len(blob)),
        ]
        assert refused(self.TABLE, V2, *binary({"inputs": inputs}, blob)).status == status

    def test_a_header_longer_than_the_body_is_400(self) -> None:
        assert refused(self.MATRIX, V2, b"{}", 100).status == 400

    def test_an_unknown_output_is_422(self) -> None:
        body = {"inputs": [tensor("x", "FP64", [1, 2], [1, 2])], "outputs": [{"name": "nothing"}]}
        assert "'output'" in refused(self.MATRIX, V2, body).hint

    def test_a_json_column_holds_json_text(self) -> None:
        inputs = {"kind": "columns", "columns": [{"name": "j", "type": "json"}], "container": "values"}
        engine = engine_of(inputs, lambda values: [value["k"] for value in values])
        assert answer(engine, V2, {"inputs": [tensor("j", "BYTES", [1], ['{"k": 5}'])]})["outputs"][0]["data"] == [5]


class TestOutputs:
    """Answers that tensors have no type for, or gaps in."""

    BODY: ClassVar[dict[str, Any]] = {
        "inputs": [tensor("a", "FP64", [2], [1.0, 2.0]), tensor("b", "FP64", [2], [1.0, 2.0])]
    }

    def outputs(self, given: Any, *, whole: bool = False) -> list[dict[str, Any]]:
        engine = engine_of(MATRIX, lambda _: given, output="table" if whole else "rows")
        found: list[dict[str, Any]] = answer(engine, V2, self.BODY)["outputs"]
        return found

    def binary(self, given: Any) -> bytes:
        engine = engine_of(MATRIX, lambda _: given)
        payload, header = ask(engine, V2, {**self.BODY, "parameters": {"binary_data_output": True}})
        return payload[header:]

    def test_gaps_among_texts_bytes_and_whole_numbers(self) -> None:
        assert self.outputs(["a", None])[0] == {
            "name": "output",
            "datatype": "BYTES",
            "shape": [2],
            "data": ["a", None],
        }
        assert self.outputs([2**53 + 1, None])[0]["data"] == [str(2**53 + 1), None]
        (blobs,) = self.outputs([b"a", None])
        assert (blobs["data"], blobs["parameters"]) == (["YQ==", None], {"content_type": "base64"})
        assert self.binary([b"\xff", None]) == struct.pack("<I", 1) + b"\xff" + struct.pack("<I", 0)
        assert self.binary(["a", None]) == struct.pack("<I", 1) + b"a" + struct.pack("<I", 4) + b"null"

    def test_the_parts_of_a_whole_answer(self) -> None:
        parts = self.outputs((np.zeros((2, 3)), np.zeros((2, 3), "int64")), whole=True)
        assert [(part["name"], part["datatype"], part["shape"]) for part in parts] == [
            ("output_0", "FP64", [2, 3]), ("output_1", "INT64", [2, 3]),
        ]  # fmt: skip
        assert self.outputs(7.5, whole=True)[0]["data"] == [7.5]
