"""Web pages of other origins: only those that a model allows, only for predictions, and never with the browser's own credentials."""

import httpx
import pytest

from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN, one_model

APP, OTHER = "https://app.example.org", "https://evil.example.org"
BODY = {"inputs": [1.5]}


def ask(
    stage: Stage, origin: str, *, reference: str = "iris", route: str = "predict", method: str = "POST", **headers: str
) -> httpx.Response:
    sent = {"Authorization": f"Bearer {TOKEN}", "Origin": origin, **headers}
    address = f"{stage.url}/models/{reference}/{route}"
    return httpx.request(method, address, json=BODY if method == "POST" else None, headers=sent, timeout=60)


def preflight(stage: Stage, origin: str, reference: str = "iris", route: str = "predict") -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    return httpx.options(f"{stage.url}/models/{reference}/{route}", headers=asked, timeout=60)


def cross_origin_headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


@pytest.fixture(scope="module")
def allowing(shared_stage: Stage) -> Stage:
    shared_stage.publish({"iris": one_model(origins=[APP, "http://localhost:3000"]), "closed": one_model()})
    return shared_stage


@pytest.mark.parametrize("route", ["predict", "invocations"])
def test_a_page_of_an_allowed_origin_may_ask_and_read(allowing: Stage, route: str) -> None:
    first = preflight(allowing, APP, route=route)
    assert (first.status_code, first.headers["access-control-allow-origin"]) == (204, APP)
    assert "authorization" in first.headers["access-control-allow-headers"]
    assert first.headers["access-control-allow-methods"] == "POST"
    for _ in range(3):  # what is remembered of a head must not lose the headers
        answer = ask(allowing, APP, route=route)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, APP)
        assert answer.headers["vary"] == "origin"
        assert "x-prediction-id" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-credentials" not in first.headers
    assert cross_origin_headers(allowing.predict()) == {}, "a program is answered as before"


def test_a_page_may_read_why_it_was_refused_and_streams(allowing: Stage) -> None:
    without = httpx.post(f"{allowing.url}/models/iris/predict", json=BODY, headers={"Origin": APP}, timeout=60)
    assert (without.status_code, without.headers["access-control-allow-origin"]) == (401, APP)
    bad = ask(allowing, APP, **{"Content-Type": "text/plain"})
    assert (bad.status_code, bad.headers["access-control-allow-origin"]) == (415, APP)
    stream = ask(allowing, APP, Accept="text/event-stream")
    assert (stream.status_code, stream.headers["access-control-allow-origin"]) == (200, APP)


@pytest.mark.parametrize(
    ("origin", "reference"),
    [(OTHER, "iris"), (APP, "closed"), (APP, "unknown"), ("null", "iris"), ("https://app.example.org:8443", "iris"),
     ("http://app.example.org", "iris"), ("https://APP.example.org", "iris")],
)  # fmt: skip
def test_every_other_page_is_refused(allowing: Stage, origin: str, reference: str) -> None:
    for answer in (preflight(allowing, origin, reference), ask(allowing, origin, reference=reference)):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert cross_origin_headers(answer) == {}


def test_nothing_but_predictions_is_opened(allowing: Stage) -> None:
    for path in ("/api/v1/models/iris", "/v2/models/iris", "/metrics", "/models/iris/predictions/x"):
        answer = httpx.get(allowing.url + path, headers={"Origin": APP, "Authorization": f"Bearer {TOKEN}"}, timeout=60)
        assert (answer.status_code, cross_origin_headers(answer)) == (403, {})
    assert ask(allowing, APP, method="GET").status_code == 403
    assert preflight(allowing, APP, route="try").status_code == 403


def test_another_host_is_misdirected_whatever_the_origin(allowing: Stage) -> None:
    assert ask(allowing, APP, Host="rebound.example.org").status_code == 421
    asked = {"Origin": APP, "Access-Control-Request-Method": "POST", "Host": "rebound.example.org"}
    assert httpx.options(f"{allowing.url}/models/iris/predict", headers=asked, timeout=60).status_code == 421


def test_an_origin_that_was_just_allowed_or_taken_away_counts_at_once(stage: Stage) -> None:
    assert ask(stage, APP).status_code == 403
    stage.publish({"iris": one_model(origins=[APP])})
    assert ask(stage, APP).status_code == 200
    assert ask(stage, APP, reference="iris:1").status_code == 200
