"""Predictions over HTTP: the last ones as lines, and who may ask SQL about which."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.actors import actor
from tests.support.archive import folder as folder_of_predictions
from tests.support.asgi import caller_of
from tests.support.segments import record, write
from unshelf.contracts.errors import NotFound
from unshelf.foundation.access.model_scopes import ModelScopes
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.web.routers import ApiRouter
from unshelf.records.archive.files import Archive
from unshelf.records.output import OutputService
from unshelf.records.routes import router
from unshelf.records.service import PredictionService
from unshelf.records.sql import Queries


def resolve(reference: str) -> tuple[str, int | None]:
    if reference != "iris":
        raise NotFound(f"There is no model {reference!r}.")
    return reference, None


@pytest.fixture
def scopes(tmp_path: Path) -> Iterator[ModelScopes]:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    yield ModelScopes(database)
    database.dispose()


@pytest.fixture
def routes(tmp_path: Path, scopes: ModelScopes) -> ApiRouter:
    """Three predictions of iris, the second of which failed."""
    folder = folder_of_predictions(tmp_path)
    write(folder / "1-0-a.seg", record(1), record(2, status=500), record(3))
    (tmp_path / "iris-1.log").write_text("2026-11-29T01:02:03.000Z [42] hello\n")
    output = OutputService(tmp_path, resolve, lambda _model, _version: [])
    return router(PredictionService(Archive(folder), resolve, str.upper), Queries(folder, tmp_path), output, scopes)


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, ["p1", "p2", "p3"]),
        ({"tail": 2}, ["p2", "p3"]),
        ({"tail": 0}, []),
        ({"status": "error"}, ["p2"]),
        ({"id": "p1"}, ["p1"]),
        ({"id": "p9"}, []),
        ({"since": "1d"}, []),
    ],
)
def test_the_last_predictions_are_lines_oldest_first(
    routes: ApiRouter, asked: dict[str, int | str], ids: list[str]
) -> None:
    answer = caller_of(actor(), routes)("GET", "/models/iris/predictions", params=asked)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["id"] for line in answer.text.splitlines()] == ids


@pytest.mark.parametrize(
    ("path", "asked", "status"),
    [
        ("/models/wine/predictions", {}, 404),
        ("/models/iris/predictions", {"status": "bad"}, 422),
        ("/models/iris/predictions", {"tail": "-1"}, 422),
        ("/models/iris/predictions", {"since": "yesterday"}, 422),
        ("/models/iris/output", {"since": "10 minutes"}, 422),
        ("/models/wine/output", {}, 404),
    ],
)
def test_what_can_not_be_selected_is_refused(routes: ApiRouter, path: str, asked: dict[str, str], status: int) -> None:
    assert caller_of(actor(), routes)("GET", path, params=asked).status_code == status


def test_callers_have_names(routes: ApiRouter) -> None:
    first = json.loads(caller_of(actor(), routes)("GET", "/models/iris/predictions", params={"tail": 1}).text)
    assert first["caller"] == first["key"].upper()


def test_output_is_lines_too(routes: ApiRouter) -> None:
    answer = caller_of(actor(), routes)("GET", "/models/iris/output")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert json.loads(answer.text) == {"time": "2026-11-29T01:02:03Z", "version": 1, "replica": "42", "text": "hello"}


def test_records_are_for_who_may_read_them(routes: ApiRouter) -> None:
    predicting = caller_of(actor("predict"), routes)
    assert predicting("GET", "/models/iris/predictions").status_code == 403
    assert predicting("GET", "/models/iris/output").status_code == 403
    assert predicting("POST", "/predictions/query", json={"sql": "select 1"}).status_code == 403
    other = caller_of(actor("deploy", ["wine"]), routes)
    assert other("GET", "/models/iris/predictions").status_code == 403
    assert other("POST", "/predictions/query", json={"sql": "select 1", "model": "iris"}).status_code == 403


def test_a_query_without_sql_is_refused(routes: ApiRouter) -> None:
    for body in ({}, {"sql": ""}, {"sql": "select 1", "rows": 5}):
        assert caller_of(actor(), routes)("POST", "/predictions/query", json=body).status_code == 422


@pytest.mark.runs_program
def test_a_query_is_answered_with_the_rows_that_the_key_is_good_for(routes: ApiRouter) -> None:
    body = {"sql": "select count(*) as n from predictions"}
    found = caller_of(actor("deploy", ["iris"]), routes)("POST", "/predictions/query", json=body).json()
    assert (found["columns"], found["rows"], found["truncated"]) == ([{"name": "n", "type": "BIGINT"}], [[3]], False)
