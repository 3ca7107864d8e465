"""News through control's API: those whom an event concerns hear of it once, as they chose, and only while they may see it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from tests.support.accounts import Browser, Call, joined, logged_in, token_of
from tests.support.asgi import AppCaller
from tests.support.waiting import wait_until
from unshelf.contracts.home import Home
from unshelf.foundation.clock import now
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.tables import GrantRow
from unshelf.manage.news.ending_sources import keys, roles_of, tokens
from unshelf.manage.news.endings import EndingService
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.personal_tokens.tables import PersonalTokenRow
from unshelf.server.wiring.base import open_database
from unshelf.server.wiring.control import Control

AT = "/api/v1/subjects/project/credit"


@dataclass
class Team:
    """The project credit of olga, with the contributors ben and zoe."""

    admin: Call
    olga: Browser
    ben: Browser
    zoe: Browser


@pytest.fixture
def team(control: Control, admin: AppCaller, nobody: AppCaller) -> Team:
    for name in ("olga", "ben", "zoe"):
        joined(admin, nobody, name)
    olga, ben, zoe = (logged_in(control.app, name) for name in ("olga", "ben", "zoe"))
    assert olga("POST", "/api/v1/projects", json={"name": "credit", "title": "Credit risk"}).status_code == 201
    for name in ("ben", "zoe"):
        member = {"kind": "user", "name": name, "role": "contributor"}
        assert olga("POST", "/api/v1/projects/credit/members", json=member).status_code == 201
    return Team(admin, olga, ben, zoe)


def inbox(who: Call) -> list[tuple[str, str]]:
    """Kind and title of somebody's notifications, the oldest first."""
    found = who("GET", "/api/v1/notifications").json()["notifications"]
    return [(each["kind"], each["title"]) for each in reversed(found)]


def heard(who: Call, kind: str) -> Any:
    """The notifications of a kind, once there is one."""

    def look() -> list[dict[str, Any]]:
        return [each for each in who("GET", "/api/v1/notifications").json()["notifications"] if each["kind"] == kind]

    return wait_until(look, what=f"somebody heard of {kind}")


def test_a_comment_is_told_once_to_those_it_mentions_and_to_those_who_follow(team: Team) -> None:
    assert team.ben("PUT", f"{AT}/watch", json={}).status_code == 200
    assert team.zoe("PUT", f"{AT}/watch", json={}).status_code == 200
    written = team.olga("POST", f"{AT}/comments", json={"text": "Look at this, @ben: it drifts."})
    (mention,) = heard(team.ben, "comment.mentioned")
    assert (mention["title"], mention["body"]) == (
        "olga mentioned you on the project credit",
        "Look at this, @ben: it drifts.",
    )
    assert inbox(team.zoe) == [("comment.added", "olga commented on the project credit")]
    assert inbox(team.ben) == [("comment.mentioned", "olga mentioned you on the project credit")]
    assert inbox(team.olga) == []
    edited = f"{AT}/comments/{written.json()['id']}"
    assert team.olga("PUT", edited, json={"text": "Look, @ben and @zoe."}).status_code == 200
    heard(team.zoe, "comment.mentioned")
    assert [kind for kind, _ in inbox(team.ben)] == ["comment.mentioned"]


def test_a_change_of_what_one_follows_is_told_and_a_muted_one_is_not(team: Team) -> None:
    assert team.ben("PUT", f"{AT}/watch", json={}).status_code == 200
    assert team.zoe("PUT", f"{AT}/watch", json={"muted": True}).status_code == 200
    assert team.olga("POST", "/api/v1/projects/credit/goals", json={"title": "Fewer defaults"}).status_code == 201
    assert team.olga("PATCH", "/api/v1/projects/credit", json={"title": "Credit"}).status_code == 200
    wait_until(lambda: len(inbox(team.ben)) == 2, what="ben heard of both")
    assert [title for _, title in inbox(team.ben)] == [
        "olga set the goal Fewer defaults",
        "olga changed the project credit",
    ]
    assert inbox(team.zoe) == []


