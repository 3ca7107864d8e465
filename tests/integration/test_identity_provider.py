"""People log in with a real identity provider: by code and PKCE, with what its groups give them, until either side logs them out."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.identity_provider import SECRET, IdentityProvider, ProviderBrowser, provider_folder
from tests.support.notifying import free_port
from tests.support.persons import Person
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None, reason="npm is not installed: it brings the identity provider"
)

ADA = {"name": "Ada Lovelace", "preferred_username": "ada", "email": "ada@example.org", "email_verified": True}
GRACE = {"name": "Grace Hopper", "preferred_username": "grace", "email": "grace@example.org", "email_verified": True}
GROUPS = {
    "risk": ["group:risk-team", "role:viewer@project:default"],
    "platform": ["role:administrator"],
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    """A provider that is not up yet."""
    folder = tmp_path_factory.mktemp("provider")
    found = IdentityProvider(
        folder=provider_folder(),
        port=free_port(),
        home=f"http://127.0.0.1:{free_port()}",
        people=folder / "people.json",
    )
    yield found
    found.stop()


@pytest.fixture(scope="module")
def company(provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that was started while the provider was down."""
    folder = tmp_path_factory.mktemp("company")
    secret = folder / "client-secret"
    secret.write_text(f"{SECRET}\n")
    settings = {
        "port": provider.home.rpartition(":")[2], "public_url": provider.home, "oidc_issuer": provider.issuer,
        "oidc_client_id": "unshelf", "oidc_client_secret_file": str(secret), "oidc_groups": json.dumps(GROUPS),
        "oidc_scopes": "openid,profile,email,groups", "oidc_label": "Log in with Example",
    }  # fmt: skip
    with running_platform(folder / "home", **settings) as running:
        yield running


@pytest.fixture
def up(company: Platform, provider: IdentityProvider) -> IdentityProvider:
    """The provider, up, and seen to be."""
    provider.know({"42": {**ADA, "groups": ["risk"]}, "43": {**GRACE, "groups": []}})
    if provider.process is None:
        provider.start()
        wait_until(lambda: httpx.get(f"{company.url}/api/v1/session/oidc").status_code == 303, seconds=30)
    return provider


@pytest.fixture
def browser(company: Platform, up: IdentityProvider) -> Iterator[ProviderBrowser]:
    found = ProviderBrowser(company.url)
    yield found
    found.close()


def roles_of(browser: ProviderBrowser) -> list[tuple[str, str]]:
    answer = browser.whoami()
    assert answer.status_code == 200, answer.text
    return [(role["role"], role["scope"]) for role in answer.json()["roles"]]


def events(company: Platform, *actions: str) -> list[dict[str, Any]]:
    found = company.http.get("/api/v1/audit", params={"limit": 1000}).json()["events"]
    return [event for event in found if event["action"] in actions]


@pytest.mark.long
def test_a_provider_that_is_down_is_said_and_keeps_nothing_from_starting(
    company: Platform, provider: IdentityProvider
) -> None:
    methods = httpx.get(f"{company.url}/api/v1/session/methods").json()
    assert methods == {
        "password": True, "password_reset": False,
        "provider": {"label": "Log in with Example", "url": "/api/v1/session/oidc"}, "logged_in": False,
    }  # fmt: skip
    answer = httpx.get(f"{company.url}/api/v1/session/oidc")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert provider.issuer in answer.json()["detail"] and "does not answer" in answer.json()["detail"]
    assert "doctor" in answer.json()["hint"] and answer.headers["retry-after"]
    said = company.cli("doctor", check=False).stdout
    assert f"The identity provider {provider.issuer}" in " ".join(said.split())


def test_somebody_logs_in_and_has_what_their_groups_give(company: Platform, browser: ProviderBrowser) -> None:
    begun = browser.begin("/api/v1/whoami?x=1")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256" and asked["response_type"] == "code" and len(asked["nonce"]) > 20
    assert asked["redirect_uri"] == f"{company.url}/api/v1/session/oidc/callback"
    cookie = begun.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Max-Age=600" in cookie
    back = browser.http.get(browser.at_provider(begun, "42"))
    assert (back.status_code, back.headers["location"]) == (303, "/api/v1/whoami?x=1")
    who = browser.whoami().json()
    assert (who["name"], who["full_name"], who["groups"]) == ("ada", "Ada Lovelace", ["risk-team"])
    assert roles_of(browser) == [("viewer", "default")]
    user = company.http.get("/api/v1/users/ada").json()
    assert (user["email"], user["status"]) == ("ada@example.org", "active")
    (session,) = browser.http.get(f"{company.url}/api/v1/sessions").json()["sessions"]
    assert session["method"] == "oidc"
    assert events(company, "login.succeeded")[0]["actor"].startswith("ada")


