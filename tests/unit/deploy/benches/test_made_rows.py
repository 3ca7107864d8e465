"""Rows made from a profile: of the right types, within what was there, and the same ones each time."""

from statistics import mean
from typing import Any

import pytest

from unshelf.contracts.protocols.data import ColumnProfile, TopValue
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors
from unshelf.deploy.benches.made_rows import rows_like


def profile(name: str, type: Any, **facts: Any) -> ColumnProfile:
    return ColumnProfile(name=name, type=type, **({"count": 1000, "gaps": 0} | facts))


def signature(*columns: Column) -> Signature:
    return Signature(inputs=Columns(columns=list(columns)))


def test_values_are_spread_as_the_columns_are() -> None:
    wanted = signature(
        Column(name="income", type="float64"), Column(name="age", type="int64"), Column(name="city", type="string"),
        Column(name="owner", type="bool"), Column(name="since", type="datetime"),
        Column(name="grade", type="string", categories=["A", "B"]),
    )  # fmt: skip
    seen = [
        profile("income", "number", minimum=0.0, maximum=100.0, mean=40.0, deviation=10.0),
        profile("age", "integer", minimum=18, maximum=80, mean=45.0, deviation=15.0),
        profile("city", "text", top=[TopValue(value="Utrecht", count=750), TopValue(value="Delft", count=250)]),
        profile("owner", "boolean", mean=0.25),
        profile("since", "timestamp", minimum="2020-01-01T00:00:00", maximum="2021-01-01T00:00:00"),
        profile("grade", "text", top=[TopValue(value="A", count=1)]),
    ]
    rows = rows_like(wanted, seen, 200)
    assert rows is not None and rows == rows_like(wanted, seen, 200)
    incomes, ages, cities, owners, moments, grades = map(list, zip(*rows, strict=True))
    assert mean(incomes) == pytest.approx(40, abs=2) and 0 <= min(incomes) < 25 and 55 < max(incomes) <= 100
    assert all(type(age) is int and 18 <= age <= 80 for age in ages) and mean(ages) == pytest.approx(46, abs=3)
    assert cities.count("Utrecht") == pytest.approx(150, abs=6) and set(cities) == {"Utrecht", "Delft"}
    assert owners.count(True) == pytest.approx(50, abs=6)
    assert all(moment.startswith("2020-") for moment in moments)
    assert set(grades) == {"A"}


def test_columns_that_may_be_empty_are_as_often_as_they_were() -> None:
    wanted = signature(Column(name="a", type="float64", nullable=True))
    rows = rows_like(wanted, [profile("a", "number", gaps=500, minimum=1.0, maximum=2.0)], 100)
    assert rows is not None
    assert sum(row[0] is None for row in rows) == pytest.approx(50, abs=4)


@pytest.mark.parametrize(
    ("column", "seen"),
    [
        (Column(name="a", type="float64"), profile("b", "number", minimum=0, maximum=1)),
        (Column(name="a", type="string"), profile("a", "text")),
        (Column(name="a", type="json"), profile("a", "other")),
        (Column(name="a", type="datetime"), profile("a", "text")),
        (Column(name="a", type="int64"), profile("a", "integer")),
    ],
)
def test_what_the_profile_does_not_tell_is_not_made_up(column: Column, seen: ColumnProfile) -> None:
    assert rows_like(signature(column), [seen]) is None


def test_tensors_have_no_profile() -> None:
    tensors = Tensors(tensors=[Tensor(name="x", type="float32", shape=[-1, 2])])
    assert rows_like(Signature(inputs=tensors), []) is None
