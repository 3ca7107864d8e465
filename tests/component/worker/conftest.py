"""A real worker process, started as the host starts it: by file, isolated, with a listening socket and a report pipe."""

import itertools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.protocols.addresses import UnixAddress, parse_address
from unshelf.contracts.protocols.frames import CANCEL, NATIVE, PREDICT, REQUEST, RESPONSE

WORKER = Path(__file__).parents[3] / "src" / "unshelf" / "worker" / "__main__.py"

ONE_NUMBER = {"inputs": {"kind": "columns", "columns": [{"name": "x", "type": "float64"}], "container": "values"}}


class Answer:
    def __init__(self, head: tuple[int, ...], payload: bytes) -> None:
        _, self.id, self.status, self.flags, self.header, self.rows, self.queue, self.predict = head
        self.payload = payload

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


class Gateway:
    """One connection to a worker, speaking frames."""

    def __init__(self, address: str) -> None:
        place = parse_address(address)
        self.socket = socket.socket(socket.AF_UNIX if isinstance(place, UnixAddress) else socket.AF_INET)
        self.socket.settimeout(60)
        try:
            self.socket.connect(place.name if isinstance(place, UnixAddress) else (place.host, place.port))
        except OSError:
            self.socket.close()
            raise
        self._ids = itertools.count(1)
        self._received = b""

    def frame(self, body: bytes, *, protocol: int = NATIVE, header: int = 0, kind: int = PREDICT) -> tuple[int, bytes]:
        id = next(self._ids)
        return id, REQUEST.pack(REQUEST.size - 4 + len(body), id, kind, protocol, 0, header) + body

    def cancel(self, id: int) -> bytes:
        return REQUEST.pack(REQUEST.size - 4, id, CANCEL, 0, 0, 0)

    def ask(self, body: Any, *, protocol: int = NATIVE, header: int = 0) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        id, frame = self.frame(raw, protocol=protocol, header=header)
        self.socket.sendall(frame)
        answer = self.receive()
        assert answer.id == id
        return answer

    def receive(self) -> Answer:
        head = RESPONSE.unpack(self._take(RESPONSE.size))
        return Answer(head, self._take(head[0] - (RESPONSE.size - 4)))

    def hung_up(self) -> bool:
        return self.socket.recv(1) == b""

    def close(self) -> None:
        self.socket.close()

    def _take(self, size: int) -> bytes:
        while len(self._received) < size:
            data = self.socket.recv(1 << 20)
            if not data:
                raise ConnectionResetError("the worker hung up")
            self._received += data
        taken, self._received = self._received[:size], self._received[size:]
        return taken


class WorkerProcess:
    """A worker and the host's ends of its pipes."""

    def __init__(self, command: str, specification: dict[str, Any], folder: Path, *, listen: str = "") -> None:
        """`listen`: the address at which the worker is to listen by itself; empty: it inherits a listening socket."""
        self._lifeline, their_end = socket.socketpair()  # what asyncio, and so the host, gives its children as a pipe
        self.folder = folder
        self.address = f"unix:{folder / 'w.sock'}"
        reader, writer = os.pipe()
        passed = [writer]
        arguments = [sys.executable, "-I", str(WORKER), command, "--report-fd", str(writer)]
        listener = socket.socket(socket.AF_UNIX)
        if listen:
            arguments += ["--listen", listen]
        elif command == "serve":
            listener.bind(str(folder / "w.sock"))
            listener.listen(16)
            passed.append(listener.fileno())
            arguments += ["--listen-fd", str(listener.fileno())]
        self.log = folder / "worker.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                arguments, stdin=their_end, stdout=log, stderr=log, pass_fds=passed, cwd=folder
            )
        os.close(writer)
        listener.close()
        self._reports = os.fdopen(reader, "r")
        their_end.close()
        self._lifeline.sendall(json.dumps(specification).encode() + b"\n")
        self._gateways: list[Gateway] = []

    def event(self) -> dict[str, Any]:
        line = self._reports.readline()
        assert line, f"the worker said nothing more; its log: {self.log.read_text()}"
        found: dict[str, Any] = json.loads(line)
        return found

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._reports]

    def gateway(self) -> Gateway:
        self._gateways.append(Gateway(self.address))
        return self._gateways[-1]

    def cut_lifeline(self) -> None:
        self._lifeline.close()

    def wait(self) -> int:
        return self.process.wait(60)

    def end(self) -> None:
        for gateway in self._gateways:
            gateway.close()
        self.process.kill()
        self.process.wait()
        self._lifeline.close()
        self._reports.close()


Start = Callable[..., WorkerProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a worker on a bundle: `start(files={"predict.py": …}, loader={…}, signature={…}, …)`."""
    running: list[WorkerProcess] = []

    def begin(
        *,
        command: str = "serve",
        files: dict[str, str | bytes] | None = None,
        loader: dict[str, Any] | None = None,
        signature: dict[str, Any] | None = ONE_NUMBER,
        example: list[Any] | None = None,
        manifest_fields: dict[str, Any] | None = None,
        timeout: float = 30.0,
        listen: str = "",
        **more: Any,
    ) -> WorkerProcess:
        folder = tmp_path / f"worker-{len(running)}"
        bundle = folder / "bundle"
        bundle.mkdir(parents=True)
        manifest: dict[str, Any] = {"loader": loader or {"kind": "python", "entry": "predict.py:predict"}}
        manifest |= manifest_fields or {}
        manifest["timeout"] = timeout
        for name, content in (files or {}).items():
            (bundle / name).write_bytes(content.encode() if isinstance(content, str) else content)
        if example is not None:
            (bundle / "example.json").write_text(json.dumps({"inputs": example}))
            manifest["example"] = "example.json"
        specification = {
            "bundle": str(bundle), "model": "iris", "version": 3, "manifest": manifest, "signature": signature,
            "batchable": True, "max_batch_rows": 1024, "max_batch_bytes": 1 << 24, **more,
        }  # fmt: skip
        worker = WorkerProcess(command, specification, folder, listen=listen)
        running.append(worker)
        if command == "serve" and not more.pop("expect_failure", False):
            event = worker.event()
            assert event["event"] == "serving", f"{event}\n{worker.log.read_text()}"
            worker.address = event["address"]
        return worker

    yield begin
    for worker in running:
        worker.end()
