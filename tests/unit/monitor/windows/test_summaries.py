"""Summaries of columns, stored as plain JSON."""

import json
import math
import random
import statistics

import msgspec
import pyarrow as pa
import pytest

from unshelf.contracts.protocols.profiles import AnyProfile, TableProfile
from unshelf.monitor.drift.comparison import compare
from unshelf.monitor.windows.counting import ColumnsBuilder
from unshelf.monitor.windows.summaries import as_numbers, as_stored, from_stored, rows_of, summaries_of
from unshelf.monitor.windows.window import TimeQuantiles


def profile(**columns: list[object]) -> TableProfile:
    kinds = {
        "n": "number", "c": "category", "w": "text", "t": "time", "v": "tensor", "gap": "number", "huge": "number"
    }  # fmt: skip
    wanted = {f"in:{name}": kinds[name] for name in columns}
    builder = ColumnsBuilder(wanted, {"in:v": 2})
    lists = {f"in_{name}": pa.array([values]) for name, values in columns.items()}
    builder.add(
        pa.table(
            {name: each.cast(pa.list_(pa.float64())) if name == "in_gap" else each for name, each in lists.items()}
        )
    )
    return builder.profile()


def test_each_kind_is_summed_up_and_survives_storing() -> None:
    found = summaries_of(
        profile(
            n=[1.0, 2.0, None, 5.0], c=["a", "a", "b"], w=["one", "three"], t=["2026-01-01", "2026-01-03"],
            v=[1.0, 3.0, 5.0, 7.0], gap=[None, None],
        ),
        None,
    )  # fmt: skip
    by_name = {each.column: each for each in found}
    n = by_name["in:n"]
    assert (n.kind, n.rows, n.gaps, n.minimum, n.p50, n.maximum) == ("number", 4, 1, 1.0, 2.0, 5.0)
    assert by_name["in:c"].top == (("a", 2), ("b", 1))
    assert (by_name["in:w"].minimum, by_name["in:w"].maximum) == (3.0, 5.0)
    assert by_name["in:t"].maximum == 1_767_398_400.0
    assert (by_name["in:v"].kind, by_name["in:v"].rows, by_name["in:v"].maximum) == ("tensor", 2, 6.0)
    assert (by_name["in:gap"].rows, by_name["in:gap"].gaps, by_name["in:gap"].minimum) == (2, 2, None)
    stored = json.loads(json.dumps(as_stored(found), allow_nan=False))
    assert from_stored(stored) == tuple(found)


def test_the_distance_is_that_from_the_reference() -> None:
    before = profile(c=["a"] * 10)
    (same,) = summaries_of(before, before)
    (other,) = summaries_of(profile(c=["b"] * 10), before)
    assert (same.distance, same.drifted, other.drifted) == (0.0, False, True)
    assert other.distance == pytest.approx(0.98, abs=0.01)


def test_what_chance_has_with_few_rows_is_no_distance() -> None:
    chance = random.Random(1)
    reference = profile(n=[chance.gauss(0, 1) for _ in range(20_000)])
    reference = TableProfile(
        rows=20_000, columns={"in:n": _with_bins(reference, [chance.gauss(0, 1) for _ in range(20_000)])}
    )
    far, plain = [], []
    for _ in range(40):
        few = profile(n=[chance.gauss(0, 1) for _ in range(60)])
        far += [each.distance or 0.0 for each in summaries_of(few, reference)]
        plain += [each.jensen_shannon for each in compare(reference, few)]
    assert statistics.mean(plain) > 0.2
    assert statistics.mean(far) < statistics.mean(plain) / 2
    (moved,) = summaries_of(profile(n=[chance.gauss(2, 1) for _ in range(60)]), reference)
    assert moved.distance is not None
    assert moved.distance > 0.5


def _with_bins(before: TableProfile, values: list[float]) -> AnyProfile:
    builder = ColumnsBuilder({"in:n": "number"}, {}, before)
    builder.add(pa.table({"in_n": [values]}))
    return builder.profile().columns["in:n"]


def test_numbers_that_json_has_not_are_left_out() -> None:
    (huge,) = summaries_of(profile(huge=[1.7e308, 1.7e308]), None)
    assert huge.mean is None or math.isfinite(huge.mean)
    assert msgspec.json.encode(as_stored([huge]))
    assert rows_of(profile(n=[1.0]).columns["in:n"]) == 1


def test_latency_as_it_is_stored() -> None:
    assert as_numbers(None) is None
    assert as_numbers(TimeQuantiles(p50=1, p95=2, p99=3, mean=1.5, maximum=4)) == {
        "p50": 1, "p95": 2, "p99": 3, "mean": 1.5, "maximum": 4,
    }  # fmt: skip
