"""Nobody gets in without a key, and a key opens only its own models: walked over every route and verb of the running platform."""

import re
import time
from pathlib import Path

import httpx
import pytest

from tests.support.accounts import PASSWORD
from tests.support.models import write_model
from tests.support.platform import Platform
from tests.support.waiting import wait_until

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
DATA_PLANE = [
    "/models/guarded/predict",
    "/models/guarded:1/predict",
    "/models/guarded/invocations",
    "/models/guarded/predictions/d0",
    "/models/guarded/predictions/d0/answer",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models/guarded",
    "/v2/models/guarded/ready",
    "/v2/models/guarded/infer",
    "/v2/models/guarded/versions/1",
    "/v2/models/guarded/versions/1/ready",
    "/v2/models/guarded/versions/1/infer",
    "/",
    "/metrics",
    "/no/such/path",
    "/api/v1/openapi.json",
]

FOR_EVERY_KEY = {
    "/api/v1/openapi.json", "/api/v1/whoami", "/api/v1/status", "/api/v1/models", "/api/v1/events", "/api/v1/roles",
    "/api/v1/tags", "/api/v1/subjects", "/api/v1/subjects/model/guarded", "/api/v1/activity",
    "/api/v1/watches", "/api/v1/search", "/api/v1/subjects/model/guarded/comments", "/api/v1/subjects/model/guarded/activity",
    "/api/v1/subjects/model/guarded/watch",
    "/api/v1/session/methods",
    "/api/v1/tiers", "/api/v1/quotas/mine", "/api/v1/prices",
    "/api/v1/notifications", "/api/v1/notifications/read", "/api/v1/notifications/choices", "/api/v1/notifications/choices/model",
}  # fmt: skip
"""What any key may ask: facts about the installation's health and about itself, its own models and what happens to them."""


BEFORE_A_TOKEN = {
    ("POST", "/api/v1/session"), ("GET", "/api/v1/session/links/x"),
    ("POST", "/api/v1/password/link"), ("POST", "/api/v1/password/forgotten"),
    ("POST", "/api/v1/device/codes"), ("POST", "/api/v1/device/token"),
    ("GET", "/api/v1/session/methods"), ("GET", "/api/v1/session/oidc"), ("GET", "/api/v1/session/oidc/callback"),
    ("POST", "/api/v1/session/oidc/backchannel"),
}  # fmt: skip
"""What is asked before there is a token: none of it says or does anything without a secret."""
EMBEDDED = {"/api/v1/embedded-apps/guarded", "/api/v1/embedded-apps/guarded/ask"}
"""What an app token opens, and nothing else does."""
OF_ONESELF = {
    "/api/v1/session", "/api/v1/sessions", "/api/v1/sessions/x", "/api/v1/session/links", "/api/v1/session/links/x",
    "/api/v1/password", "/api/v1/password/link", "/api/v1/password/forgotten",
    "/api/v1/tokens", "/api/v1/tokens/x", "/api/v1/device", "/api/v1/device/codes",
    "/api/v1/device/token", "/api/v1/session/oidc", "/api/v1/session/oidc/callback", "/api/v1/session/oidc/logout",
    "/api/v1/session/oidc/backchannel",
}  # fmt: skip
"""What concerns one's own sessions, password and tokens: a key has none."""


