"""Old deploys are deleted with their events; running and recent ones stay."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from unshelf.deploy.deploys.pruning import prune_deploys
from unshelf.deploy.deploys.tables import DeployEventRow, DeployRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.subjects import Subjects


def add(database: Database, *ids: str, state: str = "done", began: float, ended: float | None) -> None:
    """Deploys that began and ended that many days ago, each with an event."""
    ended_at = None if ended is None else now() - timedelta(days=ended)
    with database.transaction() as session:
        session.add_all(
            DeployRow(
                id=id, model="iris", bundle="b", state=state, created_at=now() - timedelta(days=began),
                created_by="ana", ended_at=ended_at,
            )
            for id in ids
        )  # fmt: skip
        session.flush()
        session.add_all(DeployEventRow(deploy=id, position=0, event="{}") for id in ids)


def kept(database: Database) -> list[str]:
    with database.read() as session:
        with_events = list(session.scalars(select(DeployEventRow.deploy).order_by(DeployEventRow.deploy)))
        assert with_events == list(session.scalars(select(DeployRow.id).order_by(DeployRow.id)))
        return with_events


def test_deploys_go_by_their_end(database: Database) -> None:
    add(database, "old", state="failed", began=40, ended=31)
    add(database, "long", began=40, ended=29)
    add(database, "running", state="running", began=40, ended=None)
    assert prune_deploys(database, 30, Subjects()) == 1
    assert kept(database) == ["long", "running"]
    assert prune_deploys(database, 30, Subjects()) == 0


def test_a_deploy_without_an_end_goes_by_its_beginning(database: Database) -> None:
    add(database, "old", began=31, ended=None)
    add(database, "young", began=29, ended=None)
    assert prune_deploys(database, 30, Subjects()) == 1
    assert kept(database) == ["young"]


@pytest.mark.parametrize("many", [200, 401])
def test_many_deploys_go_in_several_transactions(database: Database, many: int) -> None:
    add(database, *(f"{number:03}" for number in range(many)), began=40, ended=40)
    assert prune_deploys(database, 30, Subjects()) == many
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(DeployRow)) == 0
