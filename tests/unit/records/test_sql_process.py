"""SQL over records, answered in this process: which rows it sees, and that nothing else is within its reach."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.archive import folder as folder_of_predictions
from tests.support.archive import put_archived
from tests.support.segments import record, write
from unshelf.contracts.protocols.records import SqlQuery, SqlResult
from unshelf.records.sql_process import Rejected, answer


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Records of two models in the archive and in a segment."""
    monkeypatch.chdir(tmp_path)  # an answer changes the working folder
    folder = folder_of_predictions(tmp_path)
    put_archived(folder, "1-0-a", record(1), record(2, status=500))
    write(folder / "2-0-b.seg", record(3), record(4, model="tulip", reference="tulip"))
    return folder


def ask(folder: Path, sql: str, **options: Any) -> SqlResult:
    scratch = folder.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    given = {
        "sql": sql, "folder": str(folder), "models": None, "model": None, "run_folder": str(folder.parent),
        "scratch": str(scratch), "seconds": 20.0, "memory_bytes": 1 << 28, "threads": 1, "rows": 10, "answer_bytes": 1 << 20,
    }  # fmt: skip
    return answer(SqlQuery(**{**given, **options}))


def test_records_are_seen_in_the_archive_and_in_segments(folder: Path) -> None:
    found = ask(folder, "select id, latency_ms from predictions where status = 200 order by id")
    assert found.rows == [["p1", 1.5], ["p3", 1.5], ["p4", 1.5]]
    assert found.columns == [{"name": "id", "type": "VARCHAR"}, {"name": "latency_ms", "type": "DOUBLE"}]
    assert not found.truncated


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"models": ["iris"]}, ["p1", "p2", "p3"]),
        ({"models": ["t*"]}, ["p4"]),
        ({"models": []}, []),
        ({"model": "iris"}, ["p1", "p2", "p3"]),
    ],
)
def test_only_records_of_the_models_that_may_be_read_are_seen(
    folder: Path, options: dict[str, Any], ids: list[str]
) -> None:
    rows = ask(folder, "select id from predictions order by id", **options).rows
    assert [row[0] for row in rows] == ids


def test_an_answer_is_cut_at_its_rows(folder: Path) -> None:
    found = ask(folder, "select id from predictions order by id", rows=3)
    assert ([row[0] for row in found.rows], found.truncated) == (["p1", "p2", "p3"], True)


def test_without_any_record_all_columns_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = ask(folder_of_predictions(tmp_path), "select count(*), min(latency_ms) from predictions")
    assert found.rows == [[0, None]]


@pytest.mark.parametrize(
    "sql",
    [
        "", "selec 1", "select 1; select 2", "drop view predictions", "select nothing from predictions",
        "copy predictions to 'stolen.csv'", "select * from read_text('/proc/self/environ')", "attach 'other.db'",
        "select current_setting('threads')", "select * from query('select current' || '_setting(''allowed_paths'')')",
        """select * from "query" /* a */ -- b
        ('select 1')""", "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))", "FROM DuckDB_Settings()",
    ],
)  # fmt: skip
def test_what_is_no_select_from_the_records_is_rejected(folder: Path, sql: str) -> None:
    with pytest.raises(Rejected) as rejected:
        ask(folder, sql)
    assert (rejected.value.rejection.code, rejected.value.rejection.again) == ("invalid_input", False)


def test_words_of_functions_that_are_not_offered_may_be_text_and_names(folder: Path) -> None:
    found = ask(folder, "select 'a query' as query, count(*) from predictions group by query")
    assert found.rows == [["a query", 4]]


def test_a_query_that_takes_too_long_or_too_much_memory_is_rejected(folder: Path) -> None:
    with pytest.raises(Rejected) as slow:
        ask(folder, "select count(*) from range(100000000000)", seconds=0.1)
    assert slow.value.rejection.code == "deadline_exceeded"
    with pytest.raises(Rejected, match="MiB of memory"):
        ask(folder, "select string_agg(repeat('a', 1000000), '') from range(100000)", memory_bytes=16 << 20)


def test_rows_are_written_as_parquet_with_their_types(folder: Path) -> None:
    sql = "select id, time, version, 9007199254740993 as large, input_bytes from predictions order by id"
    found = ask(folder, sql, parquet="answer.parquet", rows=3)
    table = pq.read_table(folder.parent / "scratch" / "answer.parquet")
    assert (found.rows, found.truncated, [column["name"] for column in found.columns]) == ([], True, table.column_names)
    assert table.column("id").to_pylist() == ["p1", "p2", "p3"]
    assert table.column("large").to_pylist() == [9007199254740993] * 3
    assert [str(kind) for kind in table.schema.types[1:4:2]] == ["timestamp[us]", "int64"]


def test_a_wrong_query_for_parquet_is_rejected(folder: Path) -> None:
    with pytest.raises(Rejected, match="nothing"):
        ask(folder, "select nothing from predictions", parquet="answer.parquet")
    assert ask(folder, "select repeat('x', 4000) from predictions", parquet="b.parquet", answer_bytes=1000).truncated
