"""A host process of a test's own, and a sender that speaks to it."""

import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil

from unshelf.contracts.bundle import BundleFile, Loader, Manifest
from unshelf.contracts.hosting import Describe, Described, FromHost, Progress, ToHost
from unshelf.contracts.routing import ModelRoute, RoutingTable, VersionRoute
from unshelf.contracts.signature import Column, Columns, Signature

STAND_IN = Path(__file__).with_name("stand_in_worker.py")
PYTHON = ".".join(map(str, sys.version_info[:2]))
ENVIRONMENT = "e" * 64
SIGNATURE = Signature(inputs=Columns(columns=[Column(name="x", type="float64")]))
_START = """
import asyncio, sys
from pathlib import Path
import msgspec, uvloop
from unshelf.contracts.logs import configure_logging
from unshelf.contracts.processes import HostConfig
from unshelf.host.main import run_host
configure_logging("host")
uvloop.run(run_host(msgspec.json.decode(sys.argv[1], type=HostConfig), worker_main=Path(sys.argv[2])))
"""


def eventually(condition: Callable[[], Any], *, seconds: float = 10.0) -> Any:
    """What the condition returns once that is true; fails after a while."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)
    return result


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
        self._socket.settimeout(30)
        with suppress(FileNotFoundError):
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                self._socket.connect(f"/proc/self/fd/{folder}/{path.name}")
            finally:
                os.close(folder)

    def send(self, message: ToHost) -> None:
        payload = msgspec.msgpack.encode(message)
        self._socket.sendall(struct.pack("<I", len(payload)) + payload)

    def receive(self) -> FromHost:
        (length,) = struct.unpack("<I", self._exactly(4))
        return msgspec.msgpack.decode(self._exactly(length), type=FromHost)

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

    def _exactly(self, size: int) -> bytes:
        content = b""
        while len(content) < size:
            more = self._socket.recv(size - len(content))
            if not more:
                raise ConnectionError("the host hung up")
            content += more
        return content


class RunningHost:
    """A host process with a home folder of its own."""

    def __init__(
        self,
        home: Path,
        *,
        worker: Path = STAND_IN,
        check_seconds: float = 30,
        start_seconds: float = 10,
        **config: Any,
    ) -> None:
        self.home = home
        self.run = home / "run"
        self.run.mkdir(parents=True, exist_ok=True)
        config |= {"home": str(home), "check_seconds": check_seconds, "start_seconds": start_seconds}
        self._command = [sys.executable, "-c", _START, json.dumps(config), str(worker)]
        self._generation = 0
        self._open: list[Sender | socket.socket] = []

    def start(self) -> None:
        (self.run / "host.sock").unlink(missing_ok=True)
        log = (self.home / "host.log").open("ab")
        self.process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stderr=log, cwd=self.run)
        log.close()
        eventually(lambda: (self.run / "host.sock").exists() or self.process.poll() is not None)

    def sender(self) -> Sender:
        sender = Sender(self.run / "host.sock")
        self._open.append(sender)
        return sender

    def publish(self, *manifests: Manifest, paused: bool = False, environment: str = ENVIRONMENT, **route: Any) -> None:
        """Publish a table whose model `m` has these versions, laid out by the host from the blobs."""
        self._generation += 1
        versions = {}
        for number, manifest in enumerate(manifests, start=1):
            (self.home / "manifests" / f"{manifest.digest}.json").write_bytes(manifest.encode())
            versions[number] = VersionRoute(
                bundle=manifest.digest, environment=environment, paused=paused, **{"signature": SIGNATURE, **route}
            )
        table = RoutingTable(
            generation=self._generation, models={"m": ModelRoute(versions=versions)} if versions else {}
        )
        temporary = self.run / "routing.json.new"
        temporary.write_bytes(msgspec.json.encode(table))
        temporary.rename(self.run / "routing.json")

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
        """Connect to a stand-in worker; returns its pid."""
        connection = socket.socket(socket.AF_UNIX)
        self._open.append(connection)
        connection.settimeout(10)
        self.connect(connection, address)
        return int(connection.recv(100)), connection

    def connect(self, connection: socket.socket, address: str) -> None:
        """Connect to a socket of the run folder, however long that folder's path is."""
        folder = os.open(self.run, os.O_RDONLY)
        try:
            connection.connect(f"/proc/self/fd/{folder}/{address}")
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
            assert self.process.wait(timeout=20) == 0, (self.home / "host.log").read_text()
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
