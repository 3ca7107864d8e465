"""Profiles of categories: the baseline's values exactly, all others counted and the newest named."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unshelf.contracts.protocols.profiles import CategoryProfile
from unshelf.records.profiles.categories import (
    MOST_VALUES,
    NEWEST,
    CategoryBuilder,
    DistinctSketch,
    as_dict,
    merged_categories,
    texts,
)

VALUES = st.lists(st.sampled_from(["a", "b", "c", "neu", None]), max_size=30)


def profile(*batches: list[str | None], known: list[str] | None = None) -> CategoryProfile:
    builder = CategoryBuilder(known)
    for batch in batches:
        builder.add(pa.array(batch, pa.string()))
    return builder.profile()


def test_a_first_profile_counts_the_values_it_finds() -> None:
    seen = profile(["x", "y", None], ["x"])
    assert (seen.rows, seen.gaps, as_dict(seen.counts), seen.others, seen.known) == (4, 1, {"x": 2, "y": 1}, 0, False)
    assert DistinctSketch(seen.distinct).estimate() == 2


def test_values_that_a_baseline_has_not_are_counted_apart() -> None:
    seen = profile(["x", "z", "z", "w", None], known=["x", "y"])
    assert as_dict(seen.counts) == {"x": 1, "y": 0}
    assert (seen.others, as_dict(seen.newest)) == (3, {"z": 2, "w": 1})


@given(VALUES, VALUES)
def test_merging_is_the_same_as_profiling_all(one: list[str | None], two: list[str | None]) -> None:
    for known in (["a", "b", "c"], None):
        merged = merged_categories([profile(one, known=known), profile(two, known=known)])
        together = profile(one + two, known=known)
        for name in ("rows", "gaps", "counts", "others", "known", "newest"):
            assert getattr(merged, name) == getattr(together, name)
        assert DistinctSketch(merged.distinct).estimate() == DistinctSketch(together.distinct).estimate()


def test_the_size_is_bounded_and_no_row_is_lost() -> None:
    many = [f"user {n}" for n in range(30_000)]
    seen = profile(many, ["user 3"] * 5)
    assert len(seen.counts) == MOST_VALUES
    assert sum(as_dict(seen.counts).values()) + seen.others == 30_005
    assert DistinctSketch(seen.distinct).estimate() == pytest.approx(30_000, rel=0.1)
    window = profile(many, known=["user 3"])
    assert (as_dict(window.counts), window.others, len(window.newest)) == ({"user 3": 1}, 29_999, NEWEST)


def test_profiles_of_different_baselines_are_merged_as_first_ones() -> None:
    merged = merged_categories([profile(["a", "z"], known=["a"]), profile(["b"], known=["b"])])
    assert (as_dict(merged.counts), merged.others, merged.known) == ({"a": 1, "b": 1, "z": 1}, 0, False)


def test_long_values_are_kept_cut() -> None:
    value = profile(["x" * 5000]).counts[0].value
    assert value.startswith("x" * 200)
    assert value.endswith("(5000 characters)")


def test_scalars_become_texts() -> None:
    assert texts(pa.array([True, None])).to_pylist() == ["true", None]
    assert texts(pa.array([1.0, 2.0, None])).to_pylist() == ["1", "2", None]
    assert texts(pa.array([1.5, 2.0])).to_pylist() == ["1.5", "2"]
    assert texts(pa.array([3, 4])).to_pylist() == ["3", "4"]
    assert texts(pa.array(["a", "b"]).dictionary_encode()).to_pylist() == ["a", "b"]
