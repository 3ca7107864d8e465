"""People through control's API: invited, logged in, narrowed by tokens, grouped, and gone."""

import re

import httpx
import pytest

from tests.support.accounts import PASSWORD, Browser, invited, joined, logged_in, token_of
from tests.support.actors import actor
from tests.support.asgi import AppCaller
from unshelf.contracts.home import Home
from unshelf.contracts.routing import CallScope, KeyRoute
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.groups.service import GroupService
from unshelf.manage.groups.user_actors import UserActors
from unshelf.manage.keys.tokens import token_hash
from unshelf.manage.users.service import UserService
from unshelf.runtime.routing_file import read_routing
from unshelf.server.wiring.base import open_database
from unshelf.server.wiring.control import Control

ROUTED = {"x-forwarded-for": "127.0.0.1", "x-forwarded-host": "127.0.0.1:8000"}
"""What a gateway says of a caller on this machine."""


@pytest.fixture
def ada(control: Control, admin: AppCaller, nobody: AppCaller) -> Browser:
    """A user without any role, logged in."""
    joined(admin, nobody, "ada", email="ada@example.com", full_name="Ada Lovelace")
    return logged_in(control.app, "ada")


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def actions(admin: AppCaller) -> list[str]:
    return [event["action"] for event in admin("GET", "/api/v1/audit").json()["events"]]


def test_an_invited_user_sets_a_password_once_and_logs_in(
    control: Control, admin: AppCaller, nobody: AppCaller
) -> None:
    link = invited(admin, "ada")
    assert code_of(nobody("POST", "/api/v1/session", json={"name": "ada", "password": PASSWORD}))[0] == 401
    for bad in ("short", "x" * 1025, "a" * 20):
        assert nobody("POST", "/api/v1/password/link", json={"link": link, "password": bad}).status_code == 422
    assert nobody("POST", "/api/v1/password/link", json={"link": link, "password": PASSWORD}).status_code == 204
    again = nobody("POST", "/api/v1/password/link", json={"link": link, "password": PASSWORD + "!"})
    assert code_of(again) == (404, "not_found")
    browser = logged_in(control.app, "ada")
    who = browser("GET", "/api/v1/whoami").json()
    assert (who["name"], who["kind"], who["roles"]) == ("ada", "user", [])
    assert {"user.invited", "user.joined", "login.succeeded"} <= set(actions(admin))


