"""Whatever the body, the worker answers 200, 400, 415, 422 or 500 and lives; a 500 is never for what a caller wrote."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.long import LONG
from unshelf.contracts.protocols.frames import MLFLOW_CSV, MLFLOW_JSON, NATIVE, V2

CODE = "def predict(rows):\n    return [str(row) for row in rows]\n"
COLUMNS = [
    {"name": "a", "type": "float32"},
    {"name": "b", "type": "int8", "nullable": True},
    {"name": "c", "type": "string"},
    {"name": "d", "type": "datetime", "nullable": True},
    {"name": "e", "type": "json", "nullable": True},
]
SIGNATURES = {
    "dicts": {"kind": "columns", "columns": COLUMNS},
    "pandas": {"kind": "columns", "columns": COLUMNS, "container": "pandas"},
    "matrix": {"kind": "columns", "columns": [{"name": n, "type": "float32"} for n in "ab"], "container": "numpy"},
    "tensors": {"kind": "tensors", "tensors": [{"name": "a", "type": "float32", "shape": [-1, 2]}]},
}

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["Infinity", "-Infinity", "2024-01-01", 1e300, 2**70, "FP32", "BYTES", "a", "c"])
)  # fmt: skip
names = st.sampled_from(
    ["inputs", "instances", "dataframe_split", "dataframe_records", "columns", "data", "a", "b", "c", "d", "e", "name", "shape",
     "datatype", "parameters", "binary_data_size", "id", "outputs"]
) | st.text(max_size=3)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=6), max_leaves=20
)
rows = st.lists(
    st.lists(scalars, min_size=2, max_size=5) | st.fixed_dictionaries(dict.fromkeys("abcde", scalars)), max_size=4
)
tensors = st.lists(
    st.fixed_dictionaries(
        {"name": names, "datatype": st.sampled_from(["FP32", "INT8", "BYTES", "BOOL", "x"]),
         "shape": st.lists(st.integers(-1, 3), max_size=3), "data": st.lists(scalars, max_size=6)},
        optional={"parameters": st.dictionaries(names, st.integers(-1, 20), max_size=2)},
    ), max_size=5,
)  # fmt: skip
documents = values | st.builds(
    lambda name, body: {name: body}, st.sampled_from(["inputs", "instances", "dataframe_records"]), rows | tensors
)
bodies = (
    st.binary(max_size=60)
    | documents.map(lambda value: json.dumps(value).encode())
    | documents.map(lambda value: json.dumps(value).encode()[:-1])
    | st.text(alphabet="abcde,\n\"'1.- ", max_size=40).map(str.encode)
)


@pytest.mark.parametrize("name", SIGNATURES)
def test_any_bytes_are_answered(start: Any, name: str) -> None:
    code = CODE.replace("for row in rows", "for row in range(len(rows))")
    worker = start(files={"predict.py": code}, signature={"inputs": SIGNATURES[name]})
    gateway = worker.gateway()

    @settings(max_examples=250 if LONG else 80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        body=bodies,
        protocol=st.sampled_from([NATIVE, MLFLOW_JSON, MLFLOW_CSV, V2]),
        header=st.just(0) | st.integers(0, 70),
    )
    def any_bytes(body: bytes, protocol: int, header: int) -> None:
        answer = gateway.ask(body, protocol=protocol, header=header if protocol == V2 else 0)
        assert answer.status in (200, 400, 415, 422), answer.payload
        document = answer.json if not answer.header else json.loads(answer.payload[: answer.header])
        if answer.status != 200:
            assert document["code"] in ("malformed_request", "unsupported_media_type", "invalid_input")
            assert "traceback" not in document
            assert len(document.get("errors", [])) <= 20

    any_bytes()
    assert worker.process.poll() is None
