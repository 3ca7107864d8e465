"""Deploys under way go on in the name of who takes over, or end with who began them."""

from tests.support.actors import actor
from tests.support.deploying import Deploying
from unshelf.deploy.deploys.running import RunningDeploys
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.foundation.clock import now
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.manage.users.user import User

ADMIN = actor(id="admin", name="admin")


def user(name: str) -> User:
    return User(
        id=f"id-of-{name}", name=name, email="", full_name="", status="active", issuer=None, created_at=now(), created_by="",
        last_login_at=None, deactivated_at=None,
    )  # fmt: skip


def row(id: str, *, by: User, state: str = "running") -> DeployRow:
    return DeployRow(
        id=id,
        model="iris",
        bundle="b",
        state=state,
        created_at=now(),
        created_by=by.label,
        actor_id=by.id,
        actor_kind="user",
    )


def loops(deploying: Deploying) -> Loops:
    return Loops(deploying.database, LoopMetrics(deploying.folder, 0), owner="test", lease_seconds=5)


def test_only_what_is_under_way_is_handed_over(deploying: Deploying) -> None:
    ada, grace, running = user("ada"), user("grace"), RunningDeploys(deploying.audit, loops(deploying))
    with deploying.database.transaction() as session:
        session.add_all([row("d1", by=ada), row("d2", by=ada, state="done"), row("d3", by=grace)])
    with deploying.database.transaction() as session:
        assert [each.name for each in running.belongings_of(session, ada)] == ["d1"]
        running.hand_over(session, ADMIN, ada, grace)
    with deploying.database.read() as session:
        assert running.belongings_of(session, ada) == []
        assert [each.name for each in running.belongings_of(session, grace)] == ["d1", "d3"]
        ended = session.get_one(DeployRow, "d2")
        assert ended.created_by == ada.label


def test_what_nobody_takes_over_is_cancelled_unless_it_is_released(deploying: Deploying) -> None:
    ada, running = user("ada"), RunningDeploys(deploying.audit, loops(deploying))
    with deploying.database.transaction() as session:
        released = row("d2", by=ada)
        released.reached = "released"
        session.add_all([row("d1", by=ada), released, row("d3", by=user("grace"))])
    with deploying.database.transaction() as session:
        running.cancel(session, ada)
    with deploying.database.read() as session:
        cancelled = {each: session.get_one(DeployRow, each).cancelled_by for each in ("d1", "d2", "d3")}
    assert cancelled == {"d1": "the end of ada's account", "d2": None, "d3": None}
    assert deploying.actions() == ["deploy.cancelled"]
