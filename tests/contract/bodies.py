"""The corpus of request bodies that worker, redaction and records must read alike: add a body here, and all three are tested."""

import json
import struct
from typing import Any, NamedTuple

from unshelf.contracts.protocols import frames
from unshelf.contracts.signature import Column, Columns, Parameter, Tensor, Tensors

TABLE = Columns(
    columns=[
        Column(name="age", type="int64"),
        Column(name="name", type="string", nullable=True),
        Column(name="share", type="float64", nullable=True),
    ],
    container="dicts",
)
MATRIX = Columns(columns=[Column(name="a", type="float64"), Column(name="b", type="float64")], container="dicts")
ONE = Columns(columns=[Column(name="x", type="float64")], container="values")
PAIR = Tensors(
    tensors=[Tensor(name="ids", type="int64", shape=[-1, 2]), Tensor(name="bias", type="float64", shape=[-1])]
)
PARAMETERS = [Parameter(name="top_k", type="integer", default=3)]
"""The parameters of every model here."""
Part = Columns | Tensors
Values = dict[str, list[Any]]


class Accepted(NamedTuple):
    """A body that every reader takes, and the values that it holds."""

    part: Part
    wire_protocol: int
    body: bytes
    values: Values
    json_length: int = 0


class Refused(NamedTuple):
    """A body that no reader takes."""

    part: Part
    wire_protocol: int
    body: bytes
    json_length: int = 0


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _binary(payload: Any, *raw: bytes) -> tuple[bytes, int]:
    text = _json(payload)
    return text + b"".join(raw), len(text)


def _tensor(name: str, datatype: str, shape: list[int], **more: Any) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, **more}


def _size(raw: bytes) -> dict[str, Any]:
    return {"parameters": {"binary_data_size": len(raw)}}


_ROWS = [[31, "ann", 0.5], [47, None, None]]
_OBJECTS = [{"age": 31, "name": "ann", "share": 0.5}, {"share": None, "age": 47, "name": None}]
_TABLE: Values = {"age": [31, 47], "name": ["ann", None], "share": [0.5, None]}
_MATRIX: Values = {"a": [1.0, 3.0], "b": [2.0, 4.0]}
_ONE: Values = {"x": [1.5, 2.5]}
_PAIR: Values = {"ids": [1, 2, 3, 4], "bias": [0.5, 1.5]}
_FP64 = struct.pack("<4d", 1, 2, 3, 4)
_AGES, _SHARES = struct.pack("<2q", 31, 47), struct.pack("<2d", 0.5, 0.25)
_NAMES = b"".join(struct.pack("<I", len(text)) + text for text in (b"ann", b"bob"))
_BINARY_TABLE = _binary(
    {"inputs": [_tensor("age", "INT64", [2], **_size(_AGES)), _tensor("name", "BYTES", [2], **_size(_NAMES)),
                _tensor("share", "FP64", [2], **_size(_SHARES))]},
    _AGES, _NAMES, _SHARES,
)  # fmt: skip
_BINARY_MATRIX = _binary({"inputs": [_tensor("all", "FP64", [2, 2], **_size(_FP64))]}, _FP64)
_SPLIT = {"columns": ["share", "age", "name"], "data": [[0.5, 31, "ann"], [None, 47, None]]}

