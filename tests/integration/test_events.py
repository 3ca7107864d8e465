"""Events and heads through a gateway: what control streams reaches the reader as it happens, and HEAD has no body."""

import json

import httpx

from tests.support.platform import Platform


def test_a_change_reaches_a_follower_through_the_gateway(platform: Platform) -> None:
    with platform.http.stream("GET", "/api/v1/events", timeout=60) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": events follow"
        made = platform.http.post("/api/v1/keys", json={"name": "followed"}).json()
        data = next(line for line in lines if line.startswith("data: ") and made["id"] in line)
    event = json.loads(data.removeprefix("data: "))
    assert (event["action"], event["subject"], event["actor"]) == ("key.created", made["id"], "admin")
    with platform.http.stream("GET", "/api/v1/events", headers={"Last-Event-ID": str(event["sequence"] - 1)}) as again:
        assert next(line for line in again.iter_lines() if line.startswith("data: ")) == data


def test_head_has_the_head_of_get_and_no_body(platform: Platform) -> None:
    for path in ("/api/v1/models", "/api/v1/status", "/api/v1/events"):
        answer = platform.http.head(path)
        assert (answer.status_code, answer.content) == (200, b""), path
    assert platform.http.head("/api/v1/nothing").status_code == 404
    refused = platform.http.patch("/api/v1/keys")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")


def test_the_log_of_a_running_platform_is_unchanged(platform: Platform) -> None:
    assert httpx.get(f"{platform.url}/api/v1/keys", timeout=60).status_code == 401
    report = platform.cli("audit", "verify", "--json")
    assert json.loads(report.stdout)["faults"] == []
