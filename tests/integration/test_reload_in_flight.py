"""`unshelf reload` with work under way that takes longer than the change: streams, live events, jobs, granted networks."""

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

import unshelf
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

pytestmark = pytest.mark.long
HEARD = """
import socket

def predict(rows):
    return lines(rows[0]["port"])

def lines(port):
    if not port:
        yield "nobody"
        return
    with socket.create_connection(("localhost", int(port)), timeout=60) as connection:
        for line in connection.makefile():
            yield line.strip()
"""
"""A model that yields each line that it hears from a server which its version may reach."""
JOB = """
import socket, sys

print("up", flush=True)
with socket.create_connection(("localhost", int(sys.argv[1])), timeout=60) as connection:
    for line in connection.makefile():
        print("heard", line.strip(), flush=True)
with socket.create_connection(("localhost", int(sys.argv[1])), timeout=60) as connection:
    print("again", connection.makefile().readline().strip(), flush=True)
"""


class Speaker:
    """A server of this machine that says lines to whoever connects."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def accept(self) -> socket.socket:
        """Wait for the next that connects."""
        self._listening.settimeout(60)
        return self._listening.accept()[0]

    def greet(self, line: bytes) -> socket.socket:
        """Wait for the next that connects, and say a line."""
        connection = self.accept()
        connection.sendall(line)
        return connection

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()


@pytest.fixture(scope="module")
def speaker() -> Iterator[Speaker]:
    with closing(Speaker()) as speaker:
        yield speaker


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, speaker: Speaker) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("in-flight") / "home"
    settings = {"drain_seconds": "1", "egress_allow": f"localhost:{speaker.port}"}
    with running_platform(home, gateways="2", **settings) as running:
        yield running


def change(platform: Platform) -> None:
    """Have other processes take the place of all the server's."""
    before = {each.pid for role in ("control", "gateway", "host") for each in platform.processes(role)}
    platform.cli("--home", str(platform.home), "reload")
    after = {each.pid for role in ("control", "host") for each in platform.processes(role)}
    assert not after & before, "control and the host are others"


def test_a_follower_of_live_events_goes_on_where_it_was(platform: Platform) -> None:
    """Given somebody who follows the log, when control is replaced, then the stream breaks off, and by `Last-Event-ID` none is missed."""
    heard: list[dict[str, Any]] = []
    broken: list[str] = []

    def follow(last: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
        headers = {"Last-Event-ID": last} if last else {}
        with platform.http.stream("GET", "/api/v1/events", headers=headers, timeout=120) as answer:
            assert answer.status_code == 200, answer.read()
            following.set()
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    heard.append(json.loads(line[6:]))
                    if wanted(heard[-1]):
                        return

    def follow_until_it_breaks() -> None:
        try:
            follow("", lambda _: False)
        except httpx.TransportError as error:
            broken.append(repr(error))

    def key() -> str:
        id: str = platform.http.post("/api/v1/keys", json={"name": "followed"}).json()["id"]
        return id

    following = threading.Event()
    thread = threading.Thread(target=follow_until_it_breaks)
    thread.start()
    assert following.wait(60)
    first = key()
    wait_until(lambda: any(each["subject"] == first for each in heard), what="an event is heard")
    change(platform)
    thread.join(60)
    assert broken, "it does not look like a stream that came to its end"
    missed, last = key(), key()
    follow(str(heard[-1]["sequence"]), lambda event: event["subject"] == last)
    sequences = [each["sequence"] for each in heard]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    assert {first, missed, last} <= {each["subject"] for each in heard}


@pytest.mark.skipif(os.getuid() != 0, reason="a granted network takes a sandbox, and that root")
def test_a_stream_of_chunks_and_a_granted_network_go_on(platform: Platform, speaker: Speaker, tmp_path: Path) -> None:
    """Given a model that yields what it hears over its granted network, when the server changes in the middle, then the caller has each
    chunk, the connection of the model is the same, and the next worker has the network, too."""
    granted = f'\n[network]\nallow = ["localhost:{speaker.port}"]\n'
    model = write_model(tmp_path / "m", name="heard", code=HEARD, example=[{"port": 0}], extra=granted)
    platform.cli("deploy", str(model))
    rows = [{"port": speaker.port}]
    with ThreadPoolExecutor(1) as pool, unshelf.Client(platform.url, platform.token) as client:
        greeting = pool.submit(speaker.greet, b"before\n")  # the stream begins with its first chunk
        with client.stream("heard", rows) as lines, greeting.result(60) as connection:
            assert next(lines) == "before"
            change(platform)
            greeting = pool.submit(speaker.greet, b"meanwhile\n")
            with client.stream("heard", rows) as others, greeting.result(60) as another:
                assert next(others) == "meanwhile"
                connection.sendall(b"after\n")
                assert next(lines) == "after"
                for each in (connection, another):
                    each.shutdown(socket.SHUT_RDWR)
                assert (list(lines), list(others)) == ([], [])
    records = wait_until(lambda: len(found := platform.records("heard")) == 2 and found, what="both have their records")
    assert [record["status"] for record in records] == [200, 200]


@pytest.mark.skipif(os.getuid() != 0, reason="a granted network takes a sandbox, and that root")
def test_a_job_goes_on_with_its_network(platform: Platform, speaker: Speaker, tmp_path: Path) -> None:
    """Given a job that hears a server over its granted network, when the server changes, then it is the same attempt that ends well."""
    (tmp_path / "job.py").write_text(JOB)
    place = f"localhost:{speaker.port}"
    arguments = ("run", str(tmp_path / "job.py"), "--detach", "--network", place, "--", str(speaker.port))
    job = platform.cli(*arguments).stdout.strip()
    with speaker.accept() as connection:
        connection.sendall(b"one\n")
        wait_until(lambda: "heard one" in platform.http.get(f"/api/v1/jobs/{job}/output").text, what="the job hears")
        change(platform)
        connection.sendall(b"two\n")
    with speaker.accept() as connection:
        connection.sendall(b"three\n")
    ended = wait_until(lambda: (found := platform.http.get(f"/api/v1/jobs/{job}").json())["ended_at"] and found)
    assert (ended["state"], len(ended["runs"])) == ("succeeded", 1)
    assert platform.http.get(f"/api/v1/jobs/{job}/output").text == "up\nheard one\nheard two\nagain three\n"
