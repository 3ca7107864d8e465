"""Comparison of a window with its reference: what has drifted, and what is chance."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from unshelf.contracts.protocols.profiles import TableProfile, TensorProfile
from unshelf.monitor.drift.comparison import compare, in_bins, more_than_chance
from unshelf.records.profiles.building import baseline_of, profile_of
from unshelf.records.profiles.kinds import ColumnKind
from unshelf.records.profiles.tensors import TensorBuilder

KINDS: dict[str, ColumnKind] = {"amount": "number", "country": "category", "note": "text"}


def rows(
    count: int, seed: int, *, shift: float = 0.0, countries: Any = (0.6, 0.3, 0.1), words: str = "order of a chair"
) -> Any:
    random = np.random.default_rng(seed)
    return pa.table({
        "amount": random.normal(shift, 1, count), "country": random.choice(["DE", "FR", "CH"], count, p=countries),
        "note": random.choice([words, "a table", "two lamps"], count),
    })  # fmt: skip


@pytest.fixture(scope="module")
def baseline() -> TableProfile:
    return baseline_of(lambda: rows(20_000, 0).to_batches(), KINDS)


def drifted(reference: TableProfile, window: Any) -> list[str]:
    seen = compare(reference, profile_of([window], KINDS, reference))
    return [each.column for each in seen if each.drifted]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"shift": 0.6}, "amount"),
        ({"countries": (0.2, 0.3, 0.5)}, "country"),
        ({"words": "refund for broken goods"}, "note"),
    ],
)
def test_what_changed_has_drifted_and_nothing_else(baseline: TableProfile, change: dict[str, Any], column: str) -> None:
    assert drifted(baseline, rows(2000, 1, **change)) == [column]


def test_few_rows_tell_nothing_and_many_rows_make_no_small_difference_large(baseline: TableProfile) -> None:
    assert drifted(baseline, rows(8, 2, shift=0.5)) == []
    assert drifted(baseline, rows(300_000, 3, shift=0.06)) == []
    [amount] = [
        each
        for each in compare(baseline, profile_of([rows(300_000, 3, shift=0.06)], KINDS, baseline))
        if each.column == "amount"
    ]
    assert amount.chance < 1e-3
    assert amount.jensen_shannon < 0.1


def test_windows_without_drift_are_within_the_stated_rate_of_false_alarms(baseline: TableProfile) -> None:
    alarms = sum(bool(drifted(baseline, rows(size, 100 + n))) for n in range(60) for size in (30, 500))
    assert alarms <= 1


def test_a_new_category_is_a_bin_of_its_own(baseline: TableProfile) -> None:
    window = profile_of([pa.table({"country": ["DE"] * 50 + ["IT"] * 50})], {"country": "category"}, baseline)
    compared = in_bins(baseline.columns["country"], window.columns["country"])
    assert compared.window.tolist() == [50, 0, 0, 50]
    assert compared.labels[-1] == "all others"
    assert [each.drifted for each in compare(baseline, window)] == [True]


@pytest.mark.parametrize(
    "make",
    [
        lambda: pa.table({"amount": pa.nulls(50, pa.float64())}),
        lambda: pa.table({"amount": pa.array([], pa.float64())}),
        lambda: pa.table({"amount": [7.0]}),
    ],
)
def test_gaps_nothing_and_one_row_are_no_drift(baseline: TableProfile, make: Callable[[], Any]) -> None:
    assert drifted(baseline, make()) == [] or make().num_rows == 50


def test_a_window_of_another_baseline_is_compared_by_its_quantiles(baseline: TableProfile) -> None:
    other = baseline_of(lambda: rows(20_000, 9, shift=2.0).to_batches(), KINDS)
    seen = {each.column: each for each in compare(baseline, other)}
    assert seen["amount"].drifted
    assert seen["amount"].kolmogorov_smirnov == pytest.approx(0.68, abs=0.03)
    assert seen["amount"].wasserstein == pytest.approx(2.0, abs=0.1)


def test_a_tensor_has_one_drift_that_of_its_farthest_part() -> None:
    random = np.random.default_rng(0)
    first = TensorBuilder()
    first.add(random.random((3000, 16)))
    reference = TensorBuilder(first.profile())
    reference.add(random.random((3000, 16)))
    window = TensorBuilder(first.profile())
    window.add(random.random((500, 16)) * np.linspace(0, 1, 16))

    def table(profile: TensorProfile) -> TableProfile:
        return TableProfile(rows=profile.means.rows, columns={"image": profile})

    [found] = compare(table(reference.profile()), table(window.profile()))
    assert found.drifted


def test_a_threshold_of_a_column_goes_before_the_general_one(baseline: TableProfile) -> None:
    window = profile_of([rows(2000, 1, shift=0.6)], KINDS, baseline)
    assert not any(each.drifted for each in compare(baseline, window, thresholds={"amount": 0.9}))


def test_chance_is_shared_among_all_columns() -> None:
    assert more_than_chance([0.0004, 0.0006, 0.5], 0.001) == [False, False, False]
    assert more_than_chance([0.0003, 0.0004, 0.5], 0.001) == [True, True, False]
    assert more_than_chance([], 0.001) == []
