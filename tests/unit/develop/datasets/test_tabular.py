"""Files as tables: the same few types of columns, and no other file within reach."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.develop.datasets.profile import profile_of
from unshelf.develop.datasets.tabular import TableView, Unreadable, open_table

MEMORY = 256 << 20


def opened(tmp_path: Path, **columns: Any) -> TableView:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table(columns), path)
    return open_table({"data.parquet": path}, "parquet", memory_bytes=MEMORY, threads=1, scratch=tmp_path)


def csv(tmp_path: Path, *texts: str) -> TableView:
    files = {f"{number}.csv": tmp_path / f"{number}" for number in range(len(texts))}
    for path, text in zip(files.values(), texts, strict=True):
        path.write_text(text)
    return open_table(files, "csv", memory_bytes=MEMORY, threads=1, scratch=tmp_path)


def only(table: TableView) -> ColumnProfile:
    (column,) = profile_of(table).columns
    return column


def test_columns_become_of_the_widest_type(tmp_path: Path) -> None:
    table = opened(
        tmp_path, a=pa.array([1], pa.int8()), b=pa.array([1.5], pa.float32()), c=pa.array(["x"]).dictionary_encode(),
        d=pa.array([1], pa.timestamp("ns")),
    )  # fmt: skip
    schema = table.connection.sql("select * from data").to_arrow_reader(10).schema
    assert [str(kind) for kind in schema.types] == ["int64", "double", "string", "timestamp[us]"]


def test_csv_files_are_one_table_whose_types_the_last_line_may_decide(tmp_path: Path) -> None:
    lines = "".join(f"{number},{number},2024-01-02\n" for number in range(30_000))
    table = csv(tmp_path, f"a,b,day\n{lines}", "b,a\nlate,\n")
    assert table.columns == {"a": "integer", "b": "text", "day": "date"}
    assert profile_of(table).columns[0].gaps == 1


@pytest.mark.parametrize("name", ['say "hi"', "a'b", "select", "größe", "a;drop table data"])
def test_any_name_of_a_column_is_a_name(tmp_path: Path, name: str) -> None:
    assert only(opened(tmp_path, **{name: [1]})).name == name


def test_what_is_no_parquet_is_told_by_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "secret-place"
    path.write_text("no")
    with pytest.raises(Unreadable) as raised:
        open_table({"data.parquet": path}, "parquet", memory_bytes=MEMORY, threads=1, scratch=tmp_path)
    assert "data.parquet" in str(raised.value)
    assert "secret-place" not in str(raised.value)
    assert "LINE" not in str(raised.value)


def test_the_database_opens_nothing_else(tmp_path: Path) -> None:
    table = opened(tmp_path, x=[1])
    (tmp_path / "other.csv").write_text("a\n1\n")
    with pytest.raises(Exception, match="disabled"):
        table.connection.execute(f"select * from read_csv('{tmp_path}/other.csv')")
    with pytest.raises(Exception, match="locked"):
        table.connection.execute("set enable_external_access = true")