ACCEPTED = {
    "native arrays": Accepted(TABLE, frames.NATIVE, _json({"inputs": _ROWS}), _TABLE),
    "native objects": Accepted(TABLE, frames.NATIVE, _json({"inputs": _OBJECTS}), _TABLE),
    "native bare values": Accepted(ONE, frames.NATIVE, _json({"inputs": [1.5, 2.5]}), _ONE),
    "native arrays of one": Accepted(ONE, frames.NATIVE, _json({"inputs": [[1.5], [2.5]]}), _ONE),
    "native objects of one": Accepted(ONE, frames.NATIVE, _json({"inputs": [{"x": 1.5}, {"x": 2.5}]}), _ONE),
    "native tensors by name": Accepted(
        PAIR, frames.NATIVE, _json({"inputs": [{"ids": [1, 2], "bias": 0.5}, {"ids": [3, 4], "bias": 1.5}]}), _PAIR
    ),
    "mlflow inputs": Accepted(TABLE, frames.MLFLOW_JSON, _json({"inputs": _ROWS}), _TABLE),
    "mlflow inputs with empty params": Accepted(
        TABLE, frames.MLFLOW_JSON, _json({"inputs": _ROWS, "params": {}}), _TABLE
    ),
    "mlflow inputs with null params": Accepted(
        TABLE, frames.MLFLOW_JSON, _json({"params": None, "inputs": _OBJECTS}), _TABLE
    ),
    "native with params": Accepted(TABLE, frames.NATIVE, _json({"params": {"top_k": 5}, "inputs": _ROWS}), _TABLE),
    "mlflow inputs with params": Accepted(
        TABLE, frames.MLFLOW_JSON, _json({"inputs": _OBJECTS, "params": {"top_k": 5}}), _TABLE
    ),
    "mlflow split with params": Accepted(
        TABLE, frames.MLFLOW_JSON, _json({"dataframe_split": _SPLIT, "params": {"top_k": 5}}), _TABLE
    ),
    "mlflow inputs by column": Accepted(TABLE, frames.MLFLOW_JSON, _json({"inputs": _TABLE}), _TABLE),
    "mlflow instances": Accepted(TABLE, frames.MLFLOW_JSON, _json({"instances": _OBJECTS}), _TABLE),
    "mlflow records": Accepted(TABLE, frames.MLFLOW_JSON, _json({"dataframe_records": _OBJECTS}), _TABLE),
    "mlflow split": Accepted(TABLE, frames.MLFLOW_JSON, _json({"dataframe_split": _SPLIT}), _TABLE),
    "mlflow split with an index": Accepted(
        TABLE, frames.MLFLOW_JSON, _json({"dataframe_split": {**_SPLIT, "index": ["p", "q"]}}), _TABLE
    ),
    "mlflow split without columns": Accepted(
        TABLE, frames.MLFLOW_JSON, _json({"dataframe_split": {"data": _ROWS}}), _TABLE
    ),
    "csv": Accepted(TABLE, frames.MLFLOW_CSV, b'share,age,name\n0.5,31,"ann"\n,47,\n', _TABLE),
    "csv with a mark, blank lines and another line end": Accepted(
        TABLE, frames.MLFLOW_CSV, b"\xef\xbb\xbfage,name,share\r\n31,ann,0.5\r\n\r\n47,,\r\n", _TABLE
    ),
    "csv of one column": Accepted(ONE, frames.MLFLOW_CSV, b"x\n1.5\n2.5\n", _ONE),
    "tensors by column": Accepted(
        TABLE, frames.V2,
        _json({"id": "7", "inputs": [_tensor("age", "INT64", [2], data=[31, 47]),
                                     _tensor("name", "BYTES", [2, 1], data=[["ann"], [None]]),
                                     _tensor("share", "FP64", [2], data=[0.5, None])]}),
        _TABLE,
    ),
    "one tensor for all columns": Accepted(
        MATRIX, frames.V2, _json({"inputs": [_tensor("all", "FP64", [2, 2], data=[1, 2, 3, 4])]}), _MATRIX
    ),
    "one nested tensor for all columns": Accepted(
        MATRIX, frames.V2, _json({"inputs": [_tensor("all", "FP64", [2, 2], data=[[1, 2], [3, 4]])]}), _MATRIX
    ),
    "binary tensors": Accepted(
        TABLE, frames.V2, _BINARY_TABLE[0], {"age": [31, 47], "name": ["ann", "bob"], "share": [0.5, 0.25]}, _BINARY_TABLE[1]
    ),
    "one binary tensor for all columns": Accepted(MATRIX, frames.V2, _BINARY_MATRIX[0], _MATRIX, _BINARY_MATRIX[1]),
}  # fmt: skip
REFUSED = {
    "no JSON": Refused(TABLE, frames.NATIVE, b'{"inputs": [[31'),
    "nothing": Refused(TABLE, frames.NATIVE, b""),
    "a list": Refused(TABLE, frames.NATIVE, _json(_ROWS)),
    "no list of rows": Refused(TABLE, frames.NATIVE, _json({"inputs": 31})),
    "a member too many": Refused(TABLE, frames.NATIVE, _json({"inputs": _ROWS, "purpose": "shadow"})),
    "too few values": Refused(TABLE, frames.NATIVE, _json({"inputs": [[31, "ann"]]})),
    "two of MLflow's members": Refused(TABLE, frames.MLFLOW_JSON, _json({"inputs": _ROWS, "instances": _ROWS})),
    "none of MLflow's members": Refused(TABLE, frames.MLFLOW_JSON, _json({"rows": _ROWS})),
    "params that are no object": Refused(TABLE, frames.MLFLOW_JSON, _json({"inputs": _ROWS, "params": [1]})),
    "native params that are no object": Refused(TABLE, frames.NATIVE, _json({"inputs": _ROWS, "params": "a"})),
    "a member beside MLflow's": Refused(TABLE, frames.MLFLOW_JSON, _json({"inputs": _ROWS, "note": "ann"})),
    "a member too many in the split": Refused(
        TABLE, frames.MLFLOW_JSON, _json({"dataframe_split": {**_SPLIT, "note": "ann"}})
    ),
    "a split without data": Refused(TABLE, frames.MLFLOW_JSON, _json({"dataframe_split": {"columns": ["age"]}})),
    "names that are none": Refused(
        TABLE, frames.MLFLOW_JSON, _json({"dataframe_split": {**_SPLIT, "columns": [None, 1.5, []]}})
    ),
    "a split of other width": Refused(
        TABLE, frames.MLFLOW_JSON, _json({"dataframe_split": {"columns": ["age", "name", "share"], "data": [[31]]}})
    ),
    "csv without names": Refused(TABLE, frames.MLFLOW_CSV, b"\n31,ann,0.5\n"),
    "csv with an open quote": Refused(TABLE, frames.MLFLOW_CSV, b'age,name,share\n31,"ann,0.5\n'),
    "csv of other width": Refused(TABLE, frames.MLFLOW_CSV, b"age,name,share\n31,ann\n"),
    "csv that is no text": Refused(TABLE, frames.MLFLOW_CSV, b"age,name,share\n\xff,ann,0.5\n"),
    "no list of tensors": Refused(TABLE, frames.V2, _json({"inputs": {"age": 31}})),
    "a tensor without a name": Refused(
        ONE, frames.V2, _json({"inputs": [{"datatype": "FP64", "shape": [1], "data": [1.5]}]})
    ),
    "parameters that are none": Refused(
        ONE, frames.V2, _json({"inputs": [_tensor("x", "FP64", [1], data=[1.5], parameters=["ann"])]})
    ),
    "parameters of the request that are none": Refused(
        ONE, frames.V2, _json({"inputs": [_tensor("x", "FP64", [1], data=[1.5])], "parameters": []})
    ),
    "two tensors of one name": Refused(
        ONE,
        frames.V2,
        _json({"inputs": [_tensor("x", "FP64", [1], data=[1.5]), _tensor("x", "FP64", [1], data=[2.5])]}),
    ),
    "bytes that are not there": Refused(MATRIX, frames.V2, _BINARY_MATRIX[0][:-1], _BINARY_MATRIX[1]),
    "bytes of no tensor": Refused(MATRIX, frames.V2, _BINARY_MATRIX[0] + b"\0", _BINARY_MATRIX[1]),
    "a size that is none": Refused(
        ONE, frames.V2, *_binary({"inputs": [_tensor("x", "FP64", [1], parameters={"binary_data_size": True})]}, b"\0")
    ),
}
