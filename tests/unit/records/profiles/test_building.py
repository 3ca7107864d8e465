"""Profiles of tables: in one pass, against a baseline, merged, stored, and with data that is not as expected."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from unshelf.contracts.protocols.profiles import CategoryProfile, NumberProfile, TableProfile, TextProfile, TimeProfile
from unshelf.records.profiles.building import baseline_of, merged, profile_of
from unshelf.records.profiles.categories import as_dict
from unshelf.records.profiles.kinds import ColumnKind

KINDS: dict[str, ColumnKind] = {"amount": "number", "country": "category", "note": "text", "at": "time"}


def table(rows: int, seed: int = 0) -> Any:
    random = np.random.default_rng(seed)
    return pa.table({
        "amount": random.normal(size=rows),
        "country": random.choice(["DE", "FR", "CH"], rows),
        "note": [f"order {n} came" for n in range(rows)],
        "at": [f"2026-01-{1 + n % 28:02}" for n in range(rows)],
    })  # fmt: skip


def batches(of: Any, size: int = 300) -> Iterator[Any]:
    yield from of.to_batches(max_chunksize=size)


def test_a_baseline_has_its_own_bins_and_a_window_is_counted_in_them() -> None:
    baseline = baseline_of(lambda: batches(table(2000)), KINDS)
    window = profile_of(batches(table(500, seed=1)), KINDS, baseline, threads=2)
    before, after = baseline.columns["amount"], window.columns["amount"]
    assert isinstance(before, NumberProfile)
    assert isinstance(after, NumberProfile)
    assert before.histogram is not None
    assert after.histogram is not None
    assert before.histogram.edges == after.histogram.edges
    assert sum(after.histogram.counts) == 500
    country, note, at = (window.columns[name] for name in ("country", "note", "at"))
    assert isinstance(country, CategoryProfile)
    assert sum(as_dict(country.counts).values()) == 500
    assert isinstance(note, TextProfile)
    assert note.known
    assert isinstance(at, TimeProfile)
    assert at.seconds.histogram is not None


def test_a_profile_is_stored_and_read() -> None:
    profile = profile_of(batches(table(50)), KINDS)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(profile), type=TableProfile) == profile


def test_parts_are_merged_and_what_they_do_not_share_is_left_out() -> None:
    one = profile_of(batches(table(50)), KINDS)
    two = profile_of(batches(table(70)), {"amount": "number", "country": "text"})
    both = merged([one, two])
    assert (both.rows, list(both.columns)) == (120, ["amount"])
    with pytest.raises(ValueError, match="no profiles"):
        merged([])


def test_columns_that_are_missing_or_of_another_type_are_gaps() -> None:
    odd = pa.table({"amount": ["1.5", "many", None], "note": [1, 2, 3]})
    seen = profile_of([odd], KINDS)
    amount, country, note, at = (seen.columns[name] for name in KINDS)
    assert isinstance(amount, NumberProfile)
    assert (amount.gaps, amount.maximum, amount.unreadable) == (2, 1.5, 1)
    assert merged([seen, seen]).columns["amount"].unreadable == 2  # type: ignore[union-attr]
    assert isinstance(country, CategoryProfile)
    assert country.gaps == 3
    assert isinstance(note, TextProfile)
    assert note.lengths.moments.mean == 1
    assert isinstance(at, TimeProfile)
    assert at.seconds.gaps == 3


def test_integers_decimals_and_booleans_are_numbers_where_that_is_asked() -> None:
    columns = {
        "a": pa.array([1, None, 3]),
        "b": pa.array([True, False, None]),
        "c": pa.array([Decimal("1.25"), Decimal(2), None]),
    }
    seen = profile_of([pa.table(columns)], dict.fromkeys(columns, "number"))
    assert [each.gaps for each in seen.columns.values() if isinstance(each, NumberProfile)] == [1, 1, 1]
