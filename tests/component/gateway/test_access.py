"""Who gets in: tokens, roles, models, expiry, and the checks on Host and Origin."""

import time

import httpx
import pytest

from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN, hashed, one_model
from tests.support.waiting import wait_until
from unshelf.contracts.routing import KeyRoute

OTHER = "unshelf_" + "o" * 43
ROUTES = [
    "/models/iris/predict", "/models/iris/invocations", "/models/unknown/predict", "/v2", "/v2/health/live", "/v2/health/ready",
    "/v2/models/iris", "/v2/models/iris/ready", "/v2/models/iris/infer", "/v2/models/iris/versions/1/infer", "/v2/nothing",
    "/metrics", "/", "/nothing", "/models", "/models/iris",
]  # fmt: skip
VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


def call(stage: Stage, token: str | None, reference: str = "iris", **headers: str) -> httpx.Response:
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.post(f"{stage.url}/models/{reference}/predict", json={"inputs": [1]}, headers=headers, timeout=60)


@pytest.mark.parametrize("route", ROUTES)
def test_nothing_answers_without_a_token(shared_stage: Stage, route: str) -> None:
    with httpx.Client(base_url=shared_stage.url, timeout=60) as nobody:
        for verb in VERBS:
            answer = nobody.request(verb, route)
            assert answer.status_code == 401, (verb, route)
            assert answer.headers["www-authenticate"] == "Bearer"
    assert not [record for record in shared_stage.records() if record.status == 401]


@pytest.mark.parametrize("route", ["/api/v1/models", "/api/v1/keys"])
def test_what_control_answers_is_left_to_it_also_without_a_token(shared_stage: Stage, route: str) -> None:
    """Control knows sessions and the few routes that are used before there is a token; here it is away."""
    with httpx.Client(base_url=shared_stage.url, timeout=60) as nobody:
        assert {nobody.request(verb, route).status_code for verb in ("GET", "POST", "PUT", "DELETE")} == {503}


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_health_has_no_other_verbs(shared_stage: Stage, verb: str) -> None:
    for path in ("/healthz", "/readyz"):
        assert httpx.request(verb, shared_stage.url + path, timeout=60).status_code == 401
        answer = shared_stage.client.request(verb, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", f"Basic {TOKEN}", TOKEN, "Bearer unshelf_wrong", f"Bearer {TOKEN}x"]
)
def test_what_is_no_valid_token_is_unauthenticated(shared_stage: Stage, authorization: str) -> None:
    answer = call(shared_stage, None, Authorization=authorization)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_the_scheme_may_be_written_in_any_case(shared_stage: Stage) -> None:
    assert call(shared_stage, None, Authorization=f"bearer  {TOKEN}").status_code == 200


def test_a_key_is_good_for_its_models_only_whether_they_exist_or_not(stage: Stage) -> None:
    key = KeyRoute(id="k2", name="bank", permissions=("model.predict",), models=["credit-*", "rose"])
    stage.publish({"iris": one_model(), "rose": one_model(), "credit-risk": one_model()}, {hashed(OTHER): key})

    for reference, status in [
        ("credit-risk", 200), ("rose:1", 200), ("iris", 403), ("iris:1", 403), ("tulip", 403), ("credit-none", 404), ("IRIS", 404),
    ]:  # fmt: skip
        for _ in range(2):  # the second time from the caches
            assert call(stage, OTHER, reference).status_code == status, reference
    assert stage.records()[-3].key == "k2"


def test_metadata_is_as_closed_as_predictions(stage: Stage) -> None:
    key = KeyRoute(id="k2", name="bank", permissions=("model.predict",), models=["rose"])
    stage.publish({"iris": one_model(), "rose": one_model()}, {hashed(OTHER): key})
    headers = {"Authorization": f"Bearer {OTHER}"}

    assert httpx.get(f"{stage.url}/v2/models/rose", headers=headers, timeout=60).status_code == 200
    for path in ("/v2/models/iris", "/v2/models/iris/ready", "/v2/models/iris/versions/1"):
        assert httpx.get(stage.url + path, headers=headers, timeout=60).status_code == 403


def test_an_expired_key_is_refused_at_once(stage: Stage) -> None:
    key = KeyRoute(id="k2", name="short", permissions=("model.predict",), expires_at=time.time() + 1.0)
    stage.publish({"iris": one_model()}, {hashed(OTHER): key})

    assert call(stage, OTHER).status_code == 200
    wait_until(lambda: call(stage, OTHER).status_code == 401)
    assert "expired" in call(stage, OTHER).json()["detail"]


def test_a_new_key_works_at_once_and_a_revoked_one_stops(stage: Stage) -> None:
    stage.publish(
        {"iris": one_model()},
        {hashed(OTHER): KeyRoute(id="k2", name="new", permissions=("model.predict", "metrics.read"))},
    )
    assert call(stage, OTHER).status_code == 200

    stage.publish({"iris": one_model()})
    wait_until(lambda: call(stage, OTHER).status_code == 401)


def test_a_key_without_the_permission_can_not_predict(stage: Stage) -> None:
    stage.publish({"iris": one_model()}, {hashed(OTHER): KeyRoute(id="k2", name="odd", permissions=("model.view",))})

    assert call(stage, OTHER).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::1]", "", "localhost:x:1"]
)
def test_requests_addressed_to_other_names_are_misdirected(shared_stage: Stage, host: str) -> None:
    answer = call(shared_stage, TOKEN, Host=host)

    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected_request")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1"])
def test_allowed_names_go_with_any_port(shared_stage: Stage, host: str) -> None:
    assert call(shared_stage, TOKEN, Host=host).status_code == 200


def test_behind_a_proxy_any_name_will_do(set_stage) -> None:
    stage = set_stage(allowed_hosts=None)

    assert call(stage, TOKEN, Host="models.company.example").status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://[", "file://"])
def test_pages_of_other_origins_are_forbidden(shared_stage: Stage, origin: str) -> None:
    for path in ("/models/iris/predict", "/api/v1/models"):
        headers = {"Origin": origin, "HostClient": "localhost:8000"}
        answer = shared_stage.client.post(path, json={"inputs": [1]}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("origin", "host"), [("http://localhost:8000", "localhost:8000"), ("https://localhost:443", "localhost")]
)
def test_our_own_pages_are_let_in(shared_stage: Stage, origin: str, host: str) -> None:
    assert call(shared_stage, TOKEN, Origin=origin, Host=host).status_code == 200
