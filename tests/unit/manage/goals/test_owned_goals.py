"""Open goals of somebody who leaves are handed over, each with its event; closed ones stay as they were."""

from tests.support.actors import actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.goals.owned_goals import OwnedGoals
from unshelf.manage.goals.service import GoalFields, GoalService
from unshelf.manage.users.tables import UserRow
from unshelf.manage.users.user import User, user_of

ROOT = actor("admin", id="admin", name="admin")


def user(name: str) -> User:
    return user_of(
        UserRow(
            id=f"id-{name}", name=name, email="", full_name="", password_hash=None, status="active", issuer=None,
            subject=None, created_at=now(), created_by="admin", last_login_at=None, deactivated_at=None,
        )
    )  # fmt: skip


def test_open_goals_go_to_the_heir(database: Database, goals: GoalService) -> None:
    mine = goals.create(ROOT, "credit", GoalFields(title="Mine", owner="ana"))
    closed = goals.create(ROOT, "credit", GoalFields(title="Over", owner="ana"))
    goals.change(ROOT, "credit", closed.id, GoalFields(), closed=True)
    goals.create(ROOT, "credit", GoalFields(title="Another's", owner="ben"))
    owned = OwnedGoals(EventStore(database))
    with database.transaction() as session:
        assert [(each.kind, each.name, each.needs_heir) for each in owned.belongings_of(session, user("ana"))] == [
            ("goal", mine.id, True)
        ]
        owned.hand_over(session, ROOT, user("ana"), user("ben"))
        assert owned.belongings_of(session, user("ana")) == []
    assert [goals.find(ROOT, "credit", each.id).owner for each in (mine, closed)] == ["ben", "ana"]
    event = EventStore(database).newest(limit=1).items[0]
    assert (event.before, event.after) == ({"owner": "ana"}, {"owner": "ben"})
