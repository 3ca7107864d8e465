"""SQL over predictions: all records, typed, of the models that may be seen, and nothing else on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.archive import compact, publish
from tests.support.in_process import InProcessControl, in_process_control
from tests.support.segments import record, write
from unshelf.contracts.protocols.records import SqlQuery
from unshelf.records import sql_process
from unshelf.records.sql import Queries, QueryFailed
from unshelf.records.sql_process import Rejected, answer


@pytest.fixture(scope="module")
def queries(tmp_path_factory: pytest.TempPathFactory) -> Queries:
    """Two models in the archive, and a segment that is not Parquet yet."""
    folder = tmp_path_factory.mktemp("home") / "predictions"
    folder.mkdir()
    routing = publish(folder, "tulip")
    body = json.dumps({"inputs": [[1, "a"], [2, "b"]]}).encode()
    write(folder / "1-0-a.seg", record(1, input=body, output=b"[7, 8]"), record(2, model="tulip", reference="tulip"))
    compact(folder)
    write(folder / "2-0-b.seg", record(3, input=b"\x00\xff", output=b"no", status=500))
    return Queries(folder, routing, seconds=20)


def ask(queries: Queries, sql: str, **options: Any) -> list[list[Any]]:
    return queries.ask(sql, **{"models": None, "model": None, **options}).rows


def test_records_are_found_wherever_they_stand(queries: Queries) -> None:
    found = queries.ask(
        "select id, model, in_x, out, input, latency_ms from predictions order by time", models=None, model=None
    )
    assert [column["name"] for column in found.columns] == ["id", "model", "in_x", "out", "input", "latency_ms"]
    assert found.rows == [
        ["p1", "iris", [1.0, 2.0], [7, 8], '{"inputs": [[1, "a"], [2, "b"]]}', 1.5],
        ["p2", "tulip", None, [0], '{"inputs": [[1.0]]}', 1.5],
        ["p3", "iris", None, None, None, 1.5],
    ]
    assert not found.truncated
    assert ask(queries, "select count(*) from predictions where time < now() - interval 1 day") == [[3]]


def test_a_key_for_some_models_sees_only_these(queries: Queries) -> None:
    assert ask(queries, "select distinct model from predictions", models=("tul*",)) == [["tulip"]]
    assert ask(queries, "select count(*) from predictions", models=("iris",)) == [[2]]
    assert ask(queries, "select count(*) from predictions", models=("none",)) == [[0]]
    assert ask(queries, "select count(*) from predictions", model="tulip") == [[1]]
    with pytest.raises(QueryFailed):
        name = "parquet/model=iris/version=1/day=1970-01-01/1-0-a.parquet"
        ask(queries, f"select * from read_parquet('{name}')", models=("tulip",))


def test_an_answer_has_so_many_rows_and_says_when_there_are_more(queries: Queries) -> None:
    found = queries.ask("select * from range(10)", models=None, model=None, rows=4)
    assert (found.rows, found.truncated) == ([[0], [1], [2], [3]], True)
    assert not queries.ask("select * from range(4)", models=None, model=None, rows=4).truncated


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from read_text('/proc/self/environ')",
        "select * from read_blob('/etc/hostname')",
        "select * from glob('/etc/*')",
        "select * from parquet_metadata('/etc/passwd')",
        "select * from sniff_csv('/etc/passwd')",
        "select * from read_parquet('https://127.0.0.1/x.parquet')",
        "copy predictions to '/tmp/stolen.csv'",
        "copy (select 1) to 'stolen.csv'",
        "export database '/tmp/stolen'",
        "attach '/tmp/other.db'",
        "install httpfs",
        "load httpfs",
        "pragma database_list",
        "set enable_external_access = true",
        "reset lock_configuration",
        "create table t as select 1",
        "drop view predictions",
        "call pragma_version()",
        "select 1; select 2",
        "select current_setting('allowed_paths')",
        "select * from duckdb_settings()",
        "select * from query('attach ''/tmp/other.db''')",
        "select * from arrow_scan(1, 2, 3)",
        "select * from question",
        "select getenv('HOME')",
        "selec 1",
        "",
    ],
)
def test_nothing_but_a_select_from_the_records_is_answered(
    queries: Queries, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, which has more within its reach than the query's own."""
    monkeypatch.chdir(tmp_path)
    question = SqlQuery(
        sql=sql, folder=str(queries._folder), models=None, model=None, run_folder=str(queries._run_folder),
        scratch=str(tmp_path), seconds=20, memory_bytes=1 << 28, threads=1, rows=10, answer_bytes=1 << 20,
    )  # fmt: skip
    with pytest.raises(Rejected) as rejected:
        answer(question)
    assert rejected.value.rejection.code == "invalid_input"
    assert not Path("/tmp/stolen.csv").exists()


