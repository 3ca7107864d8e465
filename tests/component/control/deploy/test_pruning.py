"""The steps of old deploys go; what they made, and the trail of it, stays."""

from datetime import timedelta

from sqlalchemy import func, select, update

from tests.support.in_process import InProcessControl
from unshelf.deploy.deploys.pruning import prune_deploys
from unshelf.deploy.deploys.tables import DeployEventRow, DeployRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.subjects import Subjects


def test_deploys_that_ended_long_ago_go_and_no_other(control: InProcessControl) -> None:
    database = SqliteDatabase(f"sqlite:///{control.home.folder}/unshelf.db")
    for content in (b"1", b"2", b"3"):
        control.deploy("iris", content)
    audit = control.audit()
    with database.transaction() as session:
        old, long_running, _ = session.scalars(select(DeployRow.id).order_by(DeployRow.id)).all()
        before = now() - timedelta(days=31)
        session.execute(update(DeployRow).where(DeployRow.id.in_([old, long_running])).values(ended_at=before))
        session.execute(
            update(DeployRow)
            .where(DeployRow.id == long_running)
            .values(state="running", ended_at=None, created_at=before)
        )

    assert prune_deploys(database, 30, Subjects()) == 1

    with database.read() as session:
        assert old not in session.scalars(select(DeployRow.id)).all()
        assert session.scalar(select(func.count()).where(DeployEventRow.deploy == old)) == 0
        assert session.scalar(select(func.count()).select_from(DeployRow)) == 2
    assert control.http.get(f"/api/v1/deploys/{old}").status_code == 404
    assert control.show("iris")["versions"][0]["version"] == 1
    assert control.audit() == audit
    assert prune_deploys(database, 30, Subjects()) == 0
    database.dispose()
