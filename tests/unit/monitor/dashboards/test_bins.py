"""Bins that people read: of equal width, one a number where there are few, the most frequent values."""

import pyarrow as pa
import pytest

from unshelf.contracts.protocols.profiles import AnyProfile
from unshelf.monitor.dashboards.bins import shown_bins
from unshelf.records.profiles.building import baseline_of, profile_of


def profiles(kind: str, before: list[object], after: list[object]) -> tuple[AnyProfile, AnyProfile]:
    kinds = {"x": kind}
    reference = baseline_of(lambda: [pa.table({"x": before})], kinds)  # type: ignore[arg-type]
    window = profile_of([pa.table({"x": after})], kinds, reference)  # type: ignore[arg-type]
    return reference.columns["x"], window.columns["x"]


def test_numbers_have_bins_of_equal_width_in_which_both_sum_to_one() -> None:
    labels, old, new = shown_bins(
        *profiles("number", [n / 10 for n in range(1000)], [n / 10 + 50 for n in range(1000)])
    )
    assert len(labels) == len(old) == len(new) == 24
    assert (sum(old), sum(new)) == (pytest.approx(1), pytest.approx(1))
    assert (labels[0][:6], labels[-1][:5]) == ("below ", "from ")
    assert sum(new[:6]) == pytest.approx(0)
    assert sum(old[-6:]) == pytest.approx(0)


def test_few_numbers_have_a_bin_each() -> None:
    assert shown_bins(*profiles("number", [0.0, 1.0, 1.0, 1.0], [2.0])) == (
        ["0", "1", "2"],
        [0.25, 0.75, 0.0],
        [0.0, 0.0, 1.0],
    )


def test_times_are_named_as_such() -> None:
    labels, _, _ = shown_bins(*profiles("time", ["2026-01-01", "2026-01-02"], ["2026-02-01T10:30:00Z"]))
    assert labels == ["2026-01-01 00:00", "2026-01-02 00:00", "2026-02-01 10:30"]


def test_of_many_values_the_most_frequent_are_shown() -> None:
    before: list[object] = [f"v{n:03}" for n in range(100) for _ in range(n + 1)]
    labels, old, new = shown_bins(*profiles("category", before, ["v000"] * 9 + ["new"]))
    assert (len(labels), labels[-1], "v000" in labels) == (40, "all others", True)
    assert (sum(old), sum(new)) == (pytest.approx(1), pytest.approx(1))
    assert new[-1] == pytest.approx(0.1)


def test_without_a_reference_of_its_kind_the_window_stands_alone() -> None:
    before, after = profiles("category", ["a", "b"], ["a"])
    number, _ = profiles("number", [1.0], [1.0])
    assert shown_bins(None, after)[1:] == ([], [1.0, 0.0, 0.0])
    assert shown_bins(number, before)[1] == []
    _, nothing = profiles("number", [1.0], [None])
    assert shown_bins(None, nothing) == ([], [], [])
