"""The kind of each recorded column: the baseline's, the signature's, that of the values at hand."""

import pyarrow as pa

from tests.unit.monitor.windows.test_service import stored
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors
from unshelf.monitor.windows.kinds import elements_of, kinds_for, recorded_columns
from unshelf.records.profiles.storing import unpack

TENSORS = Signature(
    inputs=Tensors(
        tensors=[
            Tensor(name="image", type="float32", shape=[-1, 2, 3]), Tensor(name="free", type="float32", shape=[-1, -1]),
            Tensor(name="one", type="int64", shape=[-1]),
        ]
    ),
    outputs=Tensors(tensors=[Tensor(name="output", type="float64", shape=[-1, 4])]),
)  # fmt: skip


def test_columns_of_requests_and_answers_are_told_from_facts() -> None:
    lists = pa.list_(pa.int64())
    schema = pa.schema(
        [
            ("input", pa.binary()),
            ("output", pa.binary()),
            ("in_a", lists),
            ("in_out", lists),
            ("out", lists),
            ("out_b", lists),
        ]
    )
    assert recorded_columns(schema) == {"in:a": "in_a", "in:out": "in_out", "out:output": "out", "out:b": "out_b"}


def test_kinds_follow_baseline_signature_and_values() -> None:
    records = pa.table(
        {
            "in_age": [[1, 2]], "in_code": [[1, 2]], "in_town": [["a", "b"]], "in_at": [["2026-01-01"]], "in_raw": [["x"]],
            "in_note": [[f"a long text of its own {number}" for number in range(300)]], "out": [[1, 0]],
        }
    )  # fmt: skip
    columns = [
        Column(name="age", type="int64"), Column(name="code", type="int64"), Column(name="town", type="string"),
        Column(name="at", type="datetime"), Column(name="raw", type="bytes"), Column(name="note", type="string"),
    ]  # fmt: skip
    signature = Signature(
        inputs=Columns(columns=columns), outputs=Columns(columns=[Column(name="output", type="int64")])
    )
    expected = {
        "in:age": "number", "in:code": "number", "in:town": "category", "in:at": "time", "in:note": "text",
        "out:output": "number",
    }  # fmt: skip
    assert kinds_for(records, signature, None) == expected
    assert kinds_for(records, signature, None, ["out:output"])["out:output"] == "category"
    baseline = unpack(stored(code=["1", "2", "1", "2"], output=["1", "0", "1", "1"]))
    known = kinds_for(records, signature, baseline)
    assert (known["in:code"], known["out:output"]) == ("category", "number"), "a baseline tells of inputs"
    assert kinds_for(records, None, None)["in:town"] == "category", "without a signature values tell"


def test_tensors_of_one_size_are_profiled_as_such() -> None:
    assert elements_of(TENSORS) == {"in:image": 6, "in:one": 1, "out:output": 4}
    assert elements_of(None) == {}
    records = pa.table({"in_image": [[0.0] * 6], "in_free": [[0.0]], "in_one": [[1]], "out": [[0.0] * 4]})
    assert kinds_for(records, TENSORS, None) == {
        "in:image": "tensor", "in:free": "number", "in:one": "number", "out:output": "tensor",
    }  # fmt: skip
