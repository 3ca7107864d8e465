"""A host process of a test's own, and a sender that speaks to it."""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil

from tests.support.configs import config_of
from tests.support.routing import publish_routing
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import BundleFile, Loader, Manifest
from unshelf.contracts.configs import HostConfig
from unshelf.contracts.protocols.host import Describe, Described, FromHost, Progress, ToHost
from unshelf.contracts.routing import ModelRoute, RoutingTable, VersionRoute
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.host.prepare.bundling import PROGRAM
from unshelf.runtime.messages import MessageReader, frame_message

_messages: MessageReader[FromHost] = MessageReader(FromHost)
STAND_IN = Path(__file__).with_name("stand_in_worker.py")
PYTHON = ".".join(map(str, sys.version_info[:2]))
ENVIRONMENT = "e" * 64
SIGNATURE = Signature(inputs=Columns(columns=[Column(name="x", type="float64")]))
_START = """
import asyncio, sys
from pathlib import Path
import msgspec, uvloop
from unshelf.runtime.logging import configure_logging
from unshelf.contracts.configs import HostConfig
from unshelf.host.main import run_host
configure_logging("host")
config = msgspec.json.decode(sys.argv[1], type=HostConfig)
uvloop.run(run_host(config, worker_main=Path(sys.argv[2]), bundling_program=sys.argv[3]))
"""


def put_blob(home: Path, content: bytes) -> str:
    """Store content as control does."""
    digest = hashlib.sha256(content).hexdigest()
    path = home / "blobs" / digest[:2] / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return digest


def manifest_of(
    home: Path, *, requirements: list[str] | None = None, content: bytes = b"m", **options: Any
) -> Manifest:
    """A manifest with one file, whose blob is stored; the options tell the stand-in worker what to do."""
    file = BundleFile(path="model.txt", sha256=put_blob(home, content), size=len(content))
    return Manifest(
        loader=Loader(kind="python", options=options), files=[file], python=PYTHON, requirements=requirements or []
    )


class Sender:
    """One connection to the host."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        with suppress(FileNotFoundError):
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                self._socket.connect(f"/proc/self/fd/{folder}/{path.name}")
            finally:
                os.close(folder)

    def send(self, message: ToHost) -> None:
        self._socket.sendall(frame_message(message))

    def receive(self) -> FromHost:
        return _messages.receive(self._socket)

    def ask(self, message: ToHost) -> Any:
        """Send, and return the last answer; progress before it is passed over."""
        return self.ask_all(message)[-1]

    def ask_all(self, message: ToHost) -> list[Any]:
        """Send, and return all that is said about it."""
        self.send(message)
        heard = [self.receive()]
        while isinstance(heard[-1], Progress):
            heard.append(self.receive())
        return heard

    def close(self) -> None:
        self._socket.close()


class RunningHost:
    """A host process with a home folder of its own."""

    def __init__(
        self,
        home: Path,
        *,
        worker: Path = STAND_IN,
        bundling: str = PROGRAM,
        check_seconds: float = 30,
        start_seconds: float = 10,
        **config: Any,
    ) -> None:
        self.home = home
        self.run = home / "run"
        self.run.mkdir(parents=True, exist_ok=True)
        given = {"check_seconds": check_seconds, "start_seconds": start_seconds, **config}
        argument = msgspec.json.encode(config_of(HostConfig, home, supervisor=0, **given)).decode()
        self._command = [sys.executable, "-c", _START, argument, str(worker), bundling]
        self._generation = 0
        self._open: list[Sender | socket.socket] = []

    def start(self) -> None:
        (self.run / "host.sock").unlink(missing_ok=True)
        log = (self.home / "host.log").open("ab")
        self.process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stderr=log, cwd=self.run)
        log.close()
        wait_until(lambda: (self.run / "host.sock").exists() or self.process.poll() is not None)

    def sender(self) -> Sender:
        sender = Sender(self.run / "host.sock")
        self._open.append(sender)
        return sender

    def publish(
        self,
        *manifests: Manifest,
        paused: bool = False,
        environment: str = ENVIRONMENT,
        has_quota: bool = False,
        **route: Any,
    ) -> None:
        """Publish a table whose model `m` has these versions, laid out by the host from the blobs."""
        self._generation += 1
        versions = {}
        for number, manifest in enumerate(manifests, start=1):
            (self.home / "manifests" / f"{manifest.digest}.json").write_bytes(manifest.encode())
            versions[number] = VersionRoute(
                bundle=manifest.digest, environment=environment, paused=paused, **{"signature": SIGNATURE, **route}
            )
        table = RoutingTable(
            generation=self._generation,
            models={"m": ModelRoute(versions=versions, has_quota=has_quota)} if versions else {},
        )
        publish_routing(self.run, table)

    def make_environment(self) -> None:
        """The environment of the published versions: this very interpreter."""
        folder = self.home / "environments" / ENVIRONMENT
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(sys.executable)
        (folder / "complete").touch()

    def describe(self, *, machine: bool = True) -> Described:
        sender = self.sender()
        answer = sender.ask(Describe(id=1, machine=machine))
        assert isinstance(answer, Described), answer
        return answer

    def visit(self, address: str) -> tuple[int, socket.socket]:
        """Connect to a stand-in worker; returns its pid, as the host sees it."""
        connection = socket.socket(socket.AF_UNIX)
        self._open.append(connection)
        connection.settimeout(60)
        self.connect(connection, address)
        assert int(connection.recv(100)), "it says its pid, which in a sandbox is a number of its own"
        return self.pid_at(address), connection

    def pid_at(self, address: str) -> int:
        """The pid of the worker that serves at this address."""
        return next(replica.pid for replica in self.describe(machine=False).replicas if replica.address == address)

    def connect(self, connection: socket.socket, address: str) -> None:
        """Connect to a socket of the run folder, however long that folder's path is."""
        folder = os.open(self.run, os.O_RDONLY)
        try:
            connection.connect(f"/proc/self/fd/{folder}/{address.removeprefix('unix:')}")
        finally:
            os.close(folder)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> None:
        """End it as the supervisor would; nothing of it may be left."""
        for connection in self._open:
            connection.close()
        if self.process.poll() is None:
            children = self.children()
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(timeout=60) == 0, (self.home / "host.log").read_text()
            assert not [child for child in children if child.is_running()], "processes are left"
        assert self.process.stdin is not None
        self.process.stdin.close()


@contextmanager
def running_host(home: Path, **settings: Any) -> Iterator[RunningHost]:
    """A started host, stopped at the end."""
    host = RunningHost(home, **settings)
    host.make_environment()
    host.start()
    try:
        yield host
    finally:
        host.stop()
        shutil.rmtree(home, ignore_errors=True)