def test_the_cookie_is_out_of_reach_for_pages_and_other_sites(
    admin: AppCaller, nobody: AppCaller, control: Control
) -> None:
    joined(admin, nobody, "ada")
    answer = nobody("POST", "/api/v1/session", json={"name": "ada", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/" in cookie and "secure" not in cookie
    assert "unshelf_session" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    behind_tls = {"x-forwarded-proto": "https", "x-forwarded-host": "models.example.org"}
    answer = nobody("POST", "/api/v1/session", json={"name": "ada", "password": PASSWORD}, headers=behind_tls)
    assert "secure" in answer.headers["set-cookie"].lower()


def test_a_session_changes_nothing_without_its_csrf_token_and_from_other_origins(ada: Browser) -> None:
    wanted = {"json": {"name": "t"}}
    assert ada("POST", "/api/v1/tokens", **wanted).status_code == 201
    for csrf in ("", "0" * 64, ada.cookie):
        answer = ada("POST", "/api/v1/tokens", headers={"x-unshelf-csrf": csrf}, **wanted)
        assert code_of(answer) == (403, "forbidden")
    for origin in ("https://evil.example", "null", "http://control.evil.example"):
        for verb, path in (("POST", "/api/v1/tokens"), ("GET", "/api/v1/whoami")):
            assert code_of(ada(verb, path, headers={"origin": origin}))[0] == 403
    assert ada("GET", "/api/v1/whoami", headers={"origin": "http://control", "x-unshelf-csrf": ""}).status_code == 200


def test_a_session_shows_its_csrf_token_again_and_ends_by_logging_out(ada: Browser) -> None:
    shown = ada("GET", "/api/v1/session").json()
    assert (shown["csrf_token"], shown["actor"]) == (ada.csrf, "ada")
    assert ada("GET", "/api/v1/session/methods", headers={"x-unshelf-csrf": ""}).json()["logged_in"] is True
    assert ada("DELETE", "/api/v1/session").status_code == 204
    assert ada("GET", "/api/v1/session/methods").json()["logged_in"] is False
    assert ada("GET", "/api/v1/whoami").status_code == 401


def test_one_s_sessions_are_listed_and_ended_but_never_another_s(
    control: Control, admin: AppCaller, nobody: AppCaller, ada: Browser
) -> None:
    joined(admin, nobody, "grace")
    grace = logged_in(control.app, "grace")
    second = logged_in(control.app, "ada")
    sessions = ada("GET", "/api/v1/sessions").json()["sessions"]
    assert [each["is_current"] for each in sessions] == [False, True]
    assert grace("DELETE", f"/api/v1/sessions/{sessions[0]['id']}").status_code == 404
    assert ada("DELETE", f"/api/v1/sessions/{sessions[0]['id']}").status_code == 204
    assert second("GET", "/api/v1/whoami").status_code == 401
    assert ada("GET", "/api/v1/whoami").status_code == 200


def test_a_wrong_password_and_an_unknown_name_are_told_alike_and_limited(
    admin: AppCaller, nobody: AppCaller, ada: Browser
) -> None:
    for name in ("ada", "nobody-of-this-name"):
        answers = [nobody("POST", "/api/v1/session", json={"name": name, "password": "wrong" * 3}) for _ in range(11)]
        assert {answer.text for answer in answers[:10]} == {answers[0].text}
        assert code_of(answers[0]) == (401, "unauthenticated")
        assert code_of(answers[10]) == (429, "too_many_requests")
        assert 0 < int(answers[10].headers["retry-after"]) <= 900
    right = nobody("POST", "/api/v1/session", json={"name": "ada", "password": PASSWORD})
    assert right.status_code == 429
    events = admin("GET", "/api/v1/audit").json()["events"]
    assert [each["subject"] for each in events if each["action"] == "login.limited"] == ["unknown", "ada"]
    assert {each["subject"] for each in events if each["action"] == "login.failed"} == {"ada", "unknown"}
    assert "nobody-of-this-name" not in str(events)
    assert ada("GET", "/api/v1/whoami").status_code == 200  # who is logged in stays so


def test_who_guesses_locks_nobody_out_who_comes_from_elsewhere(nobody: AppCaller, ada: Browser) -> None:
    def attempt(address: str, password: str) -> int:
        wanted = {"json": {"name": "ada", "password": password}, "headers": {"x-forwarded-for": address}}
        return nobody("POST", "/api/v1/session", **wanted).status_code

    assert [attempt("10.0.0.66", "wrong" * 3) for _ in range(12)] == [401] * 10 + [429] * 2
    assert attempt("10.0.0.66", PASSWORD) == 429
    assert attempt("10.0.0.7", PASSWORD) == 201


def test_a_network_asks_for_so_many_device_codes(nobody: AppCaller) -> None:
    def ask(address: str) -> int:
        headers = {"x-forwarded-for": address}
        return nobody("POST", "/api/v1/device/codes", json={"name": "d"}, headers=headers).status_code

    assert {ask("10.0.0.66") for _ in range(30)} == {201}
    assert (ask("10.0.0.66"), ask("10.0.0.7")) == (429, 201)


def test_an_invitation_to_a_model_that_there_is_not_is_refused(admin: AppCaller) -> None:
    answer = admin("POST", "/api/v1/users", json={"name": "ada", "role": "caller", "model": "nothing"})
    assert code_of(answer) == (404, "not_found")
    assert admin("GET", "/api/v1/users").json()["users"] == []


def test_a_right_password_forgives_what_went_before(nobody: AppCaller, ada: Browser, control: Control) -> None:
    for _ in range(3):
        for _ in range(9):
            wrong = nobody("POST", "/api/v1/session", json={"name": "ada", "password": "wrong" * 3})
            assert wrong.status_code == 401
        logged_in(control.app, "ada")


def test_a_changed_password_ends_the_other_sessions(control: Control, nobody: AppCaller, ada: Browser) -> None:
    other = logged_in(control.app, "ada")
    new = "another fine secret"
    wrong = ada("PUT", "/api/v1/password", json={"current": "not it at all", "new": new})
    assert code_of(wrong) == (403, "forbidden")
    assert ada("PUT", "/api/v1/password", json={"current": PASSWORD, "new": "ada"}).status_code == 422
    assert ada("PUT", "/api/v1/password", json={"current": PASSWORD, "new": new}).status_code == 204
    assert (ada("GET", "/api/v1/whoami").status_code, other("GET", "/api/v1/whoami").status_code) == (200, 401)
    assert nobody("POST", "/api/v1/session", json={"name": "ada", "password": PASSWORD}).status_code == 401
    logged_in(control.app, "ada", new)


def test_a_reset_link_of_an_administrator_sets_a_new_password(
    control: Control, admin: AppCaller, nobody: AppCaller, ada: Browser
) -> None:
    first, second = (admin("POST", "/api/v1/users/ada/link").json()["url"].partition("#")[2] for _ in range(2))
    new = {"password": "another fine secret"}
    assert nobody("POST", "/api/v1/password/link", json={"link": first, **new}).status_code == 404
    assert nobody("POST", "/api/v1/password/link", json={"link": second, **new}).status_code == 204
    assert ada("GET", "/api/v1/whoami").status_code == 401
    logged_in(control.app, "ada", new["password"])
    assert ada("POST", "/api/v1/users/ada/link").status_code == 401


def test_a_name_that_can_not_be_is_refused(admin: AppCaller) -> None:
    for name in ("admin", "Ada", "a", "x y", "../up", "-x", "system", "ä" * 3):
        assert code_of(admin("POST", "/api/v1/users", json={"name": name})) == (422, "invalid_input"), name


def test_an_invitation_that_fails_leaves_nothing_behind(admin: AppCaller) -> None:
    for wrong in (
        {"role": "owner", "project": "nothing"},
        {"role": "no-role"},
        {"role": "administrator", "project": "default"},
    ):
        assert admin("POST", "/api/v1/users", json={"name": "ada", **wrong}).status_code in (404, 422)
    assert admin("GET", "/api/v1/users").json()["users"] == []
    invited(admin, "ada")
    assert code_of(admin("POST", "/api/v1/users", json={"name": "ada"})) == (409, "conflict")


@pytest.mark.long
def test_an_invited_user_has_the_role_of_the_invitation(control: Control, admin: AppCaller, nobody: AppCaller) -> None:
    joined(admin, nobody, "ada", role="contributor", project="default")
    who = logged_in(control.app, "ada")("GET", "/api/v1/whoami").json()
    assert who["roles"] == [{"role": "contributor", "scope_kind": "project", "scope": "default", "group": None}]
    assert "model.deploy" in who["permissions"] and "users.manage" not in who["permissions"]


@pytest.mark.long
def test_only_a_manager_of_users_manages_users(ada: Browser) -> None:
    for verb, path in (
        ("POST", "/users"), ("GET", "/users"), ("GET", "/users/ada"), ("PATCH", "/users/ada"), ("POST", "/users/ada/link"),
        ("GET", "/users/ada/belongings"), ("POST", "/users/ada/deactivate"), ("POST", "/users/ada/activate"),
        ("POST", "/groups"), ("GET", "/groups"), ("GET", "/groups/x"), ("DELETE", "/groups/x"),
        ("PUT", "/groups/x/members/ada"), ("DELETE", "/groups/x/members/ada"), ("GET", "/tokens?user=ada"),
        ("POST", "/session/links"),
    ):  # fmt: skip
        assert code_of(ada(verb, f"/api/v1{path}", json={})) == (403, "forbidden"), (verb, path)


# Tokens


def route_of(home: Home, token: str) -> KeyRoute | None:
    return read_routing(home.run).keys.get(token_hash(token))


@pytest.mark.long
def test_a_token_acts_for_its_owner_within_its_bounds(
    control: Control, admin: AppCaller, nobody: AppCaller, home: Home
) -> None:
    joined(admin, nobody, "ada", role="owner", project="default")
    ada = logged_in(control.app, "ada")
    whole, narrow = token_of(ada), token_of(ada, role="caller", models=["iris"])
    assert re.fullmatch(r"unshelf_pat_[\w-]{43}", whole)
    assert "keys.manage" in AppCaller(control.app, whole)("GET", "/api/v1/whoami").json()["permissions"]
    caller = AppCaller(control.app, narrow)
    assert caller("GET", "/api/v1/whoami").json()["permissions"] == ["model.predict", "model.read"]
    assert code_of(caller("POST", "/api/v1/tokens", json={"name": "wider"})) == (403, "forbidden")
    assert code_of(caller("GET", "/api/v1/models/other")) == (404, "not_found")
    route = route_of(home, narrow)
    assert route is not None and route.name == "ada"
    assert route.permissions == ("model.predict",)
    assert route.calls == (CallScope(project="default"), CallScope(visibility="public"))
    assert route.bounds == (CallScope(model="iris"),)
    whole_route = route_of(home, whole)
    assert whole_route is not None and whole_route.bounds is None


@pytest.mark.long
def test_a_narrowed_token_has_no_hold_on_the_account(control: Control, ada: Browser) -> None:
    caller = AppCaller(control.app, token_of(ada, role="administrator"))
    (mine,) = ada("GET", "/api/v1/tokens").json()["tokens"]
    (session,) = ada("GET", "/api/v1/sessions").json()["sessions"]
    whole = token_of(ada)
    other = ada("GET", "/api/v1/tokens").json()["tokens"][1]["id"]
    for verb, path, body in (
        ("GET", "tokens", None), ("POST", "tokens", {"name": "t"}), ("DELETE", f"tokens/{other}", None), ("GET", "sessions", None),
        ("DELETE", f"sessions/{session['id']}", None), ("POST", "device", {"user_code": "BCDF-GHJK"}),
        ("PUT", "password", {"current": PASSWORD, "new": "another fine secret"}),
    ):  # fmt: skip
        assert code_of(caller(verb, f"/api/v1/{path}", json=body)) == (403, "forbidden"), path
    assert AppCaller(control.app, whole)("GET", "/api/v1/whoami").status_code == 200
    assert caller("DELETE", f"/api/v1/tokens/{mine['id']}").status_code == 204
    assert caller("GET", "/api/v1/whoami").status_code == 401


@pytest.mark.long
def test_a_token_that_can_not_be_is_refused(ada: Browser) -> None:
    for wrong in (
        {"role": "no-role"}, {"role": "caller", "permissions": ["model.read"]}, {"permissions": ["model.fly"]},
        {"models": []}, {"models": ["A B"]}, {"projects": ["../x"]}, {"name": ""}, {"expires_in_seconds": 0},
    ):  # fmt: skip
        assert code_of(ada("POST", "/api/v1/tokens", json={"name": "t", **wrong})) == (422, "invalid_input"), wrong
    assert ada("GET", "/api/v1/tokens").json()["tokens"] == []


@pytest.mark.long
def test_a_revoked_token_is_good_for_nothing(control: Control, admin: AppCaller, ada: Browser, home: Home) -> None:
    token = token_of(ada)
    caller = AppCaller(control.app, token)
    assert caller("GET", "/api/v1/whoami").status_code == 200
    (listed,) = ada("GET", "/api/v1/tokens").json()["tokens"]
    assert listed["last_used_at"] is not None and token not in str(listed)
    assert route_of(home, token) is not None
    for _ in range(2):
        assert ada("DELETE", f"/api/v1/tokens/{listed['id']}").status_code == 204
    assert caller("GET", "/api/v1/whoami").status_code == 401
    assert route_of(home, token) is None
    assert admin("GET", "/api/v1/tokens?user=ada").json()["tokens"][0]["revoked_at"] is not None


@pytest.mark.long
def test_another_s_token_can_not_be_revoked_nor_listed(
    control: Control, admin: AppCaller, nobody: AppCaller, ada: Browser
) -> None:
    joined(admin, nobody, "grace")
    grace = logged_in(control.app, "grace")
    token = token_of(ada)
    (listed,) = ada("GET", "/api/v1/tokens").json()["tokens"]
    assert grace("DELETE", f"/api/v1/tokens/{listed['id']}").status_code == 404
    assert AppCaller(control.app, token)("GET", "/api/v1/whoami").status_code == 200
    assert admin("DELETE", f"/api/v1/tokens/{listed['id']}").status_code == 204


@pytest.mark.long
def test_a_key_has_no_personal_tokens(admin: AppCaller) -> None:
    assert code_of(admin("POST", "/api/v1/tokens", json={"name": "t"})) == (403, "forbidden")
    assert code_of(admin("GET", "/api/v1/tokens")) == (403, "forbidden")


# Groups


@pytest.mark.long
def test_a_group_s_roles_are_its_members_and_end_with_membership(
    control: Control, admin: AppCaller, ada: Browser, home: Home
) -> None:
    assert admin("POST", "/api/v1/groups", json={"name": "team"}).status_code == 201
    assert code_of(admin("POST", "/api/v1/groups", json={"name": "team"})) == (409, "conflict")
    token = token_of(ada)
    granted_to_group(home, "team")
    assert admin("PUT", "/api/v1/groups/team/members/ada").status_code == 204
    assert ada("GET", "/api/v1/whoami").json()["roles"][0]["group"] == "team"
    route = route_of(home, token)
    assert route is not None and route.calls is not None and CallScope(project="default") in route.calls
    assert admin("DELETE", "/api/v1/groups/team/members/ada").status_code == 204
    route = route_of(home, token)
    assert route is not None and route.calls == (CallScope(visibility="public"),)
    assert ada("GET", "/api/v1/whoami").json()["roles"] == []
    assert admin("PUT", "/api/v1/groups/team/members/ada").status_code == 204
    assert admin("DELETE", "/api/v1/groups/team").status_code == 204
    assert ada("GET", "/api/v1/whoami").json()["groups"] == []


@pytest.mark.long
def test_who_is_not_there_can_not_be_a_member(admin: AppCaller) -> None:
    admin("POST", "/api/v1/groups", json={"name": "team"})
    assert code_of(admin("PUT", "/api/v1/groups/team/members/nobody")) == (404, "not_found")
    assert code_of(admin("PUT", "/api/v1/groups/none/members/nobody")) == (404, "not_found")


# Leaving


@pytest.mark.long
def test_a_user_who_is_deactivated_can_do_nothing_any_more(
    control: Control, admin: AppCaller, nobody: AppCaller, ada: Browser, home: Home
) -> None:
    token = token_of(ada)
    assert admin("POST", "/api/v1/users/ada/deactivate", json={}).json() == {"belongings": []}
    assert ada("GET", "/api/v1/whoami").status_code == 401
    assert AppCaller(control.app, token)("GET", "/api/v1/whoami").status_code == 401
    assert route_of(home, token) is None
    assert nobody("POST", "/api/v1/session", json={"name": "ada", "password": PASSWORD}).status_code == 401
    answer = admin("POST", "/api/v1/users/ada/activate").json()
    link = answer["url"].partition("#")[2]
    assert nobody("POST", "/api/v1/password/link", json={"link": link, "password": PASSWORD}).status_code == 204
    assert AppCaller(control.app, token)("GET", "/api/v1/whoami").status_code == 401  # tokens stay ended
    logged_in(control.app, "ada")


@pytest.mark.long
def test_what_somebody_leaves_behind_is_handed_over_in_one_step(
    control: Control, admin: AppCaller, nobody: AppCaller
) -> None:
    joined(admin, nobody, "ada", role="owner", project="default")
    joined(admin, nobody, "grace")
    ada = logged_in(control.app, "ada")
    made = ada("POST", "/api/v1/keys", json={"name": "batch", "project": "default"})
    assert made.status_code == 201, made.text
    left = admin("GET", "/api/v1/users/ada/belongings").json()["belongings"]
    assert [(each["kind"], each["needs_heir"]) for each in left] == [("project", True), ("key", True)]
    refused = admin("POST", "/api/v1/users/ada/deactivate", json={})
    assert code_of(refused) == (409, "conflict") and "project default" in refused.json()["detail"]
    for heir in ("ada", "nobody"):
        assert admin("POST", "/api/v1/users/ada/deactivate", json={"to": heir}).status_code in (404, 422)
    assert ada("GET", "/api/v1/whoami").status_code == 200
    assert admin("POST", "/api/v1/users/ada/deactivate", json={"to": "grace"}).status_code == 200
    grace = logged_in(control.app, "grace")("GET", "/api/v1/whoami").json()
    assert grace["roles"] == [{"role": "owner", "scope_kind": "project", "scope": "default", "group": None}]
    kinds = [each["kind"] for each in admin("GET", "/api/v1/users/grace/belongings").json()["belongings"]]
    assert kinds == ["project", "key"]
    assert AppCaller(control.app, made.json()["token"])("GET", "/api/v1/whoami").status_code == 200
    assert {"key.handed_over", "user.deactivated", "role.granted"} <= set(actions(admin))


# The embedded administrator's link


@pytest.mark.long
def test_a_link_logs_the_administrator_in_once_and_on_this_machine_alone(
    control: Control, admin: AppCaller, nobody: AppCaller
) -> None:
    url = admin("POST", "/api/v1/session/links", headers=ROUTED).json()["url"]
    assert url.startswith("http://127.0.0.1:8000/api/v1/session/links/unshelf_link_")
    path = url.removeprefix("http://127.0.0.1:8000")
    for elsewhere in (
        {**ROUTED, "x-forwarded-for": "10.1.2.3"}, {**ROUTED, "x-forwarded-host": "models.example.org"}, {},
    ):  # fmt: skip
        assert nobody("GET", path, headers=elsewhere).status_code == 403
    answer = nobody("GET", path, headers=ROUTED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    browser = Browser(control.app, answer.cookies["unshelf_session"], "")
    csrf = browser("GET", "/api/v1/session").json()["csrf_token"]
    browser = Browser(control.app, browser.cookie, csrf)
    assert browser("GET", "/api/v1/whoami").json()["id"] == "admin"
    assert browser("POST", "/api/v1/keys", json={"name": "by-browser"}).status_code == 201
    assert nobody("GET", path, headers=ROUTED).status_code == 404
    assert len(browser("GET", "/api/v1/sessions").json()["sessions"]) == 1


# Devices


@pytest.mark.long
def test_a_device_gets_a_token_once_somebody_lets_it_in(control: Control, nobody: AppCaller, ada: Browser) -> None:
    begun = nobody("POST", "/api/v1/device/codes", json={"name": "laptop"}).json()
    question = {"device_code": begun["device_code"]}
    assert nobody("POST", "/api/v1/device/token", json=question).json() == {"token": None}
    assert code_of(ada("POST", "/api/v1/device", json={"user_code": "BBBB-BBBB"})) == (404, "not_found")
    approved = ada("POST", "/api/v1/device", json={"user_code": begun["user_code"].lower().replace("-", "")})
    assert approved.json() == {"name": "laptop"}
    assert ada("POST", "/api/v1/device", json={"user_code": begun["user_code"]}).status_code == 404
    token = nobody("POST", "/api/v1/device/token", json=question).json()["token"]["token"]
    assert AppCaller(control.app, token)("GET", "/api/v1/whoami").json()["name"] == "ada"
    assert code_of(nobody("POST", "/api/v1/device/token", json=question)) == (404, "not_found")


@pytest.mark.long
def test_no_key_lets_a_device_in(admin: AppCaller, nobody: AppCaller) -> None:
    begun = nobody("POST", "/api/v1/device/codes", json={}).json()
    assert code_of(admin("POST", "/api/v1/device", json={"user_code": begun["user_code"]})) == (403, "forbidden")


def granted_to_group(home: Home, name: str) -> None:
    """Give a group the role caller on the project `default`."""
    database = open_database("sqlite:///unshelf.db", home.folder)
    events, publisher = EventStore(database), Publisher(database, home.run)
    access = AccessService(database, events, publisher, Roles())
    users = UserService(database, events, publisher, access, UserActors(database, access).must_cover)
    groups = GroupService(database, events, publisher, access, users)
    group, _ = groups.find(name)
    with database.transaction() as session:
        access.grant_in(session, actor(), holder_kind="group", holder=group.id, role="caller", scope=project_scope())
    database.dispose()


@pytest.mark.long
def test_a_bounded_token_is_not_good_for_its_owner_s_account(ada: Browser, control: Control) -> None:
    whole = AppCaller(control.app, token_of(ada))
    narrow = AppCaller(control.app, token_of(ada, role="caller", models=["iris"]))
    (session,) = whole("GET", "/api/v1/sessions").json()["sessions"]
    first, second = (each["id"] for each in whole("GET", "/api/v1/tokens").json()["tokens"])
    new = {"current": PASSWORD, "new": "another fine secret"}
    for verb, path, body in (
        ("GET", "/api/v1/sessions", None),
        ("DELETE", f"/api/v1/sessions/{session['id']}", None),
        ("GET", "/api/v1/tokens", None),
        ("DELETE", f"/api/v1/tokens/{first}", None),
        ("PUT", "/api/v1/password", new),
    ):
        assert code_of(narrow(verb, path, **({} if body is None else {"json": body}))) == (403, "forbidden"), path
    assert ada("GET", "/api/v1/whoami").status_code == 200
    assert narrow("DELETE", f"/api/v1/tokens/{second}").status_code == 204
    assert narrow("GET", "/api/v1/whoami").status_code == 401


@pytest.mark.long
def test_a_new_password_by_a_link_ends_the_wait_after_wrong_ones(
    control: Control, admin: AppCaller, nobody: AppCaller, ada: Browser
) -> None:
    for _ in range(11):
        answer = nobody("POST", "/api/v1/session", json={"name": "ada", "password": "wrong" * 3})
    assert answer.status_code == 429
    link = admin("POST", "/api/v1/users/ada/link").json()["url"].partition("#")[2]
    assert nobody("POST", "/api/v1/password/link", json={"link": link, "password": PASSWORD + "!"}).status_code == 204
    logged_in(control.app, "ada", PASSWORD + "!")
