"""A login from its beginning to its end, with all that a provider or a stranger may do wrong on the way."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.actors import actor
from tests.support.oidc import HOME, ISSUER, ScriptedProvider, unsigned
from unshelf.contracts.errors import Forbidden, MalformedRequest, NotFound, Unavailable
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.roles import Roles
from unshelf.manage.audit.service import AuditService
from unshelf.manage.oidc.accounts import ProviderAccounts
from unshelf.manage.oidc.id_tokens import LOGOUT_EVENT
from unshelf.manage.oidc.rights import ProviderGroups
from unshelf.manage.oidc.service import BegunLogin, OidcService, ReturnedLogin
from unshelf.manage.oidc.tables import OidcSessionRow, OidcUsedRow
from unshelf.runtime.sealing import Sealer
from unshelf.server.wiring.people import PeopleParts


class Story:
    """A service with its provider, and a browser."""

    def __init__(self, people: PeopleParts, database: Database, publisher: Publisher, folder: Path) -> None:
        self.people, self.database = people, database
        self.scripted = ScriptedProvider()
        options = self.scripted.options
        accounts = ProviderAccounts(
            options, ProviderGroups({}, Roles()), users=people.users, members=people.groups, access=people.access
        )
        self.events = people.users._events
        self.service = OidcService(
            database, self.events, publisher, provider=self.scripted.provider(), accounts=accounts, users=people.users,
            sessions=people.sessions, sealer=Sealer(folder / "keys"), public_url=f"{HOME}/",
        )  # fmt: skip

    def begin(self, path: str = "/models") -> tuple[BegunLogin, dict[str, str]]:
        """A login that has begun, and what the provider is asked; its token will be for this login."""
        begun = self.service.begin(path)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.url).query).items()}
        self.scripted.claims["nonce"] = asked["nonce"]
        return begun, asked

    def finish(self, begun: BegunLogin, state: str, **more: Any) -> tuple[str, str]:
        usual: dict[str, Any] = {
            "state": state, "code": "c", "error": "", "issuer": None, "address": "10.0.0.1", "user_agent": "b",
            "cookie": lambda name: begun.value if name == begun.cookie else "",
        }  # fmt: skip
        return self.service.finish(ReturnedLogin(**{**usual, **more}))

    def log_in(self, **claims: Any) -> str:
        begun, asked = self.begin()
        self.scripted.claims |= claims
        return self.finish(begun, asked["state"])[0]

    def actor(self, token: str) -> Actor:
        found = self.people.sessions.authenticate(token)
        assert found is not None
        return found

    def actions(self) -> list[str]:
        return [event.action for event in self.events.newest(limit=1000).items]


@pytest.fixture
def story(people: PeopleParts, database: Database, publisher: Publisher, tmp_path: Path, audit: AuditService) -> Story:
    return Story(people, database, publisher, tmp_path)


def test_a_login_asks_with_pkce_and_ends_with_a_session_where_it_was_begun_for(story: Story) -> None:
    begun, asked = story.begin("/models?stage=live")
    assert asked | {"state": "", "nonce": "", "code_challenge": ""} == {
        "response_type": "code", "client_id": "unshelf", "redirect_uri": f"{HOME}/api/v1/session/oidc/callback",
        "scope": "openid", "state": "", "nonce": "", "code_challenge": "", "code_challenge_method": "S256",
    }  # fmt: skip
    token, path = story.finish(begun, asked["state"])
    assert path == "/models?stage=live" and story.actor(token).label.startswith("zoe")
    form = story.scripted.form()
    assert form["redirect_uri"] == asked["redirect_uri"] and len(form["code_verifier"]) == 64
    assert {"user.created", "login.succeeded"} <= set(story.actions())
    with story.database.read() as session:
        row = session.query(OidcSessionRow).one()
    assert b"eyJ" not in row.sealed


def test_a_login_is_good_once(story: Story) -> None:
    begun, asked = story.begin()
    story.finish(begun, asked["state"])
    with pytest.raises(Forbidden, match="finished already"):
        story.finish(begun, asked["state"])


def test_a_login_is_good_in_its_browser_for_ten_minutes(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, asked = story.begin()
    other, others = story.begin()
    for cookie, state in ((other, asked["state"]), (begun, others["state"]), (begun, ""), (begun, "x")):
        with pytest.raises(Forbidden, match="another browser"):
            story.finish(begun, state, cookie=lambda _name, cookie=cookie: cookie.value)
    moment = now()
    monkeypatch.setattr(
        "unshelf.manage.oidc.service.now", lambda: moment.fromtimestamp(moment.timestamp() + 601, moment.tzinfo)
    )
    with pytest.raises(Forbidden, match="ten minutes"):
        story.finish(begun, asked["state"])
    assert "/token" not in story.scripted.paths(), "nobody's code is given to the provider"


Wrong = Callable[[Story], None]


def claims(**wrong: Any) -> Wrong:
    return lambda story: story.scripted.claims.update(wrong)


def no_signature(story: Story) -> None:
    moment = time.time()
    said = {"iss": ISSUER, "aud": "unshelf", "iat": moment, "exp": moment + 60, **story.scripted.claims}
    token = unsigned(said, {"alg": "none"})
    story.scripted.answer = lambda request: (
        httpx.Response(200, json={"id_token": token}) if request.url.path == "/token" else None
    )


def no_code(story: Story) -> None:
    story.scripted.answer = lambda request: (
        httpx.Response(400, json={"error": "invalid_grant"}) if request.url.path == "/token" else None
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (claims(nonce="x"), "nonce"), (claims(aud="other"), "aud"), (claims(iss="https://other"), "iss"), (claims(exp=1), "exp"),
        (claims(azp="other"), "azp"), (no_signature, "not allowed"),
        (claims(_claim_names={"groups": "x"}), "too many"),
    ],
)  # fmt: skip
def test_what_is_wrong_opens_no_session_and_is_logged(story: Story, wrong: Wrong, why: str) -> None:
    begun, asked = story.begin()
    wrong(story)
    with pytest.raises(Forbidden, match=why):
        story.finish(begun, asked["state"])
    assert "login.succeeded" not in story.actions() and "user.created" not in story.actions()
    (refused,) = [event for event in story.events.newest(limit=100).items if event.action == "login.refused"]
    assert refused.after is not None and why in str(refused.after["reason"]) and "eyJ" not in str(refused)


def test_what_anybody_could_send_fills_no_log(story: Story) -> None:
    before = story.actions()
    wrong: list[dict[str, Any]] = [{"error": "x"}, {"code": ""}, {"issuer": "https://other"}]
    for more in wrong:
        begun, asked = story.begin()
        with pytest.raises(Forbidden):
            story.finish(begun, asked["state"], **more)
    begun, asked = story.begin()
    no_code(story)
    with pytest.raises(Forbidden, match="invalid_grant"):
        story.finish(begun, asked["state"])
    assert story.actions() == before


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"error": "access_denied", "code": ""}, "access_denied"),
        ({"code": ""}, "no code"),
        ({"issuer": "https://other"}, "iss"),
    ],
)
def test_what_the_provider_refuses_is_said(story: Story, more: dict[str, Any], why: str) -> None:
    begun, asked = story.begin()
    with pytest.raises(Forbidden, match=why):
        story.finish(begun, asked["state"], **more)
    assert "/token" not in story.scripted.paths()


def test_a_provider_that_names_itself_must_do_so(
    people: PeopleParts, database: Database, publisher: Publisher, tmp_path: Path
) -> None:
    story = Story(people, database, publisher, tmp_path)
    story.scripted.metadata["authorization_response_iss_parameter_supported"] = True
    begun, asked = story.begin()
    with pytest.raises(Forbidden, match="iss"):
        story.finish(begun, asked["state"])
    begun, asked = story.begin()
    assert story.finish(begun, asked["state"], issuer=ISSUER)


def test_who_is_refused_by_the_account_is_logged_with_the_subject(story: Story) -> None:
    story.log_in()
    story.people.users.deactivate(actor(id="admin", name="admin"), "zoe")
    with pytest.raises(Forbidden, match="deactivated"):
        story.log_in()
    newest = next(event for event in story.events.newest(limit=100).items if event.action == "login.refused")
    assert newest.after is not None and newest.after["subject"] == "42"


def test_new_keys_of_the_provider_are_believed(story: Story) -> None:
    story.log_in()
    other = ScriptedProvider()
    story.scripted.keys = other.keys
    other.keys[0]._dict_value = {**other.keys[0].dict_value, "kid": "second"}
    assert story.actor(story.log_in())


def test_logging_out_says_where_the_provider_ends_its_session(story: Story) -> None:
    token = story.log_in()
    session = story.people.sessions.find(token)
    assert session is not None
    url = story.service.log_out(story.actor(token), session.id)
    assert url is not None and url.startswith(f"{ISSUER}/end?")
    asked = parse_qs(urlsplit(url).query)
    assert asked["post_logout_redirect_uri"] == [f"{HOME}/"] and asked["id_token_hint"][0].count(".") == 2
    assert story.people.sessions.authenticate(token) is None
    other = story.log_in()
    found = story.people.sessions.find(other)
    assert found is not None
    with pytest.raises(NotFound):
        story.service.log_out(actor(id="admin", name="admin"), found.id)
    assert story.people.sessions.authenticate(other) is not None


def test_a_session_of_a_password_ends_here_alone(story: Story) -> None:
    session, token = story.people.sessions.open_for(
        story.people.users.find("ada"), method="password", address="", user_agent=""
    )
    assert story.service.log_out(story.actor(token), session.id) is None
    assert story.people.sessions.authenticate(token) is None


def logout_token(story: Story, **more: Any) -> str:
    usual = {"jti": f"j{time.monotonic_ns()}", "events": {LOGOUT_EVENT: {}}}
    return story.scripted.sign(**{**usual, **more})


def test_the_provider_ends_one_session_or_all_of_a_person(story: Story) -> None:
    first, second = story.log_in(sid="s1"), story.log_in(sid="s2")
    local = story.people.sessions.open_for(
        story.people.users.find("ada"), method="password", address="", user_agent=""
    )[1]
    other = story.log_in(sub="43", preferred_username="yan", sid="s3")
    assert story.service.end_by_provider(logout_token(story, sid="s1", sub="42")) == 1

    def good() -> list[bool]:
        return [story.people.sessions.authenticate(token) is not None for token in (first, second, other, local)]

    assert good() == [False, True, True, True]
    assert story.service.end_by_provider(logout_token(story, sid="s2", sub="43")) == 0
    assert story.service.end_by_provider(logout_token(story, sub="nobody")) == 0
    assert story.service.end_by_provider(logout_token(story, sub="42")) == 1
    assert good() == [False, False, True, True]
    assert story.service.end_by_provider(logout_token(story, sid="s3")) == 1
    assert good() == [False, False, False, True]
    assert story.actions()[0] == "login.ended"


def test_a_logout_token_is_good_once_and_no_id_token_is_one(story: Story) -> None:
    token = story.log_in()
    good = logout_token(story, sub="nobody")
    story.service.end_by_provider(good)
    for wrong in (good, story.scripted.sign(**story.scripted.claims), "x", logout_token(story, sub="42", aud="other")):
        with pytest.raises(MalformedRequest):
            story.service.end_by_provider(wrong)
    assert story.people.sessions.authenticate(token) is not None


def test_while_the_provider_is_away_a_login_is_503_and_logging_out_works(story: Story) -> None:
    token = story.log_in()
    session = story.people.sessions.find(token)
    assert session is not None
    begun, asked = story.begin()

    def down(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    story.scripted.answer, story.scripted.now = down, 5000.0
    with pytest.raises(Unavailable, match="does not answer"):
        story.finish(begun, asked["state"])
    assert story.service.log_out(story.actor(token), session.id) is not None


def test_what_is_over_is_forgotten(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    token = story.log_in()
    session = story.people.sessions.find(token)
    assert session is not None
    story.service.prune()
    with story.database.read() as reading:
        assert (reading.query(OidcSessionRow).count(), reading.query(OidcUsedRow).count()) == (1, 1)
    story.people.sessions.end(story.actor(token), session.id)
    moment = now()
    monkeypatch.setattr(
        "unshelf.manage.oidc.service.now", lambda: moment.fromtimestamp(moment.timestamp() + 700, moment.tzinfo)
    )
    story.service.prune()
    with story.database.read() as reading:
        assert (reading.query(OidcSessionRow).count(), reading.query(OidcUsedRow).count()) == (0, 0)
