"""Judging of drift and damage: few rows, no columns in common, and words on what has changed."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from unshelf.contracts.protocols.profiles import TableProfile
from unshelf.monitor.monitors.judging.data_checks import change_in_words, judge_drift, judge_quality, only
from unshelf.records.profiles.building import baseline_of, profile_of
from unshelf.records.profiles.kinds import ColumnKind
from unshelf.records.profiles.tensors import TensorBuilder

KINDS: dict[str, ColumnKind] = {"age": "number", "region": "category", "note": "text", "at": "time"}
JUDGES = (judge_drift, judge_quality)


def rows(
    count: int, seed: int, *, shift: float = 0.0, region: str = "north", word: str = "chair", month: int = 3
) -> Any:
    random = np.random.default_rng(seed)
    return pa.table({
        "age": random.normal(40 + shift, 10, count), "region": random.choice([region, "south"], count),
        "note": random.choice([f"order of a {word}", f"{word} again"], count),
        "at": [f"2026-{month:02d}-{day:02d}T12:00:00" for day in random.integers(1, 28, count)],
    })  # fmt: skip


@pytest.fixture(scope="module")
def reference() -> TableProfile:
    return baseline_of(rows(2000, 0).to_batches, KINDS)


def judge(how: Any, reference: TableProfile, window: TableProfile, **options: Any) -> Any:
    return how(
        reference, window, **{"threshold": 0.1, "thresholds": {}, "level": 0.001, "against": "the baseline", **options}
    )


@pytest.mark.parametrize("how", JUDGES)
def test_few_rows_are_not_judged_and_say_so(reference: TableProfile, how: Any) -> None:
    verdict = judge(how, reference, profile_of([rows(1, 1)], KINDS, reference))
    assert (verdict.status, verdict.rows, verdict.value) == ("not_judged", 1, None)
    assert verdict.reason == "This window has 1 row; 30 are the least that can be judged."
    small = baseline_of(rows(5, 0).to_batches, KINDS)
    assert "The reference has 5 rows" in judge(how, small, profile_of([rows(100, 1)], KINDS, small)).reason


def test_nothing_in_common_is_not_judged(reference: TableProfile) -> None:
    empty = TableProfile(rows=100, columns={})
    assert "no column in common" in judge(judge_drift, reference, empty).reason
    assert "no column" in judge(judge_quality, TableProfile(rows=100, columns={}), reference).reason
    assert [each.measure for each in judge(judge_quality, reference, empty).columns] == ["missing"] * 4


def test_a_change_of_each_kind_is_said_in_words(reference: TableProfile) -> None:
    window = profile_of([rows(500, 1, shift=20, region="west", word="table", month=9)], KINDS, reference)
    verdict = judge(judge_drift, reference, window)
    said = {each.column: each.say for each in verdict.columns if each.bad}
    assert said.keys() == KINDS.keys()
    assert "mean" in said["age"]
    assert "'north' is 0.0% of its values, was" in said["region"]
    assert "of its words are unknown, 0% of the reference's" in said["note"]
    assert said["at"].startswith("mean 2026-09-")
    assert verdict.value == max(each.value for each in verdict.columns if each.bad)


def test_thresholds_of_columns_and_columns_that_are_watched(reference: TableProfile) -> None:
    window = profile_of([rows(500, 1, shift=20)], KINDS, reference)
    assert judge(judge_drift, reference, window).status == "alarm"
    assert judge(judge_drift, reference, window, thresholds={"age": 0.99}).status == "ok"
    assert judge(judge_drift, only(reference, ["region"]), only(window, ["region"])).status == "ok"
    assert only(window, []) is window


def test_tensors_and_empty_columns_have_words_too() -> None:
    tensor = TensorBuilder()
    tensor.add(np.zeros((3, 4)))
    assert change_in_words(tensor.profile(), tensor.profile()) == "its tensors have changed"
    empty = pa.table({name: pa.nulls(40, pa.string()) for name in ("age", "region", "at")})
    nothing = profile_of([empty], {"age": "number", "region": "category", "at": "time"})
    assert change_in_words(nothing.columns["age"], nothing.columns["age"]) == "mean of nothing, was of nothing"
    assert change_in_words(nothing.columns["region"], nothing.columns["region"]) == ""
    assert "of nothing" in change_in_words(nothing.columns["at"], nothing.columns["at"])
