"""Files of rows cut into parts, and their rows as lines of CSV."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from unshelf.develop.connections.targets.row_files import csv_lines, parts_of, rows_in, write_part


def test_parts_have_each_row_group_once_and_at_least_one(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": range(95)}), tmp_path / "rows.parquet", row_group_size=10)
    file = pq.ParquetFile(tmp_path / "rows.parquet")
    size = file.metadata.row_group(0).total_byte_size
    for most in (1, 3 * size, 1 << 30):
        parts = list(parts_of(file, most_bytes=most))
        assert [group for part in parts for group in part] == list(range(10))
        assert sum(rows_in(file, part) for part in parts) == 95
    assert list(parts_of(file, most_bytes=1)) == [range(group, group + 1) for group in range(10)]
    write_part(file, range(8, 10), tmp_path / "part.parquet")
    assert pq.read_table(tmp_path / "part.parquet").column("a").to_pylist() == list(range(80, 95))


def test_a_file_without_rows_has_one_part(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "rows.parquet")
    file = pq.ParquetFile(tmp_path / "rows.parquet")
    assert [rows_in(file, part) for part in parts_of(file, most_bytes=1)] == [0]


def test_gaps_and_empty_texts_differ_and_bytes_lists_and_categories_are_texts() -> None:
    table = pa.table({
        "n": [1, None], "text": ["", None], "bytes": [b"\x00\xff", None], "list": [[1.0, None], None],
        "category": pa.array(["a,b", None]).dictionary_encode(), "day": [date(2024, 2, 29), None],
    })  # fmt: skip
    first, second = csv_lines(table).decode().splitlines()
    assert first == '1,"","\\x00ff","[1.0,null]","a,b",2024-02-29'
    assert second == ",,,,,"
