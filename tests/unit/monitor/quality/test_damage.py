"""Damage in the data of a window: each kind of it is found with words that say what it is, and chance is no damage."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.monitor.quality.damage import Damage, damages
from unshelf.records.profiles.building import baseline_of, profile_of
from unshelf.records.profiles.kinds import ColumnKind

KINDS: dict[str, ColumnKind] = {"age": "number", "region": "category", "note": "text", "at": "time"}
ROWS = 400


def rows(count: int, seed: int) -> Any:
    random = np.random.default_rng(seed)
    return pa.table({
        "age": random.normal(40, 10, count),
        "region": random.choice(["north", "south", "west"], count),
        "note": random.choice([f"order {number} of a chair" for number in range(50)], count),
        "at": [f"2026-03-{day:02d}T12:00:00" for day in random.integers(1, 28, count)],
    })  # fmt: skip


@pytest.fixture(scope="module")
def reference() -> TableProfile:
    return baseline_of(rows(4000, 0).to_batches, KINDS)


def found(reference: TableProfile, column: str, values: Any) -> list[Damage]:
    table = rows(ROWS, 1)
    table = (
        table.drop_columns([column])
        if values is None
        else table.set_column(table.schema.names.index(column), column, pa.array(values))
    )
    return [each for each in damages(reference, profile_of([table], KINDS, reference)) if each.damaged]


def some(values: Any, other: Any, count: int) -> list[Any]:
    return [other] * count + list(values)[count:]


AGES = rows(ROWS, 1)["age"].to_pylist()
REGIONS = rows(ROWS, 1)["region"].to_pylist()
NOTES = rows(ROWS, 1)["note"].to_pylist()
TIMES = rows(ROWS, 1)["at"].to_pylist()


@pytest.mark.parametrize(
    ("column", "values", "measure", "say"),
    [
        ("age", some(AGES, None, 40), "gaps", "10.0% of its values are missing, 0.0% of the reference's"),
        ("age", [None] * ROWS, "gaps", "has no values at all"),
        ("age", None, "gaps", "has no values at all"),
        ("age", some(AGES, 500.0, 40), "out_of_range", "10.0% of its values are out of the reference's range"),
        ("age", some(AGES, float("inf"), 40), "infinite", "10.0% of its values are infinite"),
        ("age", [41.5] * ROWS, "constant", "has one value alone, 41.5"),
        ("age", ["n/a"] * 40 + [str(age) for age in AGES[40:]], "unreadable", "10.0% of its values are no numbers"),
        ("region", some(REGIONS, "moon", 40), "new_values", "10.0% of its values are new ones, such as 'moon'"),
        ("region", ["north"] * ROWS, "constant", "has one value alone, north"),
        ("note", some(NOTES, "", 40), "empty", "10.0% of its values are empty"),
        ("at", some(TIMES, "yesterday", 40), "unreadable", "10.0% of its values are no times"),
    ],
)
def test_damage_is_found_and_named(reference: TableProfile, column: str, values: Any, measure: str, say: str) -> None:
    bad = found(reference, column, values)
    assert {each.column for each in bad} == {column}
    assert say in next(each.say for each in bad if each.measure == measure)


def test_columns_that_are_gone_or_of_another_kind(reference: TableProfile) -> None:
    window = profile_of([rows(ROWS, 1)], KINDS, reference)
    columns = {name: each for name, each in window.columns.items() if name != "note"}
    columns["age"] = window.columns["region"]
    bad = [each for each in damages(reference, TableProfile(rows=ROWS, columns=columns)) if each.damaged]
    assert {(each.column, each.measure, each.say) for each in bad} == {
        ("note", "missing", "is not there any more"), ("age", "kind", "was numbers, and is categories")
    }  # fmt: skip


def test_what_the_reference_has_too_is_no_damage() -> None:
    holes = baseline_of(pa.table({"age": [None, 1.0, 2.0, 3.0] * 500}).to_batches, {"age": "number"})
    window = profile_of([pa.table({"age": [None, 1.0, 2.0, 3.0] * 100})], {"age": "number"}, holes)
    assert not any(each.damaged for each in damages(holes, window))


def test_few_rows_and_thresholds(reference: TableProfile) -> None:
    one = profile_of([rows(1, 3)], KINDS, reference)
    assert not any(each.damaged for each in damages(reference, one))
    window = profile_of([rows(ROWS, 1).set_column(0, "age", pa.array(some(AGES, None, 40)))], KINDS, reference)
    assert not any(each.damaged for each in damages(reference, window, thresholds={"age": 0.2}))
    assert any(each.damaged for each in damages(reference, window, threshold=0.2, thresholds={"age": 0.05}))


def test_windows_without_damage_raise_no_alarm(reference: TableProfile) -> None:
    alarms = [
        each
        for seed in range(60)
        for each in damages(reference, profile_of([rows(size_of(seed), 100 + seed)], KINDS, reference))
        if each.damaged
    ]
    assert not alarms


def size_of(seed: int) -> int:
    return (30, 300, 3000)[seed % 3]
