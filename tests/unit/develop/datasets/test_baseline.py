"""The profile that records are held against, made of a dataset's table."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.contracts.protocols.profiles import CategoryProfile, NumberProfile, TimeProfile
from unshelf.develop.datasets.baseline import stored_baseline
from unshelf.develop.datasets.tabular import open_table
from unshelf.records.profiles.storing import unpack


def test_each_column_of_a_known_type_has_its_profile(tmp_path: Path) -> None:
    rows = {
        "amount": [1.0, 2.0, None] * 10,
        "kind": ["a", "b", "a"] * 10,
        "at": pa.array([0, 1, 2] * 10, pa.timestamp("us")),
        "x": [[1]] * 30,
    }
    pq.write_table(pa.table(rows), tmp_path / "rows.parquet")
    table = open_table(
        {"rows.parquet": tmp_path / "rows.parquet"}, "parquet", memory_bytes=1 << 28, threads=1, scratch=tmp_path
    )
    profile = unpack(stored_baseline(table))
    amount, kind, at = (profile.columns[name] for name in ("amount", "kind", "at"))
    assert profile.rows == 30
    assert isinstance(amount, NumberProfile)
    assert amount.histogram is not None
    assert (amount.gaps, sum(amount.histogram.counts)) == (10, 20)
    assert isinstance(kind, CategoryProfile)
    assert kind.known
    assert isinstance(at, TimeProfile)
    assert "x" not in profile.columns


def test_a_table_without_rows_has_a_profile_without_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([], pa.float64())}), tmp_path / "rows.parquet")
    table = open_table(
        {"rows.parquet": tmp_path / "rows.parquet"}, "parquet", memory_bytes=1 << 28, threads=1, scratch=tmp_path
    )
    assert unpack(stored_baseline(table)).columns == {}
