"""Bodies that are too large, too slow, cut short or compressed: an answer, and never more memory than allowed."""

import gzip
import http.client
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN
from tests.support.waiting import wait_until

HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
LARGE = 100 << 20


def zeros(size: int) -> Iterator[bytes]:
    piece = bytes(1 << 20)
    for _ in range(size >> 20):
        yield piece


def test_httpx_hears_that_100_megabytes_are_too_many(shared_stage: Stage) -> None:
    answer = shared_stage.client.post("/models/iris/predict", content=bytes(LARGE))

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    record = shared_stage.records()[-1]
    assert (record.status, record.input) == (413, b"")


def test_so_does_a_chunked_upload_without_a_length(shared_stage: Stage) -> None:
    answer = shared_stage.client.post("/models/iris/predict", content=zeros(LARGE))

    assert answer.status_code == 413
    assert psutil.Process(shared_stage.process.pid).memory_info().rss < 150 << 20


def test_so_does_a_plain_client_that_sends_all_before_it_listens(shared_stage: Stage) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared_stage.port, timeout=60)
    connection.request("POST", "/models/iris/invocations", body=bytes(LARGE), headers=HEADERS)
    answer = connection.getresponse()

    assert answer.status == 413
    assert b"body_too_large" in answer.read()
    connection.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
@pytest.mark.parametrize("expect", ["Expect: 100-continue", "Expect:"])
def test_so_does_curl(shared_stage: Stage, tmp_path: Path, expect: str) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(LARGE)
    command = [
        "curl", "-sS", "-o", "-", "-w", "%{http_code}", "--data-binary", f"@{large}", "-H", expect,
        "-H", f"Authorization: Bearer {TOKEN}", f"{shared_stage.url}/models/iris/predict",
    ]  # fmt: skip
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert said.stdout.endswith("413")
    assert said.stderr == ""


@pytest.mark.long
def test_a_large_body_within_the_limit_arrives_whole(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(max_body_bytes=64 << 20)
    text = "x" * (30 << 20)
    body = b'{"inputs":["' + text.encode() + b'"]}'

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 1 << 20):
            yield body[start : start + (1 << 20)]

    for content, headers in [(body, {}), (pieces(), {}), (gzip.compress(body), {"Content-Encoding": "gzip"})]:
        answer = stage.client.post("/models/iris/predict", content=content, headers=headers)
        assert answer.status_code == 200
        assert answer.json()["outputs"] == [text]


def test_a_body_that_breaks_off_is_recorded_as_such(shared_stage: Stage) -> None:
    for length in (100, 600_000):
        count = len(shared_stage.records())
        with socket.create_connection(("127.0.0.1", shared_stage.port)) as connection:
            connection.sendall(_head(f"Content-Length: {length}") + b'{"inputs"')
        wait_until(lambda: len(shared_stage.records()) == count + 1)  # noqa: B023 - used at once
        record = shared_stage.records()[-1]
        assert (record.status, record.code) == (400, "malformed_request")


def test_strangers_can_not_make_the_server_read_their_bodies(shared_stage: Stage) -> None:
    with socket.create_connection(("127.0.0.1", shared_stage.port), timeout=60) as connection:
        connection.sendall(b"POST /models/iris/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n")
        connection.sendall(bytes(2 << 20))
        assert connection.recv(100).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("length", ["-1", "x", "1, 2", "99999999999999999999999"])
def test_lengths_that_are_none_never_get_through(shared_stage: Stage, length: str) -> None:
    with socket.create_connection(("127.0.0.1", shared_stage.port), timeout=60) as connection:
        connection.sendall(_head(f"Content-Length: {length}") + b"[]")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100)[9:12] in (b"400", b"413", b"")


def test_headers_have_a_limit(shared_stage: Stage) -> None:
    answer = httpx.post(
        f"{shared_stage.url}/models/iris/predict", headers={**HEADERS, "X-Large": "x" * 300_000}, timeout=60
    )

    assert answer.status_code == 431


def _head(header: str) -> bytes:
    lines = [
        "POST /models/iris/predict HTTP/1.1", "Host: localhost", f"Authorization: Bearer {TOKEN}",
        "Content-Type: application/json", header, "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()
