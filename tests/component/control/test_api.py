"""Control put together for real: what it says about itself, and how files reach it."""

import hashlib

from tests.support.asgi import AppCaller


def test_status_counts_what_is_there(admin: AppCaller) -> None:
    status = admin("GET", "/api/v1/status").json()
    assert (status["models"], status["versions"]) == (0, 0)
    assert status["uptime_seconds"] >= 0


def test_the_machine_is_unavailable_while_the_host_is_down(admin: AppCaller) -> None:
    answer = admin("GET", "/api/v1/machine")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "retry-after" in answer.headers


def test_openapi_describes_every_route_with_its_token(admin: AppCaller) -> None:
    schema = admin("GET", "/api/v1/openapi.json").json()
    assert schema["security"] == [{"token": []}]
    assert {"/api/v1/keys", "/api/v1/deploys", "/api/v1/models/{ref}", "/api/v1/blobs/{sha256}"} <= set(schema["paths"])
    operations = [operation["operationId"] for path in schema["paths"].values() for operation in path.values()]
    assert len(operations) == len(set(operations))


def test_a_file_is_sent_once(admin: AppCaller) -> None:
    content = b"weights" * 300_000
    digest = hashlib.sha256(content).hexdigest()
    assert admin("POST", "/api/v1/blobs/missing", json={"digests": [digest]}).json() == {"missing": [digest]}
    first = admin("PUT", f"/api/v1/blobs/{digest}", content=content)
    assert (first.status_code, first.json()) == (201, {"sha256": digest, "size": len(content)})
    assert admin("PUT", f"/api/v1/blobs/{digest}", content=content).status_code == 200
    assert admin("POST", "/api/v1/blobs/missing", json={"digests": [digest]}).json() == {"missing": []}


def test_a_file_that_is_not_what_it_says_or_is_too_large_is_refused(admin: AppCaller) -> None:
    digest = hashlib.sha256(b"wanted").hexdigest()
    assert admin("PUT", f"/api/v1/blobs/{digest}", content=b"other").json()["code"] == "malformed_request"
    large = b"x" * 3_000_001
    answer = admin("PUT", f"/api/v1/blobs/{hashlib.sha256(large).hexdigest()}", content=large)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert admin("PUT", "/api/v1/blobs/..%2f..%2fetc", content=b"x").status_code in (400, 404)


def test_the_audit_trail_tells_what_was_done(admin: AppCaller) -> None:
    made = admin("POST", "/api/v1/keys", json={"name": "ci"}).json()
    event = admin("GET", "/api/v1/audit?action=key.created").json()["events"][0]
    assert (event["actor"], event["action"], event["subject"]) == ("admin", "key.created", made["id"])
    assert made["token"] not in str(event)
