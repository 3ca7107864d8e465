"""Two versions are asked for the same rows, and their figures decide."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from tests.support.actors import user
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.contracts.references import parse_reference
from unshelf.deploy.pipeline_steps.comparing import ComparingStep
from unshelf.develop.pipelines.run import StepOrder, StepOutcome
from unshelf.foundation.access.scopes import model_scope

ANA = user("ana", risk="owner")
ROWS = [{"a": value, "y": value > 1} for value in range(4)]


class Versions:
    """Version N of `m` says whether `a` is at least N - 1; the live one is 1."""

    def __init__(self, live: int | None = 1) -> None:
        self.live = live
        self.purposes: set[str] = set()

    def inspect(self, text: str) -> Any:
        number = parse_reference(text).version or self.live
        version = SimpleNamespace(
            number=number, manifest=SimpleNamespace(output="rows"), checks=SimpleNamespace(signature=None)
        )
        release = [] if self.live is None else [SimpleNamespace(version=self.live, percent=100.0)]
        return SimpleNamespace(name="m", version=version, release=release)

    def predict(self, request: DoorRequest) -> DoorOutcome:
        self.purposes.add(request.purpose)
        number = parse_reference(request.reference).version or 0
        (row,) = msgspec.json.decode(request.body)["inputs"]
        assert "y" not in row
        if number == 9:
            return DoorOutcome(id="p", status=500, code="model_failed", body=b"{}")
        return DoorOutcome(id="p", status=200, body=msgspec.json.encode({"outputs": [row["a"] >= number - 1]}))


def compare(versions: Versions, candidate: str, **arguments: Any) -> StepOutcome:
    sink = pa.BufferOutputStream()
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    rows = SimpleNamespace(chunks=lambda: iter([sink.getvalue().to_pybytes()]))
    data: Any = SimpleNamespace(rows=lambda *_args, **_known: rows)
    scopes: Any = SimpleNamespace(of=lambda name: model_scope(name, project="risk"))
    step = ComparingStep(inspect=versions.inspect, predict=versions.predict, scopes=scopes, data=data, datasets=data)
    usual = {"candidate": candidate, "data": "data://held-out", "label": "y"}
    order = StepOrder(run="r", step="s", project="risk", pipeline="p", key="k", arguments=usual | arguments, facts={})
    return step.begin(ANA, order)


def test_the_figures_of_both_are_kept_and_the_better_one_is_known() -> None:
    versions = Versions()
    outcome = compare(versions, "m:3", require="better")
    value = outcome.facts["value"]
    assert (outcome.state, value["metric"], value["candidate"]["accuracy"], value["current"]["accuracy"]) == (
        "succeeded",
        "accuracy",
        1.0,
        0.5,
    )
    assert (value["gain"], value["better"], value["rows"], value["current"]["version"]) == (0.5, True, 4, "m:1")
    assert outcome.reason == "m:3 has accuracy 1, m:1 0.5, on 4 rows."
    assert versions.purposes == {"backtest"}


def test_what_is_not_good_enough_is_rejected() -> None:
    assert compare(Versions(live=3), "m:1", require="not_worse").state == "rejected"
    assert compare(Versions(live=3), "m:1", require="not_worse", tolerance=0.5).state == "succeeded"
    assert compare(Versions(live=3), "m:1").state == "succeeded"
    assert compare(Versions(), "m:3", require="better", tolerance=0.5).state == "rejected"
    assert compare(Versions(), "m:2", current="m:3", require="not_worse").state == "rejected"


def test_where_nothing_is_live_the_candidate_stands_alone() -> None:
    outcome = compare(Versions(live=None), "m:3", require="better")
    assert (outcome.state, outcome.facts["value"]["current"]) == ("succeeded", None)
    assert "no version is live" in outcome.reason


@pytest.mark.parametrize(
    ("candidate", "arguments", "said"),
    [
        ("m:3", {"label": "z"}, "no column 'z'"), ("m:9", {}, "m:9 did not answer 4 of 4 rows; row 0: model_failed"),
        ("m:3", {"metric": "rmse"}, "can't be compared by 'rmse'"), ("m:3", {"require": "best"}, "`require` is one of"),
        ("m:3", {"rows": 0}, "takes 1 to"), ("m:3", {"data": 3}, "'data' is a str, got 3"),
    ],
)  # fmt: skip
def test_what_can_not_be_compared_is_said(candidate: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        compare(Versions(), candidate, **arguments)
