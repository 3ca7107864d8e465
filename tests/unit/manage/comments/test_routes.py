"""Comments over HTTP, by a contributor and by a viewer."""

from pathlib import Path

from tests.support.asgi import AppCaller
from tests.support.subjects import member, subject_world
from tests.unit.manage.comments.test_service import comments_of
from unshelf.api.app import create_app
from unshelf.foundation.subjects import SubjectScopes
from unshelf.manage.comments.routes import router


def test_a_viewer_reads_what_a_contributor_writes(tmp_path: Path) -> None:
    people = {"carl": member("carl", "risk"), "vera": member("vera", "risk", "viewer")}
    with subject_world(tmp_path) as world:
        app = create_app(
            [router(comments_of(world))], people.get, {}, lambda *_refused: None,
            scope_of_subject=SubjectScopes(world.database, world.subjects).of,
        )  # fmt: skip
        carl, vera, at = AppCaller(app, "carl"), AppCaller(app, "vera"), "/api/v1/subjects/model/churn/comments"
        assert carl("POST", at, json={"text": "hello"}).status_code == 201
        assert vera("POST", at, json={"text": "hello"}).status_code == 403
        assert [each["author"] for each in vera("GET", at).json()["comments"]] == ["carl"]
        assert vera("GET", "/api/v1/subjects/model/iris/comments").status_code == 404
