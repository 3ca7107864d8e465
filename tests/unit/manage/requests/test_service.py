"""Requests: asked by users for what they can see, decided by somebody else with the permission, each time with its event."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.actors import actor
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.access.scopes import model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.access.service import AccessService
from unshelf.manage.requests.request import Asked
from unshelf.manage.requests.service import RequestService

ROOT = actor("admin", id="admin", name="admin")
SCORE = model_scope("score", project="credit", visibility="internal")
Person = Callable[[str], Actor]


def ask(requests: RequestService, who: Actor, *, role: str = "caller", model: str = "score") -> Asked:
    return requests.ask(who, "access", model=model, wanted={"role": role}, reason="a report")


def test_who_is_granted_access_may_call_until_it_ends(
    database: Database, access: AccessService, requests: RequestService, person: Person
) -> None:
    asked = ask(requests, person("zoe"))
    assert (asked.state, asked.scope.project, asked.wanted) == ("open", "credit", {"role": "caller"})
    assert not person("zoe").may(Permission.MODEL_PREDICT, SCORE)
    granted = requests.grant(person("olga"), asked.id, expires_in_seconds=3600, reason="fine")
    assert (granted.state, granted.decided_by, granted.decision_reason) == ("granted", "olga", "fine")
    assert person("zoe").may(Permission.MODEL_PREDICT, SCORE)
    assert not person("zoe").may(Permission.MODEL_INSPECT, SCORE)
    (role,) = access.granted_to("user", "zoe")
    assert (role.scope_kind, role.scope, role.expires_at) == ("model", "score", granted.expires_at)
    assert "token" in requests.next_step(granted)
    actions = [event.action for event in reversed(EventStore(database).newest(limit=9).items)]
    assert actions[-3:] == ["request.made", "role.granted", "request.granted"]


def test_what_a_temporary_owner_grants_ends_with_their_own_right(
    access: AccessService, requests: RequestService, person: Person
) -> None:
    end = now() + timedelta(hours=2)
    access.grant(ROOT, holder_kind="user", holder="carl", role="owner", scope=project_scope("credit"), expires_at=end)
    with pytest.raises(Forbidden, match="may last until"):
        requests.grant(person("carl"), ask(requests, person("zoe")).id, expires_in_seconds=3 * 3600)
    (asked,) = requests.list_for(person("zoe"), whose="mine", limit=9).items
    granted = requests.grant(person("carl"), asked.id)
    assert granted.expires_at == end
    assert [role.expires_at for role in access.granted_to("user", "zoe")] == [end]
    assert f"{end:%Y-%m-%d %H:%M}" in requests.next_step(granted)


def test_who_no_longer_sees_a_model_does_not_learn_where_it_went(
    database: Database, requests: RequestService, person: Person
) -> None:
    asked = ask(requests, person("zoe"))
    assert requests.project_for(person("zoe"), asked) == "credit"
    with database.transaction() as session:
        place_model(session, "score", "hidden")
    found = requests.find(person("zoe"), asked.id)
    assert found.scope.project == "hidden"
    assert requests.project_for(person("zoe"), found) is None
    assert requests.project_for(ROOT, found) == "hidden"


def test_a_private_model_can_not_be_asked_for_any_more_than_one_that_there_is_not(
    requests: RequestService, person: Person
) -> None:
    said = []
    for name in ("secret", "nothing"):
        with pytest.raises(NotFound) as caught:
            ask(requests, person("zoe"), model=name)
        said.append(caught.value.detail.replace(name, "NAME"))
    assert said[0] == said[1]
    with pytest.raises(NotFound):
        requests.ask(person("zoe"), "access", project="credit", wanted={}, reason="x")


def test_a_member_asks_for_more_on_the_project(access: AccessService, requests: RequestService, person: Person) -> None:
    access.grant(ROOT, holder_kind="user", holder="vera", role="viewer", scope=project_scope("credit"))
    asked = requests.ask(person("vera"), "access", project="credit", wanted={"role": "deploy"}, reason="I join")
    assert asked.wanted == {"role": "contributor"}
    requests.grant(person("olga"), asked.id)
    assert person("vera").may(Permission.MODEL_DEPLOY, SCORE)


def test_only_somebody_else_who_may_grant_it_decides(
    access: AccessService, requests: RequestService, person: Person
) -> None:
    asked = ask(requests, person("zoe"))
    for name in ("ben", "zoe"):
        with pytest.raises((Forbidden, NotFound)):
            requests.grant(person(name), asked.id)
    access.grant(ROOT, holder_kind="user", holder="carl", role="contributor", scope=project_scope("credit"))
    with pytest.raises(NotFound):
        requests.refuse(person("carl"), asked.id, reason="no")
    greedy = ask(requests, person("zoe"), role="contributor")
    access.grant(ROOT, holder_kind="user", holder="zoe", role="owner", scope=project_scope("credit"))
    with pytest.raises(Forbidden, match="own request"):
        requests.grant(person("zoe"), greedy.id)
    assert requests.find(person("olga"), greedy.id).state == "open"


def test_each_sees_their_own_and_what_they_may_decide(
    access: AccessService, requests: RequestService, person: Person
) -> None:
    first, second = ask(requests, person("zoe")), ask(requests, person("ben"))

    def seen(name: str, whose: str) -> list[str]:
        return [each.id for each in requests.list_for(person(name), whose=whose, limit=9).items]  # type: ignore[arg-type]

    assert seen("zoe", "all") == seen("zoe", "mine") == [first.id]
    assert seen("olga", "all") == seen("olga", "to_decide") == [second.id, first.id]
    assert seen("zoe", "to_decide") == seen("olga", "mine") == seen("carl", "all") == []
    assert [each.id for each in requests.list_for(ROOT, limit=9).items] == [second.id, first.id]
    with pytest.raises(NotFound):
        requests.find(person("ben"), first.id)
    requests.refuse(person("olga"), first.id, reason="ask for the report")
    assert [each.id for each in requests.list_for(ROOT, state="open", limit=9).items] == [second.id]


def test_what_is_decided_stays_decided(requests: RequestService, person: Person) -> None:
    asked = ask(requests, person("zoe"))
    with pytest.raises(InvalidInput, match="reason"):
        requests.refuse(person("olga"), asked.id, reason=" ")
    refused = requests.refuse(person("olga"), asked.id, reason="not now")
    assert (refused.state, refused.decision_reason, requests.next_step(refused)) == ("refused", "not now", "")
    for act in (
        lambda: requests.grant(person("olga"), asked.id),
        lambda: requests.refuse(ROOT, asked.id, reason="x"),
        lambda: requests.withdraw(person("zoe"), asked.id),
    ):
        with pytest.raises(Conflict, match="refused by olga"):
            act()
    assert not person("zoe").may(Permission.MODEL_PREDICT, SCORE)


def test_one_takes_back_one_s_own_request_alone(requests: RequestService, person: Person) -> None:
    asked = ask(requests, person("zoe"))
    with pytest.raises(NotFound):
        requests.withdraw(person("olga"), asked.id)
    assert requests.withdraw(person("zoe"), asked.id).state == "withdrawn"
    assert ask(requests, person("zoe")).state == "open"


def test_the_same_is_asked_once_and_nothing_that_one_has(requests: RequestService, person: Person) -> None:
    ask(requests, person("zoe"))
    with pytest.raises(Conflict, match="already"):
        ask(requests, person("zoe"))
    assert ask(requests, person("zoe"), role="viewer").state == "open"
    with pytest.raises(Conflict, match="already"):
        ask(requests, person("olga"))


def test_a_request_that_can_not_be_is_refused(requests: RequestService, person: Person) -> None:
    zoe = person("zoe")
    with pytest.raises(Forbidden, match="key"):
        ask(requests, ROOT)
    for kind, place, wanted in (
        ("planet", {"model": "score"}, {}),
        ("access", {}, {}),
        ("access", {"model": "score", "project": "credit"}, {}),
        ("access", {"model": "score"}, {"role": "king"}),
        ("access", {"model": "score"}, {"role": "administrator"}),
        ("access", {"model": "score"}, {"tier": "large"}),
    ):
        with pytest.raises(InvalidInput):
            requests.ask(zoe, kind, wanted=wanted, reason="x", **place)  # type: ignore[arg-type]
    assert requests.list_for(zoe, limit=9).items == []


def test_who_leaves_asks_for_nothing_any_more(database: Database, requests: RequestService, person: Person) -> None:
    asked = ask(requests, person("zoe"))
    with database.transaction() as session:
        requests.withdraw_all(session, "zoe")
    assert requests.find(ROOT, asked.id).state == "withdrawn"