@pytest.fixture(scope="module")
def routes(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every route of the platform, with its parameters filled in so that they name something that exists."""
    platform.cli("deploy", str(write_model(tmp_path_factory.mktemp("guarded"), name="guarded")))
    openapi = platform.http.get("/api/v1/openapi.json")
    assert openapi.status_code == 200, openapi.text
    values = {
        "ref": "guarded:1",
        "name": "guarded",
        "model": "guarded",
        "project": "default",
        "alias": "champion",
        "kind": "model",
        "tag": "gold",
        "property": "cost",
        "sha256": "0" * 64,
        "id": "x",
        "other": "0" * 64,
        "user": "ada",
        "group": "team",
        "link": "x",
        "tier": "small",
        "account": "project",
        "monitor": "inputs",
        "metric": "lost",
    }
    control = []
    for path in openapi.json()["paths"]:
        if not path.startswith("/api/v1/"):
            continue  # of a gateway: they stand in DATA_PLANE
        for name, value in values.items():
            path = path.replace("{" + name + "}", value)
        assert "{" not in path, f"this test must learn what to put into {path}"
        control.append(path)
    assert len(control) >= 20
    return DATA_PLANE + control


@pytest.mark.parametrize(
    "token", [None, *(pytest.param(each, marks=pytest.mark.long) for each in ("unshelf_" + "A" * 43, "", "x" * 5000))]
)
def test_every_route_and_verb_answers_401_without_a_valid_token(
    platform: Platform, routes: list[str], token: str | None
) -> None:
    client = platform.client(token)
    answers = {(verb, path): client.request(verb, path).status_code for path in routes for verb in VERBS}
    assert {answers.pop(("OPTIONS", path)) for path in EMBEDDED} == {204}  # what a browser asks before it asks
    before_a_token = {what: answers.pop(what) for what in BEFORE_A_TOKEN}
    assert before_a_token.pop(("GET", "/api/v1/session/methods")) == 200
    assert set(before_a_token.values()) <= {400, 404, 415, 422}, before_a_token
    assert {what: status for what, status in answers.items() if status != 401} == {}


def test_a_browser_gets_one_page_for_every_address_and_nothing_of_the_api(
    platform: Platform, routes: list[str]
) -> None:
    """Whoever opens an address without being logged in gets the document of the pages, whatever there is; programs' addresses stay shut."""
    browser = platform.client(None)
    answers = {
        path: browser.get(path, headers={"accept": "text/html"})
        for path in routes
        if ("GET", path) not in BEFORE_A_TOKEN
    }
    pages = {path for path, answer in answers.items() if answer.status_code == 200}
    assert pages == {"/", "/no/such/path"}
    assert {answer.status_code for path, answer in answers.items() if path not in pages} == {401}
    assert all("frame-ancestors 'none'" in answers[path].headers["content-security-policy"] for path in pages)
    assert browser.get("/assets/none.js").status_code == 404
    assert browser.post("/", headers={"accept": "text/html"}).status_code == 401


def test_only_bearer_tokens_count(platform: Platform) -> None:
    for header in (f"Basic {platform.token}", platform.token, f"bearer  {platform.token} x", "Bearer"):
        answer = httpx.get(f"{platform.url}/api/v1/models", headers={"Authorization": header}, timeout=60)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_stranger_with_a_key_for_another_model_gets_403_and_learns_nothing(
    platform: Platform, routes: list[str]
) -> None:
    stranger = platform.client(platform.key(models=["elsewhere"]))
    for path in routes:
        if "guarded" not in path:
            continue
        for verb in ("GET", "POST", "PUT", "DELETE"):
            answer = stranger.request(verb, path)
            refusals = (401, 405, 415, 422) if path in EMBEDDED else (403, 405)
            assert answer.status_code in refusals, f"{verb} {path} → {answer.status_code} {answer.text}"
            assert "signature" not in answer.text


FOR_CALLERS = {
    "/api/v1/models/guarded:1/try", "/api/v1/models/guarded/scenarios", "/api/v1/models/guarded/scenarios/x",
    "/api/v1/models/guarded:1/openapi.json",
}  # fmt: skip
"""What a key for predictions may ask control for: predictions, to try a model out, and how it is called.
test_access_table.py holds who may."""


def test_a_prediction_key_opens_no_door_of_control(platform: Platform, routes: list[str]) -> None:
    caller = platform.client(platform.key(models=["guarded"]))
    assert caller.post("/models/guarded/predict", json={"inputs": [{"a": 1.0, "b": 1.0}]}).status_code == 200
    for path in routes:
        if path.startswith("/api/v1/") and path not in FOR_EVERY_KEY | FOR_CALLERS:
            for verb in ("GET", "POST", "PUT", "DELETE"):
                answer = caller.request(verb, path)
                if path in OF_ONESELF:
                    assert answer.status_code in (400, 403, 404, 405, 415, 422) or answer.json() == {"sessions": []}, (
                        verb,
                        path,
                    )
                    continue
                refusals = (401, 405, 415, 422) if path in EMBEDDED else (403, 404, 405)
                assert answer.status_code in refusals, f"{verb} {path} → {answer.status_code}"


FOR_EVERY_USER = (
    FOR_EVERY_KEY | OF_ONESELF | {"/api/v1/projects", "/api/v1/roles", "/api/v1/search", "/api/v1/requests"}
)
"""What every user may ask: about themselves and what they see; each answers no more than that, as tests of its own show."""


@pytest.mark.long
def test_a_user_without_a_role_sees_nothing_of_what_is_private(platform: Platform, routes: list[str]) -> None:
    """By a personal token, on every route: 403 or 404, and never a word about the model."""
    token = user_token(platform, "roleless")
    nobody = platform.client(token)
    for path in routes:
        if path in FOR_EVERY_USER or path in DATA_PLANE:
            continue
        for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            answer = nobody.request(verb, path)
            is_refused = answer.status_code in (403, 404, 405, 415, 422, *((401,) if path in EMBEDDED else ()))
            is_empty = answer.status_code == 200 and not any(value for value in answer.json().values() if value != "")
            assert is_refused or is_empty, f"{verb} {path} → {answer.status_code} {answer.text[:200]}"
            assert "signature" not in answer.text
    for path in ("/models/guarded/predict", "/models/guarded:1/invocations", "/v2/models/guarded/infer"):
        assert nobody.post(path, json={"inputs": [{"a": 1.0, "b": 1.0}]}).status_code == 404
    assert nobody.get("/metrics").status_code == 403


@pytest.mark.long
def test_a_user_who_is_gone_is_a_stranger_everywhere(platform: Platform, routes: list[str]) -> None:
    token = user_token(platform, "leaver")
    assert platform.client(token).get("/api/v1/whoami").status_code == 200
    assert platform.http.post("/api/v1/users/leaver/deactivate", json={}).status_code == 200
    gone = platform.client(token)
    wait_until(lambda: gone.get("/v2").status_code == 401, what="gateways know")
    answers = {(verb, path): gone.request(verb, path).status_code for path in routes for verb in VERBS}
    assert {answers.pop(("OPTIONS", path)) for path in EMBEDDED} == {204}
    before_a_token = {what: answers.pop(what) for what in BEFORE_A_TOKEN}
    assert before_a_token.pop(("GET", "/api/v1/session/methods")) == 200
    assert set(before_a_token.values()) <= {400, 404, 415, 422}, before_a_token
    assert {what: status for what, status in answers.items() if status != 401} == {}


def user_token(platform: Platform, name: str) -> str:
    """The personal token of a new user without a role."""
    link = platform.http.post("/api/v1/users", json={"name": name}).json()["url"].partition("#")[2]
    browser = platform.client(None)
    assert browser.post("/api/v1/password/link", json={"link": link, "password": PASSWORD}).status_code == 204
    csrf = browser.post("/api/v1/session", json={"name": name, "password": PASSWORD}).json()["csrf_token"]
    made = browser.post("/api/v1/tokens", json={"name": "t"}, headers={"x-unshelf-csrf": csrf})
    assert made.status_code == 201, made.text
    token: str = made.json()["token"]
    return token


@pytest.mark.long
def test_an_expired_key_is_refused_to_the_second(platform: Platform, routes: list[str]) -> None:
    begun = time.monotonic()
    caller = platform.client(platform.key(models=["guarded"], expires_in_seconds=4))
    created = time.monotonic()
    asked: list[tuple[float, int]] = []

    def is_refused() -> bool:
        asked.append((time.monotonic(), caller.post("/models/guarded/predict", json=row).status_code))
        return asked[-1][1] == 401

    row = {"inputs": [{"a": 1.0, "b": 1.0}]}
    wait_until(is_refused, what="expired")
    assert asked[0][1] == 200
    assert time.monotonic() - begun > 3.0
    assert [when for when, status in asked if status == 200 and when > created + 5.0] == [], "answered after its time"


def test_tokens_lie_nowhere_in_the_home_folder(platform: Platform) -> None:
    """A key's token is stored hashed: it is in no file; the folder and the administrator's token are for the owner only."""
    token = platform.key(models=["guarded"])
    files = [path for path in platform.home.rglob("*") if path.is_file() and "environments" not in path.parts]
    assert [path for path in files if token.encode() in path.read_bytes()] == []
    assert (platform.home / "admin-token").stat().st_mode & 0o777 == 0o600
    assert platform.home.stat().st_mode & 0o077 == 0
    assert Path(platform.home / "run").stat().st_mode & 0o077 == 0


def test_other_sites_in_a_browser_are_kept_out(platform: Platform) -> None:
    """DNS rebinding (a foreign Host) and cross-site requests (a foreign Origin) are refused even with a token."""
    assert platform.http.get("/api/v1/models", headers={"Host": "evil.example"}).status_code == 421
    assert platform.http.get("/api/v1/models", headers={"Origin": "https://evil.example"}).status_code == 403
    assert platform.http.get("/api/v1/models", headers={"Origin": platform.url}).status_code == 200


def test_exported_rules_and_panels_name_metrics_that_the_platform_has(platform: Platform, routes: list[str]) -> None:
    assert routes, "a model is deployed"
    platform.predict("guarded", [{"a": 1.0, "b": 1.0}])
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", platform.http.get("/metrics").text, re.MULTILINE))
    series = {
        f"{name}{end}"
        for name, kind in kinds.items()
        for end in (("_bucket", "_count") if kind == "histogram" else ("",))
    }
    exported = [platform.http.get(f"/api/v1/monitors/export/{form}").text for form in ("prometheus", "grafana")]
    named = {name for text in exported for name in re.findall(r"unshelf_\w+", text)}
    assert "unshelf_monitor_alarm" in named
    assert named <= series
