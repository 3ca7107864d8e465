"""The network of a lock and its build: the package indexes are reached, nothing else is, and who deploys learns what was refused."""

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.component.host.running import PYTHON
from tests.support.private_index import PASSWORD, USER, PrivateIndex, private_index
from tests.support.served import served
from unshelf.contracts.home import Home
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreters
from unshelf.host.errors import HostFailure
from unshelf.host.launch.network.relays import Relays
from unshelf.host.packages.uv import Uv
from unshelf.host.sandbox.backends import open_sandbox

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")

BUILD = """
import socket, sys, urllib.request

PORT = %d


def direct():
    socket.create_connection(("127.0.0.1", PORT), 5).close()


def by_the_proxy():
    with socket.create_connection(("127.77.255.1", 3128), 30) as proxy:
        proxy.sendall(b"CONNECT 127.0.0.1:" + str(PORT).encode() + b" HTTP/1.1\\r\\n\\r\\n")
        answer = proxy.recv(4096)
    if b" 200 " not in answer:
        raise OSError(answer.decode())


def by_name():
    urllib.request.urlopen("http://elsewhere.example.org/", timeout=30).read()


def outside():
    socket.create_connection(("192.0.2.1", 80), 5).close()


for way in (direct, by_the_proxy, by_name, outside):
    try:
        way()
        print(way.__name__, "reached", file=sys.stderr)
    except OSError as error:
        print(way.__name__, "refused:", error, file=sys.stderr)
raise SystemExit(1)
"""


class Platform(BaseHTTPRequestHandler):
    """Stands for what listens on this machine: the platform, other people's programs."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(Platform) as listening:
        yield listening


def failure_of(
    folder: Path, index: PrivateIndex, *, user_info: str = "", hosts: tuple[str, ...] = (), **variables: str
) -> HostFailure:
    """What comes of a deploy that needs `own` of this index."""

    async def story() -> Any:
        home = Home(folder / "home")
        for path in (home.environments, home.run, home.worker_logs):
            path.mkdir(parents=True)
        sandbox = open_sandbox("require", "", home.folder)
        relays = Relays(home, sandbox, [])
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "UV_HTTP_RETRIES": "0", "UV_DEFAULT_INDEX": index.address(user_info),
            **variables,
        }  # fmt: skip
        uv = Uv(home.run, environment, cache=home.cache / "uv", sandbox=sandbox, hosts=hosts, ways_out=relays)
        interpreter = await Interpreters(uv).choose(PYTHON)
        try:
            await EnvironmentStore(home, uv).lock(["own"], interpreter)
        finally:
            await relays.stop()

    with pytest.raises(HostFailure) as raised:
        uvloop.run(story())
    return raised.value


@pytest.mark.parametrize("user_info", ["", f"{USER}:{PASSWORD.replace('/', '%2F')}@"], ids=["open", "password"])
def test_a_build_reaches_the_index_and_nothing_else(tmp_path: Path, port: int, user_info: str) -> None:
    with private_index(BUILD % port) as index:
        index.is_open = not user_info
        failure = failure_of(tmp_path, index, user_info=user_info)
    assert "Failed to build `own==1.0`" in failure.detail, failure.log
    for way in ("direct", "by_the_proxy", "by_name", "outside"):
        assert f"{way} refused:" in failure.log, failure.log
    places = {f"127.0.0.1:{port}", "elsewhere.example.org:80"}
    assert set(failure.hint.rpartition("UNSHELF_BUILD_HOSTS=")[2].rstrip(".").split(",")) == places, failure.hint


def test_what_the_operator_adds_is_reached_too(tmp_path: Path, port: int) -> None:
    with private_index(BUILD % port) as index:
        index.is_open = True
        failure = failure_of(tmp_path, index, hosts=(f"127.0.0.1:{port}",))
    for way in ("direct", "by_the_proxy"):
        assert f"{way} reached" in failure.log, failure.log
    for way in ("by_name", "outside"):
        assert f"{way} refused:" in failure.log, failure.log


def test_the_operators_proxy_is_gone_through_for_a_build_too(tmp_path: Path, port: int) -> None:
    """Given an index that only the operator's proxy knows, then a source archive of it is fetched and built."""
    with private_index(BUILD % port) as index:
        proxy, index.host, index.is_open = f"http://{index.host}", "packages.internal", True
        failure = failure_of(tmp_path, index, HTTP_PROXY=proxy, http_proxy=proxy)
        assert "http://packages.internal/files/own-1.0.tar.gz" in index.asked
    assert "Failed to build `own==1.0`" in failure.detail, failure.log
    assert "direct refused:" in failure.log, failure.log
