"""A stage for one real gateway process: a host and workers that speak the real frames, and a control, all in this process."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.support.configs import config_of
from tests.support.routes import TOKEN, hashed, one_model
from tests.support.routing import publish_routing
from tests.support.segments import records_in
from tests.support.waiting import wait_until
from unshelf.contracts.configs import GatewayConfig
from unshelf.contracts.protocols import frames
from unshelf.contracts.protocols.host import (
    Ack,
    Addresses,
    Awake,
    Describe,
    Described,
    DiagnoseExit,
    ExitDiagnosis,
    Failed,
    FromHost,
    InFlight,
    Replica,
    ToHost,
    VersionAddresses,
    Wake,
)
from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.routing import KeyRoute, ModelRoute, RoutingTable
from unshelf.runtime.messages import MessageReader, frame_message

_requests: MessageReader[ToHost] = MessageReader(ToHost)


class HandedSocket(socket.socket):
    """Keeps the descriptors that come with the bytes, which asyncio's streams do not know; so do the sockets that it accepts."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.descriptors: list[int] = []

    def accept(self) -> tuple[socket.socket, Any]:
        accepted, address = super().accept()
        return HandedSocket(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach()), address

    def recv(self, size: int, flags: int = 0) -> bytes:
        data, descriptors, _, _ = socket.recv_fds(self, size, 8, flags)
        self.descriptors += descriptors
        return data

    def handed(self) -> bytes:
        """What lies in the memory of the descriptor that came first."""
        descriptor = self.descriptors.pop(0)
        try:
            return os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        finally:
            os.close(descriptor)


class Worker:
    """Echoes the inputs; the field `do` of a body makes it misbehave: die, hang, sleep, stop, garbage, raise, status;
    or `stream`: it sends `chunks`, and the rest when a test has it do so by `go_on`."""

    def __init__(self, name: str, *, tcp: bool = False) -> None:
        self.address = f"unix:{name}"
        self._name = name
        self._tcp = tcp
        self.seen: list[dict[str, Any]] = []
        self.cancelled: list[int] = []
        self.handed_over = 0
        """Bodies that came by their descriptors."""
        self.streaming: list[tuple[asyncio.StreamWriter, int]] = []
        self.connections: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, folder: Path) -> None:
        if self._tcp:
            self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.address = f"tcp:127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
            return
        listener = HandedSocket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(folder / self._name))
        self.server = await asyncio.start_unix_server(self._serve, sock=listener)

    def die(self) -> None:
        """End as a killed process does: every connection breaks off, and the socket answers no more."""
        assert self.server is not None
        self.server.close()
        for writer in list(self.connections):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.add(writer)
        connected: HandedSocket = writer.get_extra_info("socket")._sock
        try:
            while True:
                head = await reader.readexactly(frames.REQUEST.size)
                length, number, kind, protocol, flags, header = frames.REQUEST.unpack(head)
                body = await reader.readexactly(length - frames.REQUEST.size + frames.LENGTH_BYTES)
                if flags & frames.BODY_BY_FD:
                    self.handed_over += 1
                    place = len(body) - frames.HANDED.size  # parameters may stand before it
                    memory = connected.handed()
                    assert frames.HANDED.unpack_from(body, place) == (len(memory),)
                    body = body[:place] + memory
                if kind == frames.CANCEL:
                    self.cancelled.append(number)
                    continue
                task = asyncio.ensure_future(self._answer(writer, number, protocol, header, body))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections.discard(writer)
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, number: int, protocol: int, header: int, body: bytes) -> None:
        try:
            asked = json.loads(body[: header or None])
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            self.reply(writer, number, b'{"code":"malformed_request","detail":"not JSON"}', status=400)
            return
        self.seen.append(asked)
        do = asked.get("do", "")
        if do == "sleep":
            await asyncio.sleep(asked["seconds"])
        if do == "die":
            self.die()
        elif do == "hang":
            pass
        elif do == "stream":
            self.streaming.append((writer, number))
            await self.go_on(*asked["chunks"])
        elif do == "garbage":
            writer.write(b"\xff" * 64)
        elif do == "status":
            self.reply(writer, number, json.dumps(asked["payload"]).encode(), status=asked["status"])
        elif protocol == frames.NATIVE:
            flags = frames.STOPPING if do == "stop" else 0
            self.reply(writer, number, json.dumps(asked.get("inputs")).encode(), flags=flags)
        elif protocol == frames.V2:
            part = json.dumps({"outputs": asked.get("inputs")}).encode()
            self.reply(writer, number, part + body[header or len(body) :], header=len(part) if header else 0)
        else:
            self.reply(writer, number, body)

    async def go_on(self, *chunks: Any, end: bool = False) -> None:
        """More of the latest stream; `end`: and its last frame."""
        writer, number = self.streaming[-1]
        for chunk in chunks:
            self.reply(writer, number, json.dumps(chunk, indent=1).encode(), flags=frames.MORE)
        if end:
            self.reply(writer, number, b"")

    async def fail(self, **fault: str) -> None:
        """The model of the latest stream raised."""
        self.reply(*self.streaming[-1], json.dumps(fault).encode(), status=500)

    def reply(
        self, writer: asyncio.StreamWriter, number: int, payload: bytes, *, status: int = 200, **fields: int
    ) -> None:
        length = frames.RESPONSE.size - frames.LENGTH_BYTES + len(payload)
        flags, header = fields.get("flags", 0), fields.get("header", 0)
        writer.write(frames.RESPONSE.pack(length, number, status, flags, header, 1, 1500, 2500) + payload)


