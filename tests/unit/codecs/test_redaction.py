"""Redaction of bodies in every format."""

import json
from typing import Any

import msgspec
import pytest

from tests.support.redaction import SECRET, SIGNATURE, dumps, recorded
from unshelf.codecs.redaction import Redaction, Withheld
from unshelf.contracts.bundle import Recording
from unshelf.contracts.protocols import frames
from unshelf.contracts.records import Own
from unshelf.contracts.signature import Parameter, Signature, Tensor, Tensors


@pytest.mark.parametrize(
    ("kind", "body", "kept"),
    [
        (frames.NATIVE, {"inputs": [{"age": 3, "ssn": SECRET}]}, {"inputs": [{"age": 3, "ssn": "[redacted]"}]}),
        (frames.NATIVE, {"inputs": [[3, SECRET, None]]}, {"inputs": [[3, "[redacted]", None]]}),
        (frames.NATIVE, {"inputs": [{"age": 3, "SSN": SECRET}]}, {"inputs": [{"age": 3, "SSN": "[redacted]"}]}),
        (frames.NATIVE, {"inputs": [{"more": {"a": [{"ssn": SECRET}], "b": 1}}]},
         {"inputs": [{"more": {"a": [{"ssn": "[redacted]"}], "b": 1}}]}),
        (frames.MLFLOW_JSON, {"dataframe_split": {"columns": ["ssn", "age"], "index": [SECRET], "data": [[SECRET, 3]]}},
         {"dataframe_split": {"columns": ["ssn", "age"], "data": [["[redacted]", 3]]}}),
        (frames.MLFLOW_JSON, {"dataframe_records": [{"age": 3, "ssn": SECRET}]},
         {"dataframe_records": [{"age": 3, "ssn": "[redacted]"}]}),
        (frames.MLFLOW_JSON, {"inputs": {"age": [3], "ssn": [SECRET]}}, {"inputs": {"age": [3], "ssn": "[redacted]"}}),
        (frames.MLFLOW_JSON, {"instances": [[3, SECRET, None]]}, {"instances": [[3, "[redacted]", None]]}),
        (frames.V2, {"id": "r", "inputs": [{"name": "age", "shape": [1], "datatype": "INT64", "data": [3]},
                                           {"name": "ssn", "shape": [1], "datatype": "BYTES", "data": [SECRET]}]},
         {"id": "r", "inputs": [{"name": "age", "shape": [1], "datatype": "INT64", "data": [3]},
                                {"name": "ssn", "shape": [1], "datatype": "BYTES", "data": "[redacted]"}]}),
    ],
)  # fmt: skip
def test_values_of_a_redacted_column_are_replaced_in_every_form(kind: int, body: Any, kept: Any) -> None:
    assert json.loads(recorded(dumps(body), kind).input) == kept


def test_csv_and_binary_tensors_are_redacted_too() -> None:
    assert recorded(f"age,ssn\r\n3,{SECRET}\r\n".encode(), frames.MLFLOW_CSV).input == b"age,ssn\n3,[redacted]\n"

    ages, names = (3).to_bytes(8, "little"), len(SECRET).to_bytes(4, "little") + SECRET.encode()
    part = dumps({"inputs": [
        {"name": "ssn", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": len(names)}},
        {"name": "age", "shape": [1], "datatype": "INT64", "parameters": {"binary_data_size": 8}},
    ]})  # fmt: skip
    kept = recorded(part + names + ages, frames.V2, header=len(part))
    assert kept.input[kept.input_header :] == ages
    assert [tensor.get("data") for tensor in json.loads(kept.input[: kept.input_header])["inputs"]] == [
        "[redacted]",
        None,
    ]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (frames.NATIVE, f'{{"inputs": [{{"ssn": "{SECRET}"'.encode()),
        (frames.NATIVE, dumps({"inputs": [[SECRET]]})),
        (frames.NATIVE, dumps({"inputs": SECRET})),
        (frames.NATIVE, dumps({"inputs": [], "note": SECRET})),
        (frames.NATIVE, dumps([SECRET])),
        (frames.NATIVE, SECRET.encode()),
        (frames.MLFLOW_JSON, dumps({"dataframe_split": {"columns": ["age"], "data": [[3, SECRET]]}})),
        (frames.MLFLOW_JSON, dumps({"instances": [[3, "x", None]], "params": SECRET})),
        (frames.NATIVE, dumps({"inputs": [[3, "x", None]], "params": [SECRET]})),
        (frames.MLFLOW_CSV, f"age,ssn\n{SECRET}\n".encode()),
        (frames.MLFLOW_CSV, f'age,ssn\n3,"{SECRET}'.encode()),
        (frames.V2, dumps({"inputs": [{"shape": [1], "data": [SECRET]}]})),
        (frames.V2, dumps({"inputs": [{"name": "age", "parameters": [SECRET]}]})),
        (0, SECRET.encode()),
        (99, SECRET.encode()),
    ],
)
def test_a_body_whose_columns_can_not_be_told_apart_is_not_kept(kind: int, body: bytes) -> None:
    kept = recorded(body, kind)
    assert (kept.input, kept.input_header) == (b"", 0)


