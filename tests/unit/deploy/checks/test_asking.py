"""Rows are asked one at a time, with the purpose `check`, until the time is over."""

import itertools

import msgspec
import pytest

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.deploy.checks.asking import MOST_FAILURES, ask_rows


class Gateway:
    """Doubles numbers; refuses texts."""

    def __init__(self) -> None:
        self.asked: list[DoorRequest] = []

    def predict(self, request: DoorRequest) -> DoorOutcome:
        self.asked.append(request)
        inputs = msgspec.json.decode(request.body)["inputs"]
        if any(isinstance(row["a"], str) for row in inputs):
            faults = [{"row": 0, "column": "a", "expected": "int64", "got": "a secret"}]
            body = msgspec.json.encode({"detail": "got a secret", "errors": faults})
            return DoorOutcome(id="p", status=422, code="invalid_input", body=body)
        return DoorOutcome(id="p", status=200, body=msgspec.json.encode({"outputs": [2 * row["a"] for row in inputs]}))


def test_each_row_is_asked_alone_and_failures_name_no_values() -> None:
    gateway = Gateway()
    rows = [{"a": 1}, {"a": "x"}, {"a": 3}]
    found = ask_rows(gateway.predict, "ada", "iris:3", rows, whole=False, seconds=60)
    assert (found.asked, found.outputs, dict(found.failed)) == (3, {0: 2, 2: 6}, {"invalid_input": 1})
    (failure,) = found.failures
    assert (failure.row, failure.code, failure.detail) == (1, "invalid_input", "column 'a': expected int64")
    assert {(each.purpose, each.reference, each.actor) for each in gateway.asked} == {("check", "iris:3", "ada")}
    latency = found.latency()
    assert latency is not None
    assert latency.median <= latency.p95 <= latency.slowest


def test_an_answer_for_all_rows_is_asked_for_once() -> None:
    gateway = Gateway()
    found = ask_rows(gateway.predict, "ada", "iris:3", [{"a": 1}, {"a": 2}], whole=True, seconds=60)
    assert (len(gateway.asked), found.asked, found.outputs[1]) == (1, 2, [2, 4])


def test_it_ends_when_the_time_is_over_and_notes_the_first_failures() -> None:
    ticks = itertools.count(step=1.0)
    found = ask_rows(
        Gateway().predict, "ada", "iris:3", [{"a": 1}] * 50, whole=False, seconds=9, clock=lambda: next(ticks)
    )
    assert 1 < found.asked < 50
    failing = ask_rows(Gateway().predict, "ada", "iris:3", [{"a": "x"}] * 50, whole=False, seconds=60)
    assert (len(failing.failures), failing.failed["invalid_input"]) == (MOST_FAILURES, 50)
    assert ask_rows(Gateway().predict, "ada", "iris:3", [], whole=False, seconds=1).latency() is None


def test_without_a_gateway_there_is_no_check() -> None:
    def nobody(_request: DoorRequest) -> DoorOutcome:
        raise Unavailable

    with pytest.raises(Unavailable):
        ask_rows(nobody, "ada", "iris:3", [{"a": 1}], whole=False, seconds=60)
