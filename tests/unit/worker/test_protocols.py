"""Bodies in, bodies out: the native protocol, MLflow's in JSON and CSV, Open Inference V2 with and without binary data."""

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from unshelf.contracts.frames import MLFLOW_CSV, MLFLOW_JSON, NATIVE, V2
from unshelf.worker.engine import Engine
from unshelf.worker.errors import Refused


class Function:
    def __init__(self, call: Callable[[Any], Any]) -> None:
        self.predict = call


TABLE = {
    "kind": "columns",
    "container": "pandas",
    "columns": [
        {"name": "age", "type": "int64"},
        {"name": "name", "type": "string", "nullable": True},
        {"name": "share", "type": "float64", "nullable": True},
    ],
}
MATRIX = {
    "kind": "columns",
    "container": "numpy",
    "columns": [{"name": name, "type": "float64"} for name in ("a", "b")],
}
IMAGE = {"kind": "tensors", "tensors": [{"name": "image", "type": "float32", "shape": [-1, 2, 2]}]}
TWO = {
    "kind": "tensors",
    "tensors": [
        {"name": "ids", "type": "int64", "shape": [-1, -1]},
        {"name": "bias", "type": "float32", "shape": [-1]},
    ],
}


def engine_of(inputs: dict[str, Any], call: Callable[[Any], Any]) -> Engine:
    return Engine(Function(call), {"inputs": inputs}, name="iris", version=3)


def ask(engine: Engine, protocol: int, body: Any, header: int = 0) -> tuple[bytes, int]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    part, context = engine.read(protocol, raw, header)
    prediction = engine.predict([part], part.rows)
    return engine._protocols[protocol].write(prediction, 0, part.rows, context)


def answer(engine: Engine, protocol: int, body: Any) -> Any:
    payload, header = ask(engine, protocol, body)
    assert header == 0
    return json.loads(payload)


def refused(engine: Engine, protocol: int, body: Any, header: int = 0) -> Refused:
    with pytest.raises(Refused) as caught:
        ask(engine, protocol, body, header)
    json.dumps(caught.value.fields())
    return caught.value


class TestNative:
    ENGINE = engine_of(MATRIX, lambda rows: rows.sum(axis=1))

    def test_rows_in_and_answers_out(self) -> None:
        assert answer(self.ENGINE, NATIVE, {"inputs": [[1, 2], [3, 4]]}) == [3.0, 7.0]

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b'{"inputs": [[NaN, 1]]}', 400), (b'{"inputs": [[-Infinity, 1]]}', 400),
            (b'{"inputs": [], "inputs": [[1, 2]]}', 400), (b"[" * 100_000, 400), (b'{"inputs": [[1, ' + b"9" * 5000 + b"]]}", 422),
            (b"\xef\xbb\xbf{}", 400), (b"[]", 422), (b"5", 422), (b"{}", 422), (b'{"inputs": [[1, 2]], "more": 1}', 422),
            (b'{"inputs": [[1, 1e999]]}', 422), (b'{"inputs": [[1, ' + b"9" * 1000 + b"]]}", 422), (b'{"inputs": [[[1], [2]]]}', 422),
        ],
    )  # fmt: skip
    def test_bad_bodies(self, body: bytes, status: int) -> None:
        assert refused(self.ENGINE, NATIVE, body).status == status

    def test_a_deep_body_is_refused_even_when_the_model_raised_the_limit(self, monkeypatch: Any) -> None:
        import sys

        before = sys.getrecursionlimit()
        sys.setrecursionlimit(1_000_000)
        try:
            assert refused(self.ENGINE, NATIVE, b'{"inputs": ' + b"[" * 500_000).status == 400
            assert sys.getrecursionlimit() == 1_000_000
        finally:
            sys.setrecursionlimit(before)


ROWS = [[1, "x", 0.25], [2, None, None]]
WANTED = {"predictions": [1.25, 2.5]}


