"""Watches over HTTP: a viewer may follow what they see."""

from pathlib import Path

from tests.support.asgi import AppCaller
from tests.support.subjects import member, subject_world
from tests.unit.manage.watching.test_service import watching_of
from unshelf.api.app import create_app
from unshelf.foundation.subjects import SubjectScopes
from unshelf.manage.watching.routes import router


def test_a_viewer_follows_what_they_see_and_nothing_else(tmp_path: Path) -> None:
    people = {"vera": member("vera", "risk", "viewer")}
    with subject_world(tmp_path) as world:
        app = create_app(
            [router(watching_of(world))], people.get, {}, lambda *_refused: None,
            scope_of_subject=SubjectScopes(world.database, world.subjects).of,
        )  # fmt: skip
        vera = AppCaller(app, "vera")
        assert vera("PUT", "/api/v1/subjects/model/churn/watch", json={}).json()["reason"] == "asked"
        assert vera("PUT", "/api/v1/subjects/model/iris/watch", json={}).status_code == 404
        assert [each["name"] for each in vera("GET", "/api/v1/watches").json()["watches"]] == ["churn"]
        assert vera("DELETE", "/api/v1/subjects/model/churn/watch").status_code == 204
        assert vera("GET", "/api/v1/watches").json()["watches"] == []