def test_no_answer_tells_where_the_server_keeps_its_files(
    queries: Queries, tmp_path_factory: pytest.TempPathFactory
) -> None:
    said = ask(queries, "select sql from duckdb_views() where view_name = 'predictions'")
    assert "parquet/model=iris" in said[0][0]
    assert "predictions/parquet" not in said[0][0]


@pytest.mark.long
def test_time_and_memory_are_bounded(queries: Queries) -> None:
    with pytest.raises(QueryFailed) as slow:
        ask(Queries(queries._folder, queries._run_folder, seconds=1.5), "select count(*) from range(100000000000)")
    assert slow.value.code == "deadline_exceeded"
    with pytest.raises(QueryFailed, match="memory"):
        ask(queries, "select string_agg(repeat('a', 1000000), '') from range(100000)")
    with pytest.raises(QueryFailed):
        ask(queries, "select repeat('a', 4000000000)")


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path_factory.mktemp("control") / "home") as control:
        control.deploy("iris")
        control.deploy("tulip")
        write(control.home.predictions / "1-0-a.seg", record(1), record(2, model="tulip", reference="tulip"))
        yield control


@pytest.mark.long
def test_queries_over_http(control: InProcessControl) -> None:
    def post(client: httpx.Client, **body: Any) -> httpx.Response:
        return client.post("/api/v1/predictions/query", json=body)

    found = post(control.http, sql="select id, model from predictions order by id")
    assert found.status_code == 200, found.text
    assert found.json()["rows"] == [["p1", "iris"], ["p2", "tulip"]]
    assert found.json()["columns"] == [{"name": "id", "type": "VARCHAR"}, {"name": "model", "type": "VARCHAR"}]
    wrong = post(control.http, sql="select nothing from predictions")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")
    assert "nothing" in wrong.json()["detail"]

    some = control.client(role="deploy", models=["tulip"])
    assert post(some, sql="select id from predictions").json()["rows"] == [["p2"]]
    assert post(some, sql="select id from predictions", model="iris").status_code == 403
    assert post(control.client(role="predict"), sql="select 1").status_code == 403


@pytest.mark.parametrize("step", ["_files_of", "_connection"])
def test_a_file_that_is_merged_or_moved_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Given a file that goes after it was listed, or after the table was made of it, then the query may be asked again."""
    folder = tmp_path / "predictions"
    folder.mkdir()
    routing = publish(folder)
    write(folder / "1-0-a.seg", record(1))
    compact(folder)
    found = getattr(sql_process, step)

    def then_moved(*arguments: Any) -> Any:
        done = found(*arguments)
        (file,) = folder.rglob("*.parquet")
        file.unlink()
        return done

    monkeypatch.setattr(sql_process, step, then_moved)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scratch").mkdir()
    query = SqlQuery(
        sql="select * from predictions", folder=str(folder), predictions="files", s3_endpoint="", models=None, model=None,
        scratch=str(tmp_path / "scratch"), run_folder=str(routing), seconds=20, memory_bytes=1 << 28, threads=1, rows=10,
        answer_bytes=1 << 20,
    )  # fmt: skip
    with pytest.raises(Rejected) as rejected:
        answer(query)
    assert (rejected.value.rejection.code, rejected.value.rejection.again) == ("unavailable", True)


def test_a_query_whose_process_fails_does_not_blame_the_query(
    queries: Queries, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("unshelf.records.sql.MEMORY_BYTES", "no number")
    with pytest.raises(QueryFailed) as failed:
        ask(queries, "select 1")
    assert failed.value.code == "internal_error"
    assert "Traceback" in caplog.records[-1].__dict__["traceback"]
