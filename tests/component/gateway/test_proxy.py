"""What is not a prediction goes to control and comes back as it is."""

import hashlib
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from tests.component.gateway.control import EchoControl
from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN


@pytest.fixture(scope="module")
def proxied() -> Iterator[Stage]:
    with closing(Stage()) as stage, closing(EchoControl(stage.run)):
        yield stage


def test_method_path_query_and_headers_arrive(proxied: Stage) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        seen = proxied.client.request(method, "/api/v1/models/iris:3?tail=20&status=5%25", headers={"X-A": "b"}).json()
        assert (seen["method"], seen["path"]) == (method, "/api/v1/models/iris:3?tail=20&status=5%25")
        headers = dict(seen["headers"])
        assert (headers["x-a"], headers["authorization"]) == ("b", f"Bearer {TOKEN}")
        assert headers["host"] == f"127.0.0.1:{proxied.port}"


@pytest.mark.parametrize("path", ["/", "/metrics/", "/models", "/models/iris", "/a%20b/%C3%A9", "/%25/@:+,;=!$&'()*~"])
def test_paths_survive(proxied: Stage, path: str) -> None:
    assert proxied.client.get(path).json()["path"] == str(httpx.URL("http://x" + path).raw_path, "ascii")


def test_bytes_beyond_ascii_arrive_as_they_were_sent(proxied: Stage) -> None:
    request = b"GET /api/v1/x?q=%%20 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n" % proxied.port
    request += f"Authorization: Bearer {TOKEN}\r\n".encode() + b"User-Agent: caf\xe9\r\nCookie: a=\xff\xc3\xa9\r\n\r\n"

    with socket.create_connection(("127.0.0.1", proxied.port), timeout=60) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))

    assert answer.startswith(b"HTTP/1.1 200 ")
    seen = json.loads(answer.partition(b"\r\n\r\n")[2])
    headers = dict(seen["headers"])  # as the stand-in decodes them: latin-1
    assert (headers["user-agent"], headers["cookie"]) == ("caf\xe9", "a=\xff\xc3\xa9")
    assert seen["path"] == "/api/v1/x?q=%20"


def test_a_connection_header_without_end_is_refused(proxied: Stage) -> None:
    answer = proxied.client.get("/api/v1/x", headers={"Connection": "," * 60_000})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


def test_bodies_stream_up_with_or_without_a_length(proxied: Stage) -> None:
    blob = bytes(range(256)) * (20 << 12)

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(blob), 1 << 20):
            yield blob[start : start + (1 << 20)]

    for content in (blob, pieces()):
        answer = proxied.client.put("/api/v1/blobs/x", content=content)
        assert answer.status_code == 201
        assert (answer.json()["length"], answer.json()["sha256"]) == (len(blob), hashlib.sha256(blob).hexdigest())


def test_callers_can_not_say_who_forwarded_them(proxied: Stage) -> None:
    lies = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "evil", "Forwarded": "for=evil", "X-Real-IP": "6.6.6.6"}
    hop = {"Connection": "close, X-Secret", "X-Secret": "1", "TE": "trailers", "Keep-Alive": "5"}

    headers = dict(proxied.client.get("/api/v1/x", headers={**lies, **hop}).json()["headers"])

    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-host"] == f"127.0.0.1:{proxied.port}"
    assert not {"forwarded", "x-real-ip", "x-secret", "te", "keep-alive"} & set(headers)


def test_answers_keep_their_headers_and_cookies_stay_with_the_caller(proxied: Stage) -> None:
    answer = httpx.get(f"{proxied.url}/api/v1/x", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)

    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    again = httpx.get(f"{proxied.url}/api/v1/x", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
    assert "cookie" not in dict(again.json()["headers"])


def test_empty_and_large_and_head_answers(proxied: Stage) -> None:
    assert proxied.client.delete("/api/v1/gone").status_code == 204
    assert proxied.client.get("/api/v1/large").content == bytes(5 << 20)
    head = proxied.client.head("/api/v1/large")
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", "application/octet-stream")


@pytest.mark.parametrize("kind", ["chunked", "length"])
def test_an_answer_that_control_cut_is_seen_to_be_cut(proxied: Stage, kind: str) -> None:
    with pytest.raises(httpx.TransportError):
        proxied.client.get(f"/api/v1/cut/{kind}")
    assert proxied.client.get("/api/v1/x").status_code == 200


def test_an_answer_says_its_length_and_its_date_once(proxied: Stage) -> None:
    for path in ("/api/v1/x", "/api/v1/large"):
        headers = proxied.client.get(path).headers
        assert [len(headers.get_list(name)) for name in ("content-length", "date")] == [1, 1]


def test_events_come_line_by_line_as_they_happen(proxied: Stage) -> None:
    begun = time.monotonic()
    with proxied.client.stream("GET", "/api/v1/events") as answer:
        times = [(line, time.monotonic() - begun) for line in answer.iter_lines()]

    assert [line for line, _ in times] == ["line 0", "line 1", "line 2"]
    assert times[0][1] < 0.25
    assert times[2][1] > 0.5


def test_a_follower_that_leaves_is_gone_from_control_too(set_stage) -> None:
    stage = set_stage()
    with closing(EchoControl(stage.run)) as control:
        with stage.client.stream("GET", "/api/v1/follow") as answer:
            pieces = answer.iter_raw()
            assert next(pieces) == b"hello"
            assert not control.followers_left.is_set()
        assert control.followers_left.wait(60)


def test_controls_refusal_of_an_upload_is_heard(proxied: Stage) -> None:
    answer = proxied.client.put("/api/v1/refuse", content=bytes(40 << 20))

    assert (answer.status_code, answer.text) == (413, "too much")


def test_without_control_the_api_is_unavailable_and_predictions_go_on(stage: Stage) -> None:
    for method, content in (("GET", b""), ("PUT", bytes(4 << 20))):
        answer = stage.client.request(method, "/api/v1/models", content=content)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "1")
    assert stage.predict().status_code == 200

    with closing(EchoControl(stage.run)):
        assert stage.client.get("/api/v1/models").status_code == 200
    with closing(EchoControl(stage.run)):  # restarted: kept connections are stale
        assert stage.client.get("/api/v1/models").status_code == 200
        assert stage.client.get("/api/v1/hangup").status_code == 503


def test_followers_do_not_hold_a_stopping_gateway_up(stage: Stage) -> None:
    with closing(EchoControl(stage.run)), stage.client.stream("GET", "/api/v1/follow") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"hello"
        assert stage.stop_gateway() == 0
        with pytest.raises(httpx.TransportError):
            next(pieces)  # cut, and seen to be