@pytest.mark.long
def test_who_lost_the_right_hears_nothing_and_reads_no_more_of_it(team: Team) -> None:
    assert team.ben("PUT", f"{AT}/watch", json={}).status_code == 200
    assert team.zoe("PUT", f"{AT}/watch", json={}).status_code == 200
    assert team.olga("POST", f"{AT}/comments", json={"text": "First."}).status_code == 201
    heard(team.ben, "comment.added")
    members = team.olga("GET", "/api/v1/projects/credit/members").json()["members"]
    grant = next(each["id"] for each in members if each["name"] == "ben")
    assert team.olga("DELETE", f"/api/v1/members/{grant}").status_code == 204
    assert team.olga("POST", f"{AT}/comments", json={"text": "Between us."}).status_code == 201
    wait_until(lambda: len(inbox(team.zoe)) == 2, what="zoe heard of both")
    assert inbox(team.ben) == []
    assert team.ben("GET", "/api/v1/notifications").json()["unread"] == 0


@pytest.mark.long
def test_each_chooses_what_they_hear_of(team: Team) -> None:
    for who in (team.ben, team.zoe):
        assert who("PUT", f"{AT}/watch", json={}).status_code == 200
    none = {"inbox": False, "email": False, "webhook": False}
    assert team.ben("PUT", "/api/v1/notifications/choices/comment.added", json=none).status_code == 200
    assert team.olga("POST", f"{AT}/comments", json={"text": "Hello."}).status_code == 201
    heard(team.zoe, "comment.added")
    assert inbox(team.ben) == []


@pytest.mark.long
def test_a_request_is_told_to_those_who_may_grant_it_and_the_answer_to_who_asked(
    control: Control, team: Team, nobody: AppCaller
) -> None:
    joined(team.admin, nobody, "ana")
    ana = logged_in(control.app, "ana")
    viewer = {"kind": "user", "name": "ana", "role": "viewer"}
    assert team.olga("POST", "/api/v1/projects/credit/members", json=viewer).status_code == 201
    body = {"kind": "access", "project": "credit", "wanted": {"role": "contributor"}, "reason": "to deploy"}
    asked = ana("POST", "/api/v1/requests", json=body).json()
    (told,) = heard(team.olga, "request.made")
    assert told["title"] == "ana asks for access to credit"
    assert "to deploy" in told["body"] and f"unshelf requests grant {asked['id']}" in told["body"]
    assert team.olga("POST", f"/api/v1/requests/{asked['id']}/grant", json={}).status_code == 200
    assert [kind for kind, _ in inbox(ana)] == ["request.decided"]
    assert inbox(team.ben) == inbox(team.zoe) == []


@pytest.mark.long
def test_an_end_is_told_once_a_while_before(team: Team, home: Home) -> None:
    """Given a role that was extended and a token that have lived most of their lives, their owner hears of each end once."""
    token_of(team.ben, expires_in_seconds=30 * 86_400)
    database = open_database("sqlite:///unshelf.db", home.folder)
    began, end = now() - timedelta(days=30), now() + timedelta(days=2)
    with database.transaction() as session:
        session.execute(update(PersonalTokenRow).values(created_at=began, expires_at=end))
        session.execute(update(GrantRow).where(GrantRow.role == "contributor").values(created_at=began, expires_at=end))
    notifications = NotificationService(database, Subjects(), lambda _person: None)
    endings = EndingService(database, notifications, [roles_of(lambda _session, _group: []), tokens, keys])
    for _ in range(2):
        endings.tell()
    database.dispose()
    assert sorted(title.partition(" ends on")[0] for _, title in inbox(team.ben)) == [
        "Your role contributor on the project 'credit'",
        "Your token 'test'",
    ]


@pytest.mark.long
def test_an_heir_hears_what_is_theirs_now(team: Team) -> None:
    answer = team.admin("POST", "/api/v1/users/olga/deactivate", json={"to": "zoe"})
    assert answer.status_code == 200, answer.text
    (told,) = heard(team.zoe, "belongings.received")
    assert told["title"] == "You took over what olga leaves behind"
    assert "project credit" in told["body"]
