"""Nobody gets in without a key, and a key opens only its own models: walked over every route and verb of the running platform."""

import time
from pathlib import Path

import httpx
import pytest

from tests.support.models import write_model
from tests.support.platform import Platform, wait_until

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


@pytest.fixture(scope="module")
def routes(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every route of the platform, with its parameters filled in so that they name something that exists."""
    platform.cli("deploy", str(write_model(tmp_path_factory.mktemp("guarded"), name="guarded")))
    openapi = platform.http.get("/api/v1/openapi.json")
    assert openapi.status_code == 200, openapi.text
    values = {
        "ref": "guarded:1",
        "name": "guarded",
        "alias": "champion",
        "sha256": "0" * 64,
        "id": "x",
        "hash": "0" * 64,
    }
    control = []
    for path in openapi.json()["paths"]:
        for name, value in values.items():
            path = path.replace("{" + name + "}", value)
        assert "{" not in path, f"this test must learn what to put into {path}"
        control.append(path)
    assert len(control) >= 20
    return DATA_PLANE + control


@pytest.mark.parametrize("token", [None, "unshelf_" + "A" * 43, "", "x" * 5000])
def test_every_route_and_verb_answers_401_without_a_valid_token(
    platform: Platform, routes: list[str], token: str | None
) -> None:
    client = platform.client(token)
    answers = {(verb, path): client.request(verb, path).status_code for path in routes for verb in VERBS}
    assert {what: status for what, status in answers.items() if status != 401} == {}


def test_only_bearer_tokens_count(platform: Platform) -> None:
    for header in (f"Basic {platform.token}", platform.token, f"bearer  {platform.token} x", "Bearer"):
        answer = httpx.get(f"{platform.url}/api/v1/models", headers={"Authorization": header})
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
            assert answer.status_code in (403, 405), f"{verb} {path} → {answer.status_code} {answer.text}"
            assert "signature" not in answer.text


def test_a_prediction_key_opens_no_door_of_control(platform: Platform, routes: list[str]) -> None:
    caller = platform.client(platform.key(models=["guarded"]))
    assert caller.post("/models/guarded/predict", json={"inputs": [{"a": 1.0, "b": 1.0}]}).status_code == 200
    for path in routes:
        if path.startswith("/api/v1/") and path not in ("/api/v1/openapi.json", "/api/v1/whoami", "/api/v1/status"):
            for verb in ("GET", "POST", "PUT", "DELETE"):
                answer = caller.request(verb, path)
                assert answer.status_code in (403, 404, 405), f"{verb} {path} → {answer.status_code}"


def test_an_expired_key_is_refused_to_the_second(platform: Platform, routes: list[str]) -> None:
    caller = platform.client(platform.key(models=["guarded"], expires_in_seconds=2))
    row = {"inputs": [{"a": 1.0, "b": 1.0}]}
    created = time.monotonic()
    assert caller.post("/models/guarded/predict", json=row).status_code == 200
    wait_until(lambda: caller.post("/models/guarded/predict", json=row).status_code == 401, seconds=4, what="expired")
    assert 1.0 < time.monotonic() - created < 4.0


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