def test_roles_of_groups_come_and_go_and_those_granted_here_stay(
    company: Platform, browser: ProviderBrowser, up: IdentityProvider
) -> None:
    browser.log_in("42")
    for role in ("viewer", "caller"):
        granted = company.http.post("/api/v1/projects/default/members", json={"name": "ada", "role": role})
        assert granted.status_code in (200, 201), granted.text
    up.know({"42": {**ADA, "groups": ["platform"]}})
    browser.log_in("42")
    assert sorted(roles_of(browser)) == [("administrator", ""), ("caller", "default"), ("viewer", "default")]
    assert browser.whoami().json()["groups"] == []
    members = company.http.get("/api/v1/members").json()["members"]
    (given,) = [member for member in members if member["name"] == "ada"]
    assert given["source"] == "provider"
    revoked = company.http.delete(f"/api/v1/members/{given['id']}")
    assert revoked.status_code == 409, revoked.text
    up.know({"42": {**ADA, "groups": []}})
    assert browser.log_in("42").status_code == 303  # who has an account, keeps it
    assert sorted(roles_of(browser)) == [("caller", "default"), ("viewer", "default")]
    assert {"role.granted", "role.revoked"} <= {
        event["action"] for event in events(company, "role.granted", "role.revoked")
    }


def test_tokens_lose_with_the_groups_too(company: Platform, browser: ProviderBrowser, up: IdentityProvider) -> None:
    up.know({"42": {**ADA, "groups": ["platform"]}})
    browser.log_in("42")
    made = browser.post("/api/v1/tokens", {"name": "script"})
    program = company.client(made.json()["token"])
    assert program.get("/api/v1/users").status_code == 200
    up.know({"42": {**ADA, "groups": []}})
    browser.log_in("42")
    assert program.get("/api/v1/users").status_code == 403


def test_who_is_in_no_group_gets_no_account(company: Platform, browser: ProviderBrowser) -> None:
    answer = browser.log_in("43")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "groups" in answer.json()["detail"]
    assert browser.whoami().status_code == 401
    refused = events(company, "login.refused")[0]
    assert refused["after"]["subject"] == "43" and refused["actor"] == "identity provider"
    assert company.http.get("/api/v1/users/grace").status_code == 404


def test_an_account_of_the_same_name_and_address_is_not_taken_over_until_an_administrator_says_so(
    company: Platform, browser: ProviderBrowser, up: IdentityProvider
) -> None:
    company.cli("users", "invite", "grace", "--email", "grace@example.org")
    up.know({"43": {**GRACE, "groups": ["risk"]}})
    answer = browser.log_in("43")
    assert answer.status_code == 409, answer.text
    assert "unshelf users link grace 43" in answer.json()["hint"]
    company.cli("users", "link", "grace", "43")
    assert browser.log_in("43").status_code == 303
    assert browser.whoami().json()["name"] == "grace"


def test_who_is_deactivated_stays_out(company: Platform, browser: ProviderBrowser, up: IdentityProvider) -> None:
    up.know({"44": {**GRACE, "preferred_username": "Édith Ω@example.org", "groups": ["risk"]}})
    browser.log_in("44")
    assert browser.whoami().json()["name"] == "edith"
    company.cli("users", "deactivate", "edith")
    assert browser.whoami().status_code == 401
    answer = browser.log_in("44")
    assert answer.status_code == 403 and "deactivated" in answer.json()["detail"]
    company.cli("users", "activate", "edith")
    assert browser.log_in("44").status_code == 303


def test_a_code_is_good_once_and_in_the_browser_that_it_was_asked_for(
    company: Platform, browser: ProviderBrowser
) -> None:
    address = browser.at_provider(browser.begin(), "42")
    other = ProviderBrowser(company.url)
    assert "another browser" in other.http.get(address).json()["detail"]
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    stranger = other.begin()
    state = parse_qs(urlsplit(stranger.headers["location"]).query)["state"][0]
    # A code that was put into another login: PKCE tells.
    injected = other.http.get(f"{company.url}{parts.path}", params=query | {"state": state})
    assert (injected.status_code, injected.json()["code"]) == (403, "forbidden")
    assert other.whoami().status_code == 401
    fresh = browser.at_provider(browser.begin(), "42")
    wrong = {name: values[0] for name, values in parse_qs(urlsplit(fresh).query).items()}
    assert browser.http.get(f"{company.url}{parts.path}", params=wrong | {"state": "x" * 43}).status_code == 403
    assert browser.http.get(f"{company.url}{parts.path}", params=wrong | {"iss": "http://other"}).status_code == 403
    whole = browser.at_provider(browser.begin(), "42")
    cookies = {each.name: each.value or "" for each in browser.http.cookies.jar if each.name.startswith("unshelf_")}
    assert browser.http.get(whole).status_code == 303
    again = httpx.get(whole, cookies=cookies)
    assert again.status_code == 403 and "finished already" in again.json()["detail"]
    other.close()


