"""Bodies of no known form keep their place among the others."""

import json
import struct

import pytest

from tests.support.segments import on_sheets, record
from tests.unit.codecs.test_columns import ONE
from unshelf.codecs.columns import REQUESTS, TypedColumns
from unshelf.codecs.decoding import inputs_of, outputs_of
from unshelf.contracts.signature import Column, Columns


def test_bodies_of_no_known_form_among_others_stay_in_their_order() -> None:
    """Given more of them in a row than the forms have patience for, and usual ones before and behind."""
    odd, usual = b'{"inputs": [["5.5"]]}', b'{"inputs": [[1]]}'
    records = [record(n, input=odd if 10 <= n < 200 else usual, status=200 if n % 2 else 422) for n in range(220)]

    (array,) = TypedColumns(ONE, REQUESTS).arrays(on_sheets(records))

    assert array.to_pylist() == [[5.5] if 10 <= n < 200 else [1.0] for n in range(220)]


def test_bytes_in_binary_tensors_are_the_base64_that_json_has() -> None:
    tensors = [
        {"name": name, "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 6}}
        for name in ("photo", "label")
    ]
    head = json.dumps({"outputs": tensors}).encode()
    body = head + struct.pack("<I", 2) + b"\xff\x00" + struct.pack("<I", 2) + b"hi"
    outputs = Columns(columns=[Column(name="photo", type="bytes"), Column(name="label", type="string")])
    found = outputs_of(record(1, protocol="v2", output=body, output_header=len(head), status=200), outputs)
    assert found == {"photo": ["/wA="], "label": ["hi"]}


def test_a_whole_answer_has_no_columns() -> None:
    outputs = Columns(
        columns=[Column(name="next", type="float64"), Column(name="of", type="int64")], container="columns"
    )
    assert outputs_of(record(1, output=b'{"next":[1.5,2.5],"of":1}', status=200), outputs) is None


WITH_DEFAULTS = Columns(
    columns=[
        Column(name="x", type="float64"),
        Column(name="n", type="int64", default=7),
        Column(name="share", type="float64", default="Infinity"),
        Column(name="took", type="duration", default=3),
    ]
)
TENSOR = {"name": "x", "datatype": "FP64", "shape": [2], "data": [1, 2]}


@pytest.mark.parametrize(
    ("protocol", "kind", "body"),
    [
        ("native", "application/json", b'{"inputs": [{"x": 1}, {"x": 2, "n": 8}]}'),
        ("mlflow", "application/json", b'{"inputs": {"x": [1, 2], "n": [7, 8]}}'),
        ("mlflow", "application/json", b'{"dataframe_split": {"columns": ["n", "x"], "data": [[7, 1], [8, 2]]}}'),
        ("mlflow", "text/csv", b"x,n\n1,7\n2,8\n"),
        ("v2", "application/json", json.dumps({"inputs": [TENSOR, TENSOR | {"name": "n", "data": [7, 8]}]}).encode()),
    ],
)
@pytest.mark.parametrize("worth", [0, 1 << 30])
def test_a_column_that_was_left_out_has_the_default_that_the_model_saw(
    protocol: str, kind: str, body: bytes, worth: int
) -> None:
    """Whether bodies are read by forms or one by one."""
    records = [record(n, protocol=protocol, content_type=kind, input=body) for n in range(3)]
    arrays = TypedColumns(WITH_DEFAULTS, REQUESTS, worth=worth).arrays(on_sheets(records))
    wanted = [[1.0, 2.0], [7, 8], [float("inf")] * 2, ["PT3S"] * 2]
    assert [array.to_pylist() for array in arrays] == [[each] * 3 for each in wanted]


def test_a_value_that_was_taken_out_is_no_default() -> None:
    """Given a body whose column was redacted, then its default is not put in the place of what nobody may see."""
    body = b'{"inputs": {"x": [1], "n": "[redacted]"}}'
    found = inputs_of(record(1, protocol="mlflow", content_type="application/json", input=body), WITH_DEFAULTS)
    assert found is not None and "n" not in found