def test_answers_and_problems_keep_no_redacted_values() -> None:
    body = dumps({"inputs": [[3, SECRET, None]]})
    answer = recorded(body, frames.NATIVE, output=dumps([{"ssn": SECRET, "score": 1}]))
    assert json.loads(answer.output) == [{"ssn": "[redacted]", "score": 1}]
    assert recorded(body, frames.NATIVE, output=b"[0.50]").output == b"[0.50]"

    traceback = f'Traceback (most recent call last):\n  File "predict.py", line 3, in predict\n    int(x)\nValueError: {SECRET}\n'
    problem = {
        "code": "model_error", "detail": f"bad {SECRET}", "traceback": traceback,
        "errors": [{"row": 0, "column": "ssn", "expected": "text", "got": SECRET}],
    }  # fmt: skip
    kept = recorded(body, frames.NATIVE, output=dumps(problem), status=500).output.decode()
    assert SECRET not in kept
    assert 'File \\"predict.py\\", line 3, in predict' in kept
    assert "ValueError: [redacted]" in kept


def test_scores_go_where_the_answer_does() -> None:
    """Given scores beside an answer, then they stay unless the answer is redacted, or no version was chosen."""
    own = Own("p", 1, 1, 1, b"", b"[1]", scores=b"numbers")
    kept = [
        Redaction(["ssn"], ["ssn"], ["output"]).apply(own, wire_protocol=0, status=200).scores,
        Redaction(["output"], ["ssn"], ["output"]).apply(own, wire_protocol=0, status=200).scores,
        Withheld().apply(own, wire_protocol=0, status=404).scores,
    ]
    assert kept == [b"numbers", b"", b""]


def test_tensors_and_columns_that_there_are_not() -> None:
    tensors = Signature(inputs=Tensors(tensors=[Tensor(name="image", type="float32", shape=[-1, 2])]))
    kept = recorded(
        dumps({"inputs": [[1, 2]]}), frames.NATIVE, signature=tensors, recording=Recording(redact=["image"])
    )
    assert json.loads(kept.input) == {"inputs": ["[redacted]"]}
    wrong = recorded(
        dumps({"inputs": [[1, 2]]}), frames.NATIVE, signature=tensors, recording=Recording(redact=["imgae"])
    )
    assert wrong.input == b""


PARAMETERS = msgspec.structs.replace(
    SIGNATURE, parameters=[Parameter(name="who", type="string"), Parameter(name="top_k", type="integer", default=3)]
)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (frames.NATIVE, {"inputs": [[3, "x", None]], "params": {"who": SECRET, "top_k": 5, "whoo": SECRET}}),
        (frames.MLFLOW_JSON, {"inputs": {"age": [3], "ssn": ["x"]}, "params": {"who": SECRET, "top_k": 5, "whoo": SECRET}}),
        (frames.MLFLOW_JSON, {"dataframe_split": {"data": [[3, "x", None]]}, "params": {"who": SECRET, "top_k": 5, "whoo": SECRET}}),
        (frames.V2, {
            "parameters": {"who": SECRET, "top_k": 5, "whoo": SECRET, "binary_data_output": True},
            "inputs": [{"name": "age", "shape": [1], "datatype": "INT64", "data": [3]}],
        }),
    ],
)  # fmt: skip
def test_parameters_that_are_redacted_or_that_nothing_declares_are_replaced_in_every_form(kind: int, body: Any) -> None:
    kept = recorded(dumps(body), kind, signature=PARAMETERS, recording=Recording(redact=["who"])).input
    assert SECRET.encode() not in kept
    member = "parameters" if kind == frames.V2 else "params"
    expected = {"who": "[redacted]", "top_k": 5, "whoo": "[redacted]"}
    assert json.loads(kept)[member] == expected | ({"binary_data_output": True} if kind == frames.V2 else {})


@pytest.mark.parametrize("kind", [frames.NATIVE, frames.MLFLOW_CSV, frames.V2, frames.ARROW])
def test_parameters_beside_a_body_are_redacted_too(kind: int) -> None:
    beside = dumps({"who": SECRET, "top_k": 5, "whoo": SECRET})
    route = {"signature": PARAMETERS, "recording": Recording(redact=["who"])}
    kept = recorded(b"", kind | frames.BESIDE, params=beside, **route).params
    assert json.loads(kept) == {"who": "[redacted]", "top_k": 5, "whoo": "[redacted]"}
    for unreadable in (SECRET.encode(), dumps([SECRET]), b'{"who": "' + SECRET.encode()):
        assert recorded(b"", kind | frames.BESIDE, params=unreadable, **route).params == b""


def test_the_body_beside_which_parameters_come_is_redacted_as_ever() -> None:
    body = f"age,ssn\n3,{SECRET}\n".encode()
    kept = recorded(body, frames.MLFLOW_CSV | frames.BESIDE, params=b"{}")
    assert (kept.input, kept.params) == (b"age,ssn\n3,[redacted]\n", b"{}")


def test_without_a_version_no_parameters_are_kept() -> None:
    own = Own("p", 1, 1, 1, b"", b"", params=dumps({"who": SECRET}))
    assert SECRET.encode() not in Withheld().apply(own, wire_protocol=frames.BESIDE, status=404).params
