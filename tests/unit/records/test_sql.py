"""Queries: their limits, and what becomes of the answer of the process that each runs in."""

import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.archive import folder as folder_of_predictions
from tests.support.archive import put_archived
from tests.support.segments import record
from unshelf.contracts.errors import InvalidInput, UnshelfError
from unshelf.contracts.protocols.records import SqlRejection
from unshelf.records.sql import Queries, QueryFailed


@pytest.fixture
def queries(tmp_path: Path) -> Queries:
    folder = folder_of_predictions(tmp_path)
    put_archived(folder, "1-0-a", record(1), record(2))
    return Queries(folder, tmp_path)


def test_a_rejection_becomes_an_error_with_its_code() -> None:
    failed = QueryFailed(SqlRejection(code="deadline_exceeded", detail="Too slow.", hint="Ask for less.", again=True))
    assert isinstance(failed, UnshelfError)
    assert (failed.code, failed.detail, failed.hint, failed.again) == (
        "deadline_exceeded", "Too slow.", "Ask for less.", True,
    )  # fmt: skip


def test_a_query_has_a_greatest_length(queries: Queries) -> None:
    with pytest.raises(InvalidInput, match="100000 characters"):
        queries.ask("x" * 100_001, models=None, model=None)


@pytest.mark.runs_program
def test_a_query_is_answered_and_leaves_nothing_behind(queries: Queries, tmp_path: Path) -> None:
    found = queries.ask("select id from predictions order by id", models=("iris",), model=None, rows=1)
    assert (found.rows, found.truncated) == ([["p1"]], True)
    with pytest.raises(QueryFailed, match="nothing"):
        queries.ask("select nothing from predictions", models=None, model=None)
    result, content = queries.ask_parquet("select id from predictions order by id", models=("iris",), model=None)
    assert (result.rows, pq.read_table(io.BytesIO(content)).column("id").to_pylist()) == ([], ["p1", "p2"])
    assert list(tmp_path.glob("*query-*")) == []
