"""What a worker process makes of answers that are no rows, and of those that can't be written."""

import json
from typing import Any

import pytest

VALUES = {"inputs": {"kind": "columns", "columns": [{"name": "x0", "type": "float64"}], "container": "values"}}
TABLE = {"output": "table"}


def python(body: str) -> dict[str, str]:
    return {"predict.py": f"def predict(values):\n    {body}\n"}


def last_event(start: Any, body: str, example: list[Any], **manifest: Any) -> dict[str, Any]:
    worker = start(command="check", files=python(body), signature=VALUES, example=example, manifest_fields=manifest)
    *_, last = worker.events()
    worker.wait()
    return last


@pytest.mark.parametrize(
    ("body", "example", "said"),
    [
        ("return None", [1, 2], "The model returned None for 2 rows."),
        ("return 0.5", [1, 2], "The model returned a float for 2 rows."),
        ("return values[:1]", [1, 2], "The model returned a list of 1 for 2 rows."),
        ("return values + [0]", [1], "The model returned a list of 2 for 1 row."),
        ("return values, [0 for _ in values]", [1, 2], "The model returned a tuple of 2 for 1 row."),
        ("return [1j for _ in values]", [1, 2], "1j is a complex number"),
        ("return {0}", [1], "a set has no order"),
    ],
)
def test_an_answer_without_one_output_a_row_fails_the_check(
    start: Any, body: str, example: list[Any], said: str
) -> None:
    failed = last_event(start, body, example)
    assert (failed["event"], failed["step"]) == ("failed", "predict")
    assert said in failed["reason"]
    assert failed["hint"].startswith("Return ")


def test_a_declared_table_passes_and_is_never_batched(start: Any) -> None:
    found = last_event(start, "return values, [0, 1, 2]", [1, 2], **TABLE)
    assert found["event"] == "checked"
    assert not found["batchable"]
    assert found["batchable_reason"] == 'its answer is one for all rows: [model] output = "table"'


def test_a_misfit_is_the_model_s_fault_and_a_whole_answer_stays_whole(start: Any) -> None:
    body = "return [0] if values == [13.0] else values[:1]"
    gateway = start(files=python(body)).gateway()
    answer = gateway.ask({"inputs": [1, 2]})
    assert (answer.status, answer.json["code"]) == (500, "model_error")
    assert answer.json["detail"] == "The model returned a list of 1 for 2 rows."
    assert gateway.ask({"inputs": [13]}).json == [0]

    frames_of = start(files=python("return {'sum': sum(values), 'of': len(values)}"), manifest_fields=TABLE).gateway()
    frames = [frames_of.frame(json.dumps({"inputs": [number, number]}).encode())[1] for number in range(4)]
    frames_of.socket.sendall(b"".join(frames))
    answers = [frames_of.receive() for _ in frames]
    assert [(answer.rows, answer.json) for answer in answers] == [(2, {"sum": 2.0 * n, "of": 2}) for n in range(4)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("tree = []\n    for _ in range(3000): tree = [tree]\n    return [tree for _ in values]", "nested too deeply"),
        ("return [10**5000 for _ in values]", "4300 digits"),
        ("return [object() for _ in values]", "builtins.object has no place in JSON"),
        ("return [{1: 1, '1': 2} for _ in values]", "the name '1'"),
    ],
)
def test_an_answer_that_can_t_be_written_is_the_model_s_fault_and_its_owner_sees_why(
    start: Any, body: str, told: str
) -> None:
    answer = start(files=python(body)).gateway().ask({"inputs": [1]})
    assert (answer.status, answer.json["code"]) == (500, "model_error")
    assert told in answer.json["traceback"]
    assert "Traceback" not in answer.json["traceback"]


def test_what_is_computed_while_the_answer_is_read_may_raise_too(start: Any) -> None:
    gateway = start(files=python("return map(lambda value: 1 / value, values)")).gateway()
    assert gateway.ask({"inputs": [2]}).json == [0.5]
    answer = gateway.ask({"inputs": [0]})
    assert answer.json["detail"] == "The model raised ZeroDivisionError."
    assert "ZeroDivisionError" in answer.json["traceback"]


def test_half_of_a_surrogate_in_an_error_is_spelled_out(start: Any) -> None:
    body = "raise FileNotFoundError('no such file: caf\\udce9.csv')"
    answer = start(files=python(body)).gateway().ask({"inputs": [1]})
    assert answer.json["detail"] == "The model raised FileNotFoundError."
    assert "caf\\udce9.csv" in answer.json["traceback"].splitlines()[-1]
    failed = last_event(start, body, [1])
    assert "caf\\udce9.csv" in failed["reason"]
    json.dumps(failed, ensure_ascii=False).encode()