class HostClient:
    """Gives each version a worker, and a new one when the last is not wanted any more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: dict[tuple[str, int], Worker] = {}
        self.every_worker: list[Worker] = []
        self.wakes: list[Wake] = []
        self.failing: dict[str, Failed] = {}
        self.pause = 0.0
        self.told: list[ToHost] = []
        """All that it was told or asked, wakes apart."""
        self.tcp = False
        """Whether new workers listen on TCP."""
        self.out_of_memory = ""
        self.served: list[VersionAddresses] = []
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        (self.folder / "host.sock").unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.folder / "host.sock")

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._connections):
            writer.transport.abort()

    async def stop_everything(self) -> None:
        await self.stop()
        for worker in self.every_worker:
            worker.die()
        await asyncio.sleep(0.05)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while True:
                asked = await _requests.read(reader)
                writer.write(frame_message(await self._answer(asked)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _answer(self, asked: ToHost) -> FromHost:
        if isinstance(asked, Describe):
            return Described(id=asked.id, replicas=self._replicas())
        if isinstance(asked, Wake):
            self.wakes.append(asked)
            await asyncio.sleep(self.pause)
            return await self._wake(asked)
        self.told.append(asked)
        if isinstance(asked, DiagnoseExit):
            return ExitDiagnosis(id=asked.id, out_of_memory=self.out_of_memory)
        if isinstance(asked, InFlight):
            return Addresses(id=asked.id, served=self.served)
        return Ack(id=asked.id)

    def _replicas(self) -> list[Replica]:
        return [
            Replica(
                model=model, version=version, pid=1, address=worker.address, state="serving", memory_bytes=5000,
                started_at=0.0, last_used_at=0.0, requests=0,
            )
            for (model, version), worker in self.workers.items()
        ]  # fmt: skip

    async def _wake(self, wake: Wake) -> Awake | Failed:
        if wake.model in self.failing:
            return msgspec.structs.replace(self.failing[wake.model], id=wake.id)
        key = (wake.model, wake.version)
        worker = self.workers.get(key)
        if worker is None or worker.address == wake.not_address:
            worker = await self.new_worker(key)
        return Awake(id=wake.id, address=worker.address, how="spawned")

    async def new_worker(self, key: tuple[str, int]) -> Worker:
        worker = Worker(f"w{len(self.every_worker)}.sock", tcp=self.tcp)
        self.every_worker.append(worker)
        await worker.start(self.folder)
        self.workers[key] = worker
        return worker


class Stage:
    """The run folder, the host, and the gateway process on a real loopback port."""

    def __init__(self, **config: Any) -> None:
        # Not pytest's folder: a socket's path may have 108 bytes.
        self.home = Path(tempfile.mkdtemp(prefix="gateway-"))
        self.run = self.home / "run"
        self.run.mkdir()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.host = HostClient(self.run)
        self._config = config
        self._generation = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.do(self.host.start())
        self.publish({"iris": one_model()})
        self.client = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        self.start_gateway()

    def start_gateway(self) -> None:
        given = {
            "index": 0, "gateways": 1, "listen_fd": self.socket.fileno(), "max_body_bytes": 1 << 20, "max_in_flight": 64,
            "allowed_hosts": ["127.0.0.1", "localhost"], "segment_bytes": 1 << 20, **self._config,
        }  # fmt: skip
        config = msgspec.json.encode(config_of(GatewayConfig, self.home, **given)).decode()
        self.log = (self.home / "gateway.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "unshelf.gateway", config], cwd=self.run, stdin=subprocess.PIPE, stdout=self.log,
            stderr=self.log, pass_fds=[self.socket.fileno()],
        )  # fmt: skip
        wait_until(lambda: self.client.get("/readyz").status_code == 200)

    def stop_gateway(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.end_of_gateway()

    def end_of_gateway(self) -> int:
        code = self.process.wait(60)
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.log.close()
        return code

    def close(self) -> None:
        self.process.kill()
        self.end_of_gateway()
        self.client.close()
        self.do(self.host.stop_everything())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.socket.close()
        shutil.rmtree(self.home)

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run it in the loop of the host and the workers."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def publish(self, models: dict[str, ModelRoute], keys: dict[str, KeyRoute] | None = None) -> None:
        self._generation += 1
        known = {hashed(TOKEN): KeyRoute(id="k1", name="tests", permissions=("model.predict",)), **(keys or {})}
        publish_routing(self.run, RoutingTable(generation=self._generation, keys=known, models=models))

    def publish_bytes(self, content: bytes) -> None:
        """Replace the index by this."""
        new = self.run / "routing" / ".new"
        new.write_bytes(content)
        new.replace(self.run / "routing" / "index.json")

    def predict(self, inputs: Any = None, reference: str = "iris", **fields: Any) -> httpx.Response:
        body = {"inputs": [1.5] if inputs is None else inputs, **fields}
        return self.client.post(f"/models/{reference}/predict", json=body)

    def records(self) -> list[PredictionRecord]:
        """All that the gateway recorded, oldest first."""
        return records_in(sorted((self.home / "predictions").glob("*.seg")))

    def logged(self) -> list[dict[str, Any]]:
        """The gateway's log lines."""
        return [json.loads(line) for line in (self.home / "gateway.log").read_text().splitlines()]
