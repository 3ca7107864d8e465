"""Goals: set by owners, tied to by contributors, and as far as their newest value says."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.support.actors import actor
from tests.support.people import user_with_roles
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.access.service import AccessService
from unshelf.manage.goals.goal import GoalValue
from unshelf.manage.goals.service import GoalFields, GoalService

ROOT = actor("admin", id="admin", name="admin")
RECALL = GoalFields(title="Fewer missed defaults", owner="ana", metric="recall", target=0.9, due=date(2099, 1, 1))


def find_known(_session: Session, _actor: Actor, name: str) -> str:
    if not name.startswith("score:"):
        raise NotFound(f"There is no version {name!r}.")
    return name


def sees_known(_session: Session, who: Actor, name: str) -> bool:
    return who.may(Permission.MODEL_READ, model_scope("score", project="fraud"))


def test_what_one_may_not_see_is_not_shown_though_it_is_tied(
    database: Database, access: AccessService, goals: GoalService
) -> None:
    """A tied model has moved to another project: its name and what was measured of it are for those who see it there."""

    def measured(_session: Session, _metric: str, ties: Mapping[str, Sequence[str]]) -> list[GoalValue]:
        return [GoalValue(value=0.5, source="a check", at=now()) for _ in ties.get("version", ())]

    goals.add_tie_kind("version", find_known, sees_known)
    goals.add_source(measured)
    goal = goals.create(ROOT, "credit", RECALL)
    goals.tie(ROOT, "credit", goal.id, "version", "score:1")
    access.grant(ROOT, holder_kind="user", holder="zoe", role="viewer", scope=project_scope("credit"))
    zoe = user_with_roles(database, access, "zoe")
    for seen in (goals.find(zoe, "credit", goal.id), *goals.list_of(zoe, "credit", limit=9).items):
        assert (seen.ties, seen.latest) == ([], None)
    assert goals.values(zoe, "credit", goal.id) == []
    assert len(goals.values(ROOT, "credit", goal.id)) == len(goals.find(ROOT, "credit", goal.id).ties) == 1


def test_a_goal_is_set_reached_and_closed(database: Database, goals: GoalService) -> None:
    goals.add_tie_kind("version", find_known, sees_known)
    goal = goals.create(ROOT, "credit", RECALL)
    assert (goal.owner, goal.direction, goal.missing) == ("ana", "at_least", ["tie", "value"])
    tied = goals.tie(ROOT, "credit", goal.id, "version", "score:1")
    assert [(each.kind, each.name, each.tied_by) for each in tied.ties] == [("version", "score:1", "admin")]
    goals.tie(ROOT, "credit", goal.id, "version", "score:1")
    assert goals.note(ROOT, "credit", goal.id, 0.8, "first test").missing == ["reached"]
    reached = goals.note(ROOT, "credit", goal.id, 0.95, "second test")
    assert reached.latest is not None
    assert (reached.latest.value, reached.latest.source, reached.missing) == (0.95, "second test (noted by admin)", [])
    assert [each.value for each in goals.values(ROOT, "credit", goal.id)] == [0.8, 0.95]
    goals.change(ROOT, "credit", goal.id, GoalFields(), closed=True)
    assert goals.list_of(ROOT, "credit", limit=9).items == []
    assert [each.id for each in goals.list_of(ROOT, "credit", closed=True, limit=9).items] == [goal.id]
    assert goals.change(ROOT, "credit", goal.id, GoalFields(), closed=False).closed_at is None
    actions = [event.action for event in reversed(EventStore(database).newest(limit=99).items)]
    assert [each for each in actions if each.startswith("goal.")] == [
        "goal.set", "goal.tied", "goal.value_noted", "goal.value_noted", "goal.changed", "goal.changed",
    ]  # fmt: skip


def test_values_of_what_is_tied_count_by_their_time(goals: GoalService) -> None:
    asked: list[tuple[str, Mapping[str, Sequence[str]]]] = []

    def measured(_session: Session, metric: str, ties: Mapping[str, Sequence[str]]) -> list[GoalValue]:
        asked.append((metric, ties))
        return [GoalValue(value=0.5, source="a check", at=now() - timedelta(hours=1))]

    goals.add_tie_kind("version", find_known, sees_known)
    goals.add_source(measured)
    goal = goals.create(ROOT, "credit", RECALL)
    assert goal.latest is None
    assert asked == []
    tied = goals.tie(ROOT, "credit", goal.id, "version", "score:1")
    assert tied.latest is not None
    assert (tied.latest.value, tied.latest.source) == (0.5, "a check")
    assert asked == [("recall", {"version": ["score:1"]})]
    noted = goals.note(ROOT, "credit", goal.id, 0.7, "by hand")
    assert noted.latest is not None
    assert noted.latest.value == 0.7


def test_only_what_is_there_is_tied_and_untied(goals: GoalService) -> None:
    goals.add_tie_kind("version", find_known, sees_known)
    goal = goals.create(ROOT, "credit", RECALL)
    with pytest.raises(NotFound):
        goals.tie(ROOT, "credit", goal.id, "version", "other:1")
    with pytest.raises(InvalidInput, match="Kinds: version"):
        goals.tie(ROOT, "credit", goal.id, "planet", "x")
    with pytest.raises(NotFound):
        goals.untie(ROOT, "credit", goal.id, "version", "score:1")
    goals.tie(ROOT, "credit", goal.id, "version", "score:1")
    assert goals.untie(ROOT, "credit", goal.id, "version", "score:1").ties == []


def test_owners_set_contributors_tie_validators_note_and_viewers_look(
    database: Database, access: AccessService, goals: GoalService
) -> None:
    people = {}
    for role in ("owner", "contributor", "validator", "viewer"):
        access.grant(ROOT, holder_kind="user", holder=role, role=role, scope=project_scope("credit"))
        people[role] = user_with_roles(database, access, role)
    goals.add_tie_kind("version", find_known, sees_known)
    goal = goals.create(people["owner"], "credit", GoalFields(title="Mine"))
    assert goal.owner == "owner"
    for name, may in (("owner", "stn"), ("contributor", "tn"), ("validator", "n"), ("viewer", "")):
        for letter, act in (
            ("s", lambda who: goals.change(who, "credit", goal.id, GoalFields(title="x"))),
            ("t", lambda who: goals.tie(who, "credit", goal.id, "version", "score:1")),
            ("n", lambda who: goals.note(who, "credit", goal.id, 1.0, "test")),
        ):
            if letter in may:
                act(people[name])
            else:
                with pytest.raises(Forbidden):
                    act(people[name])


def test_what_can_not_be_is_refused(goals: GoalService) -> None:
    with pytest.raises(InvalidInput, match="title"):
        goals.create(ROOT, "credit", GoalFields())
    with pytest.raises(NotFound, match="no user"):
        goals.create(ROOT, "credit", GoalFields(title="x", owner="zoe"))
    with pytest.raises(NotFound, match="no project"):
        goals.create(ROOT, "none", GoalFields(title="x"))
    with pytest.raises(InvalidInput, match="finite"):
        goals.create(ROOT, "credit", GoalFields(title="x", target=float("nan")))
    goal = goals.create(ROOT, "credit", RECALL)
    with pytest.raises(InvalidInput, match="source"):
        goals.note(ROOT, "credit", goal.id, 1.0, " ")
    with pytest.raises(InvalidInput, match="finite"):
        goals.note(ROOT, "credit", goal.id, float("inf"), "test")
    with pytest.raises(NotFound, match="no goal"):
        goals.find(ROOT, "fraud", goal.id)
    assert len(goals.list_of(ROOT, "credit", limit=9).items) == 1


def test_a_goal_may_lose_its_owner(goals: GoalService) -> None:
    goal = goals.create(ROOT, "credit", RECALL)
    assert goals.change(ROOT, "credit", goal.id, GoalFields(owner="ben")).owner == "ben"
    assert goals.change(ROOT, "credit", goal.id, GoalFields(owner="")).owner is None
