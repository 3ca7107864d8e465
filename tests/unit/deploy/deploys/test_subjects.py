"""Deploys are found by how they ended."""

from pathlib import Path

from tests.support.subjects import subject_world
from unshelf.deploy.deploys.subjects import deploy_source
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.foundation.clock import now


def test_a_deploy_lies_where_its_model_is_and_says_why_it_failed(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        with world.database.transaction() as session:
            for id, model, state in (("a", "churn", "done"), ("b", "gone", "failed")):
                row = DeployRow(id=id, model=model, bundle="b", state=state, created_at=now(), created_by="ana")
                row.version, row.error = (
                    (2, None) if state == "done" else (None, {"step": "lock", "detail": "No numpy."})
                )
                session.add(row)
        with world.database.read() as session:
            done, failed = sorted(deploy_source().documents(session, ["a", "b"]), key=lambda each: each.page)
    assert (done.title, done.subject.project, done.text) == ("Deploy of churn:2", "risk", "done")
    assert (failed.title, failed.subject.project, failed.text) == ("Deploy of gone", "default", "failed lock No numpy.")
