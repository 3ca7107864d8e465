"""Owners of secrets: the revision of a model is the greater one of its own and its project's."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from tests.support.deploying import Deploying
from unshelf.foundation.access.model_scopes import place_model
from unshelf.manage.secrets.owners import Owner, all_revisions, last_revision, models_served_by, revisions_among
from unshelf.manage.secrets.tables import SecretRow


def put(session: Session, kind: str, scope: str, revision: int) -> None:
    session.add(
        SecretRow(
            scope_kind=kind, scope=scope, name="A", key_id="k", sealed=b"x", revision=revision,
            set_at=datetime(2026, 1, 1, tzinfo=UTC), set_by="ana",
        )
    )  # fmt: skip
    session.flush()


def test_revisions_follow_models_and_their_projects(tmp_path: Path) -> None:
    deploying = Deploying(tmp_path)
    with deploying.database.transaction() as session:
        assert (last_revision(session), all_revisions(session)) == (0, {})
        for model, project in (("iris", "credit"), ("rose", "credit"), ("lily", "fraud")):
            place_model(session, model, project)
        put(session, "project", "credit", 5)
        put(session, "model", "iris", 9)
        put(session, "model", "unborn", 2)
        assert revisions_among(session, ["iris", "rose", "lily", "unborn"]) == {"iris": 9, "rose": 5, "unborn": 2}
        put(session, "project", "default", 7)
        assert all_revisions(session) == {"iris": 9, "rose": 5, "unborn": 7}
        assert models_served_by(session, Owner("project", "credit")) == ["iris", "rose"]
        assert models_served_by(session, Owner("project", "default")) == ["unborn"]
        assert models_served_by(session, Owner("model", "iris")) == ["iris"]
        assert last_revision(session) == 9
        assert Owner("model", "iris").subject(session).project == "credit"
    deploying.database.dispose()
