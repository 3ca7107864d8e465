"""Windows of odd data, from records to the finding: missing columns, new categories, all gaps, one row, mixed types. Never a crash."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.support.judged import JudgedRecords
from unshelf.monitor.monitors.judging.verdict import Verdict
from unshelf.records.profiles.building import baseline_of
from unshelf.records.profiles.kinds import ColumnKind
from unshelf.records.profiles.storing import pack

ROWS = 60
KINDS: dict[str, ColumnKind] = {"age": "number", "plan": "category", "since": "time", "amount": "number"}


def usual(count: int = ROWS, *, seed: int = 1) -> list[dict[str, Any]]:
    """Rows as in the training data."""
    random = np.random.default_rng(seed)
    return [
        {
            "age": float(random.normal(40, 10)), "plan": str(random.choice(["basic", "pro"])),
            "since": f"2025-0{random.integers(1, 9)}-1{random.integers(0, 9)}T08:00:00", "amount": str(random.integers(1, 99)),
        }
        for _ in range(count)
    ]  # fmt: skip


def baseline() -> bytes:
    rows = usual(800, seed=0)
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in KINDS}
    columns["amount"] = list(map(float, columns["amount"]))
    columns["since"] = list(map(np.datetime64, columns["since"]))
    return pack(baseline_of(pa.table(columns).to_batches, KINDS))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[JudgedRecords]:
    made = JudgedRecords(tmp_path)
    made.baselines[1] = baseline()
    yield made
    made.close()


def answers(count: int = ROWS) -> list[float]:
    return [0.25, 0.5, 0.75] * (count // 3) + [0.5] * (count % 3)


def said(verdict: Verdict) -> dict[tuple[str, str], str]:
    """What is bad: column and measure → the words on it."""
    return {(each.column, each.measure): each.say for each in verdict.columns if each.bad}


def without(rows: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def test_a_usual_window_is_fine(world: JudgedRecords) -> None:
    """Else nothing below would be shown by what is odd about it."""
    world.ask(usual(), answers())
    for kind in ("quality", "inputs"):
        verdict = world.judge(kind)
        assert (verdict.status, verdict.rows, said(verdict)) == ("ok", ROWS, {})


@pytest.mark.parametrize("form", ["rows", "columns"])
def test_missing_columns_are_named_whatever_form_the_requests_have(world: JudgedRecords, form: str) -> None:
    """Given requests that leave out two columns, row by row or as a whole, then both are named as having no values at all."""
    rows = without(usual(), "age", "plan")
    split = {
        "dataframe_split": {
            "columns": list(rows[0]),
            "data": [list(row.values()) for row in rows],
        }
    }
    if form == "rows":
        world.ask(rows, answers())
    else:
        world.ask(rows, answers(), form=split, protocol="mlflow")
    verdict = world.judge("quality")
    assert (verdict.status, verdict.rows) == ("alarm", ROWS)
    words = "has no values at all; 0.0% of the reference's were missing"
    assert said(verdict) == {("age", "gaps"): words, ("plan", "gaps"): words}
    finding = world.finding("data_damaged")
    assert finding.summary == f"Data that iris:1 is asked about is damaged: age, plan. age {words}."
    assert {each.column for each in world.judge("inputs").columns} == {"since", "amount"}, "of gaps no distance is told"


def test_requests_that_leave_a_column_out_are_gaps_among_those_that_have_it(world: JudgedRecords) -> None:
    world.ask(usual(), answers())
    rows = without(usual(20, seed=2), "age")
    data = [list(row.values()) for row in rows]
    world.ask(rows, answers(20), form={"dataframe_split": {"columns": list(rows[0]), "data": data}}, protocol="mlflow")
    verdict = world.judge("quality")
    assert verdict.rows == ROWS + 20
    assert said(verdict) == {("age", "gaps"): "25.0% of its values are missing, 0.0% of the reference's"}


def test_new_categories_are_named(world: JudgedRecords) -> None:
    rows = usual()
    for row in rows[:40]:
        row["plan"] = "platinum"
    world.ask(rows, answers())
    verdict = world.judge("quality")
    assert said(verdict) == {("plan", "new_values"): "66.7% of its values are new ones, such as 'platinum'"}
    assert "plan 66.7% of its values are new ones, such as 'platinum'" in world.finding("data_damaged").summary


def test_all_gaps_in_every_column_and_answer_are_said_of_each(world: JudgedRecords) -> None:
    world.ask([dict.fromkeys(KINDS)] * ROWS, [None] * ROWS)
    verdict = world.judge("quality")
    assert verdict.rows == ROWS
    assert set(said(verdict)) == {(name, "gaps") for name in KINDS}
    nothing = "The window and the reference have no column in common that can be compared."
    assert (world.judge("inputs").status, world.judge("inputs").reason) == ("not_judged", nothing)
    assert world.judge("outputs").status == "not_judged"


@pytest.mark.parametrize("rows", [1, 29])
def test_one_row_and_too_few_are_not_judged_and_it_says_why(world: JudgedRecords, rows: int) -> None:
    world.ask(usual(rows), answers(rows))
    for kind in ("quality", "inputs"):
        verdict = world.judge(kind)
        assert (verdict.status, verdict.rows) == ("not_judged", rows)
        assert (
            verdict.reason
            == f"This window has {rows} row{'' if rows == 1 else 's'}; 30 are the least that can be judged."
        )
    assert world.alerts.open_of("data_damaged") == []


def test_a_reference_of_one_row_is_not_judged_by(world: JudgedRecords) -> None:
    one = pa.table({"age": [40.0]})
    world.baselines[1] = pack(baseline_of(one.to_batches, {"age": "number"}))
    world.ask(usual(), answers())
    verdict = world.judge("quality")
    assert verdict.reason == "The reference has 1 row; 30 are the least that can be judged."


def test_mixed_types_are_said_to_be_what_they_are(world: JudgedRecords) -> None:
    """Given texts among numbers and among times, then the share of them is said, and they are not taken for missing values."""
    rows = usual()
    for place, row in enumerate(rows):
        row["amount"] = "about ten" if place % 2 else row["amount"]
        row["since"] = "yesterday" if place % 4 == 0 else row["since"]
    rows[1]["amount"] = None
    world.ask(rows, answers())
    assert said(world.judge("quality")) == {
        ("amount", "unreadable"): "48.3% of its values are no numbers, 0.0% of the reference's",
        ("since", "unreadable"): "25.0% of its values are no times, 0.0% of the reference's",
    }


def test_a_window_with_nothing_but_failures_is_said_to_have_no_rows(world: JudgedRecords) -> None:
    for _ in range(40):
        world.ask([{}], [], status=422, code="invalid_input")
    assert world.judge("quality").reason == "This window has 0 rows; 30 are the least that can be judged."
    assert said(world.judge("errors")) == {("requests", "refused"): "100.0% of 40 requests: 40 × invalid_input"}
    assert world.finding("errors_high").summary == (
        "Too many requests to iris:1 are refused: 100.0% of 40 requests: 40 × invalid_input."
    )


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 30))])
def test_no_data_make_monitors_fail(world: JudgedRecords, seed: int) -> None:
    """Given windows of any odd values, then each monitor comes to a verdict, and what it finds bad it says in words."""
    random = np.random.default_rng(seed)
    odd = [
        None,
        float("nan"),
        float("inf"),
        1e308,
        -1e308,
        0,
        -0.0,
        2**62,
        "",
        "NaN",
        " ",
        "\N{SNOWMAN}" * 50,
        "2025-01-01",
        True,
        "1e999",
        "0001-01-01T00:00:00",
    ]
    for _ in range(4):
        rows = usual(int(random.integers(1, 50)), seed=int(random.integers(0, 99)))
        for row in rows:
            for name in KINDS:
                if random.random() < 0.5:
                    value = odd[int(random.integers(0, len(odd)))]
                    row[name] = (
                        value if name == "age" and not isinstance(value, str) else None if value is None else str(value)
                    )
                if random.random() < 0.1:
                    row.pop(name)
        world.ask(rows, [odd[int(random.integers(0, 8))] for _ in rows])
        for kind in ("quality", "inputs", "outputs", "errors", "latency", "volume"):
            if kind != "volume":
                verdict = world.judge(kind)
                assert all(each.say for each in verdict.columns if each.bad)
                assert (verdict.status == "not_judged") == bool(verdict.reason)