@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\tb", "/\t/evil"]
)
def test_a_login_ends_on_this_server_alone(browser: ProviderBrowser, path: str) -> None:
    answer = browser.begin(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_logging_out_ends_the_session_at_the_provider_too(company: Platform, browser: ProviderBrowser) -> None:
    browser.log_in("42")
    ended = browser.post("/api/v1/session/oidc/logout")
    assert ended.status_code == 200, ended.text
    assert browser.whoami().status_code == 401
    url = ended.json()["url"]
    assert "id_token_hint=" in url and "post_logout_redirect_uri=" in url
    back = browser.follow(url)
    assert back.headers["location"].startswith(f"{company.url}/")
    page = browser.http.get(browser.begin().headers["location"], follow_redirects=True)
    assert 'name="password"' in page.text, "the provider asks who it is again"
    assert events(company, "login.ended")[0]["actor"].startswith("ada")


def test_logging_out_at_the_provider_ends_sessions_here_within_a_second(
    company: Platform, browser: ProviderBrowser, up: IdentityProvider
) -> None:
    browser.log_in("42")
    other = ProviderBrowser(company.url)
    other.log_in("42")
    browser.follow(f"{up.issuer}/session/end")
    wait_until(lambda: browser.whoami().status_code == 401, seconds=1)
    assert other.whoami().status_code == 200, "another session at the provider goes on"
    assert events(company, "login.ended")[0]["actor"] == "identity provider"
    other.close()
    for body in ({"logout_token": "a.b.c"}, {"logout_token": "e30.e30."}, {}):
        assert httpx.post(f"{company.url}/api/v1/session/oidc/backchannel", data=body).status_code == 400


def test_a_provider_with_new_keys_is_believed_at_once_and_one_that_is_gone_is_said(
    company: Platform, browser: ProviderBrowser, up: IdentityProvider
) -> None:
    browser.log_in("42")
    up.stop()
    up.start()
    again = ProviderBrowser(company.url)
    assert again.log_in("42").status_code == 303
    assert again.whoami().json()["name"] == "ada"
    address = again.at_provider(again.begin(), "42")
    up.stop()
    answer = again.http.get(address)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert browser.whoami().status_code == 200, "sessions go on"
    ended = again.post("/api/v1/session/oidc/logout")
    assert ended.status_code == 200 and again.whoami().status_code == 401
    again.close()


@pytest.mark.long
def test_a_program_is_let_in_by_somebody_who_logged_in_so(
    company: Platform, browser: ProviderBrowser, tmp_path: Path
) -> None:
    browser.log_in("42")
    person = Person(company, tmp_path / "machine")
    waiting = subprocess.Popen(
        [*UNSHELF, "login", company.url, "--device", "--json"],
        env=person.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert waiting.stderr is not None
    code = next(word for line in waiting.stderr for word in line.split() if _is_code(word.rstrip(".")))
    assert browser.post("/api/v1/device", {"user_code": code.rstrip(".")}).status_code == 200
    said, errors = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, errors
    assert json.loads(said)["user"] == "ada"
    assert json.loads(person.done("whoami", "--json"))["name"] == "ada"


def _is_code(word: str) -> bool:
    return len(word) == 9 and word[4] == "-" and word.isupper()


@pytest.mark.long
def test_a_wrong_issuer_is_named_by_the_doctor_and_stops_nothing(
    up: IdentityProvider, start_platform: Callable[..., Platform]
) -> None:
    platform = start_platform(
        public_url="http://127.0.0.1:1", oidc_issuer=f"{up.issuer}/", oidc_client_id="unshelf", oidc_sign_up="everybody"
    )
    wait_until(lambda: "UNSHELF_OIDC_ISSUER" in platform.cli("doctor", check=False).stdout, seconds=20)
    said = " ".join(platform.cli("doctor", check=False).stdout.split())
    assert f"it calls itself '{up.issuer}'" in said