class TestMlflow:
    ENGINE = engine_of(TABLE, lambda frame: frame["age"] + frame["share"].fillna(0.5))

    @pytest.mark.parametrize(
        "body",
        [
            {"dataframe_split": {"columns": ["age", "name", "share"], "index": [7, 8], "data": ROWS}},
            {"dataframe_split": {"columns": ["share", "age", "name"], "data": [[0.25, 1, "x"], [None, 2, None]]}},
            {"dataframe_split": {"data": ROWS}},
            {"dataframe_records": [{"name": "x", "age": 1, "share": 0.25}, {"name": None, "age": 2, "share": None}]},
            {"instances": [{"name": "x", "age": 1, "share": 0.25}, {"name": None, "age": 2, "share": None}]},
            {"inputs": {"age": [1, 2], "name": ["x", None], "share": [0.25, None]}},
            {"inputs": ROWS, "params": {}},
        ],
    )
    def test_each_form_gives_the_same(self, body: Any) -> None:
        assert answer(self.ENGINE, MLFLOW_JSON, body) == WANTED

    @pytest.mark.parametrize(
        "body",
        [
            {}, [], {"inputs": ROWS, "instances": ROWS}, {"inputs": ROWS, "other": 1}, {"inputs": ROWS, "params": {"k": 1}},
            {"dataframe_split": ROWS}, {"dataframe_split": {"columns": ["age"], "data": [[1]]}}, {"inputs": {}}, {"inputs": 5},
            {"dataframe_split": {"columns": ["age", "age", "name", "share"], "data": [[1, 1, "x", 1]]}},
            {"dataframe_split": {"columns": ["age", "name", "share"], "data": [[1, "x"]]}},
            {"dataframe_split": {"columns": "age", "data": []}}, {"dataframe_split": {"data": ROWS, "more": 1}},
            {"dataframe_split": {"columns": ["age", "name", "share"], "data": []}},
            {"inputs": {"age": [1, 2], "name": ["x"], "share": [1, 2]}}, {"inputs": {"age": 1, "name": "x", "share": 1}},
            {"inputs": {"age": [], "name": [], "share": []}},
        ],
    )  # fmt: skip
    def test_what_is_none_of_them_is_422(self, body: Any) -> None:
        assert refused(self.ENGINE, MLFLOW_JSON, body).status == 422

    def test_columns_named_by_numbers(self) -> None:
        engine = engine_of({**MATRIX, "columns": [{"name": "0", "type": "float64"}]}, lambda rows: rows[:, 0])
        body = {"dataframe_split": {"columns": [0], "data": [[5]]}}
        assert answer(engine, MLFLOW_JSON, body) == {"predictions": [5.0]}

    def test_tensors(self) -> None:
        engine = engine_of(IMAGE, lambda images: images.sum(axis=(1, 2)))
        for form in ("inputs", "instances"):
            assert answer(engine, MLFLOW_JSON, {form: [[[1, 2], [3, 4]]]}) == {"predictions": [10.0]}
        assert answer(engine, MLFLOW_JSON, {"inputs": {"image": [[[1, 2], [3, 4]]]}}) == {"predictions": [10.0]}
        assert refused(engine, MLFLOW_JSON, {"dataframe_split": {"data": [[1]]}}).status == 422

    def test_a_dict_of_arrays_stays_one(self) -> None:
        engine = engine_of(MATRIX, lambda rows: {"a": rows[:, 0], "b": rows})
        assert answer(engine, MLFLOW_JSON, {"inputs": [[1, 2]]}) == {"predictions": {"a": [1.0], "b": [[1.0, 2.0]]}}

    def test_csv(self) -> None:
        assert answer(self.ENGINE, MLFLOW_CSV, b"age,name,share\n1,x,0.25\n2,,\n") == WANTED
        assert answer(self.ENGINE, MLFLOW_CSV, b'\xef\xbb\xbfshare,age,name\r\n 2.5e-1 ,1.0,"x,y"\r\n,2,\r\n') == WANTED

    def test_csv_as_pandas_writes_it(self) -> None:
        frame = pd.DataFrame({"a": [1.5, np.inf], "b": [-np.inf, 0.1]})
        engine = engine_of(MATRIX, lambda rows: rows[:, 0] - rows[:, 1])
        body = frame.to_csv(index=False).encode()
        assert answer(engine, MLFLOW_CSV, body) == {"predictions": ["Infinity", "Infinity"]}

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 422), (b"age,name,share\n", 422), (b"age,name,share\n1,x\n", 422), (b"age,name\n1,x\n", 422),
            (b"age,name,share\nx,x,1\n", 422), (b"age,name,share\n,x,1\n", 422), (b"age,name,share\n1,x,nan\n", 422),
            (b"age,name,share\n1_0,x,1\n", 422), (b"age,name,share\n1.5,x,1\n", 422), (b"\xff", 400), (b'age,"name\n', 400),
        ],
    )  # fmt: skip
    def test_bad_csv(self, body: bytes, status: int) -> None:
        assert refused(self.ENGINE, MLFLOW_CSV, body).status == status

    def test_csv_can_not_carry_tensors(self) -> None:
        assert refused(engine_of(IMAGE, len), MLFLOW_CSV, b"a\n1\n").status == 415


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
