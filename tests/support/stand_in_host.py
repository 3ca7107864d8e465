"""A stand-in for the host that speaks its real frames over a real socket: it prepares, wakes and forgets on paper only."""

import hashlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.bundle import Checks, Manifest
from unshelf.contracts.hosting import (
    Awake,
    Describe,
    Described,
    Failed,
    Forget,
    Forgotten,
    FromHost,
    Prepare,
    Prepared,
    Progress,
    Replica,
    Step,
    ToHost,
    Wake,
)
from unshelf.contracts.signature import Column, Columns, Signature

STEPS: tuple[Step, ...] = ("lock", "build", "check")
SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name="a", type="float64")]),
    outputs=Columns(columns=[Column(name="output", type="float64")], container="values"),
)


@dataclass
class StandInHost:
    """Answers on a socket; what it is told to fail with comes as the host would say it."""

    path: Path
    fail_prepare: Failed | None = None
    fail_wake: Failed | None = None
    gate: threading.Event | None = None
    """Set: a preparation waits for it before its check ends."""
    on_wake: Callable[[str, int], None] = lambda _model, _version: None
    prepared: list[Manifest] = field(default_factory=list)
    woken: list[tuple[str, int]] = field(default_factory=list)
    forgotten_bundles: list[str] = field(default_factory=list)
    forgotten_environments: list[str] = field(default_factory=list)
    replicas: list[Replica] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["StandInHost"]:
        """Answer until the end of the block."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(self.path))
            listener.listen(32)
            thread = threading.Thread(target=self._accept, args=(listener,), daemon=True)
            thread.start()
            try:
                yield self
            finally:
                self.path.unlink(missing_ok=True)
                listener.shutdown(socket.SHUT_RDWR)
                thread.join(5)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # shut down
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            request = _read(stream)
            if isinstance(request, Prepare):
                self._prepare(request, stream)
            elif isinstance(request, Wake):
                self.woken.append((request.model, request.version))
                self.on_wake(request.model, request.version)
                _write(stream, self.fail_wake or Awake(id=request.id, address="w1.sock"))
            elif isinstance(request, Describe):
                _write(
                    stream,
                    Described(id=request.id, machine={"cores": 2} if request.machine else {}, replicas=self.replicas),
                )
            elif isinstance(request, Forget):
                self.forgotten_bundles += request.bundles
                self.forgotten_environments += request.environments
                _write(stream, Forgotten(id=request.id))

    def _prepare(self, request: Prepare, stream: Any) -> None:
        self.prepared.append(request.manifest)
        for step in STEPS:
            _write(stream, Progress(id=request.id, step=step, state="started"))
            if self.fail_prepare is not None and self.fail_prepare.step == step:
                _write(stream, self.fail_prepare)
                return
            if step == "check" and self.gate is not None:
                self.gate.wait(20)
            _write(stream, Progress(id=request.id, step=step, state="done", detail=f"{step} went well", seconds=0.01))
        _write(stream, Prepared(id=request.id, built=True, **prepared_for(request.manifest)))


def prepared_for(manifest: Manifest) -> dict[str, Any]:
    """What this host makes of a manifest: one environment for the same requirements."""
    lock = 'lock-version = "1.0"\n' + "".join(
        f'[[packages]]\nname = "{name}"\nversion = "1.0"\n' for name in manifest.requirements
    )
    return {
        "lock": lock,
        "environment": hashlib.sha256(lock.encode()).hexdigest(),
        "checks": Checks(
            python="3.11.7",
            load_seconds=0.1,
            memory_bytes=1 << 20,
            batchable=True,
            signature=SIGNATURE,
            modules=["json"],
        ),
    }


def _read(stream: Any) -> ToHost:
    (length,) = struct.unpack("<I", stream.read(4))
    return msgspec.msgpack.decode(stream.read(length), type=ToHost)


def _write(stream: Any, answer: FromHost) -> None:
    payload = msgspec.msgpack.encode(answer)
    stream.write(struct.pack("<I", len(payload)) + payload)
    stream.flush()
