"""A stand-in for the host that speaks its real frames over a real socket: it prepares, wakes and forgets on paper only."""

import contextlib
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tests.support.stand_in_jobs import StandInJobs
from unshelf.contracts.bundle import Checks, Loader, Manifest
from unshelf.contracts.machine import MachineCheck, MachineFacts
from unshelf.contracts.metering.usage import MeteredUse, TakenUsage, TakeUsage
from unshelf.contracts.protocols.bundling import MadeBundle
from unshelf.contracts.protocols.environments import (
    ArchiveChunk,
    ArchiveEnd,
    BuildEnvironment,
    EnvironmentBuilt,
    ExportEnvironment,
)
from unshelf.contracts.protocols.host import (
    Ack,
    Awake,
    Bundled,
    BundleFiles,
    Delete,
    Deleted,
    Describe,
    Described,
    DescribeSecrets,
    Failed,
    FromHost,
    HeldSecrets,
    HoldSecrets,
    Prepare,
    Prepared,
    Progress,
    Replica,
    Step,
    ToHost,
    Wake,
)
from unshelf.contracts.protocols.jobs import CodeRefs, ListRefs
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.runtime.messages import MessageReader, frame_message

_requests: MessageReader[ToHost] = MessageReader(ToHost)
MACHINE = MachineFacts(
    cores=2, memory_bytes=8 << 30, memory_free_bytes=4 << 30, disk_bytes=100 << 30, disk_free_bytes=50 << 30, gpus=1, gpus_free=0,
    platform="Linux", python="3.11.7", pythons=["3.11.7"], uv="0.13.0", cgroups=2, cgroups_writable=False,
    open_files_limit=4096, processes_limit=None, user_namespaces=True,
    checks=[MachineCheck(name="cgroups", state="warn", detail="not writable", hint="Delegate them.")],
)  # fmt: skip
STEPS: tuple[Step, ...] = ("lock", "build", "check")
SIGNATURE = Signature(
    inputs=Columns(columns=[Column(name="a", type="float64")]),
    outputs=Columns(columns=[Column(name="output", type="float64")], container="values"),
)


@dataclass
class StandInUsage:
    """A meter: lines that were not given yet, and the last batch."""

    lines: list[MeteredUse] = field(default_factory=list)
    _batch: TakenUsage = field(default_factory=lambda: TakenUsage(id=0, source="stand-in", number=0, lines=[]))

    def after(self, request: TakeUsage) -> TakenUsage:
        """Return the batch after the one that was taken in, which is given again until then."""
        if request.taken >= self._batch.number or request.source != self._batch.source:
            lines, self.lines = self.lines, []
            self._batch = TakenUsage(id=0, source="stand-in", number=self._batch.number + 1, lines=lines)
        return msgspec.structs.replace(self._batch, id=request.id)


@dataclass
class StandInHost:
    """Answers on a socket; what it is told to fail with comes as the host would say it."""

    path: Path
    fail_prepare: Failed | None = None
    hangs_up_at: Step | None = None
    """At which step of a preparation it hangs up, once, as one does that is replaced."""
    fail_build: Failed | None = None
    fail_wake: Failed | None = None
    bundle: Callable[[BundleFiles], MadeBundle | Failed] = lambda request: MadeBundle(manifest=manifest_of(request))
    """What it makes of uploaded files."""
    gate: threading.Event | None = None
    """Set: a preparation waits for it before its check ends."""
    delete_gate: threading.Event | None = None
    """Set: a deletion waits for it before it is answered."""
    on_wake: Callable[[str, int], None] = lambda _model, _version: None
    prepared: list[Manifest] = field(default_factory=list)
    built: list[BuildEnvironment] = field(default_factory=list)
    """The environments that were asked for without a bundle."""
    woken: list[tuple[str, int]] = field(default_factory=list)
    forgotten_bundles: list[str] = field(default_factory=list)
    forgotten_environments: list[str] = field(default_factory=list)
    replicas: list[Replica] = field(default_factory=list)
    secrets: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    """Model → revision and values, as control brought them."""
    checked_with: list[dict[str, str]] = field(default_factory=list)
    """The secrets that came with each preparation."""
    usage: StandInUsage = field(default_factory=StandInUsage)
    """What was used of the machine."""
    jobs: StandInJobs = field(default_factory=StandInJobs)
    """The attempts of jobs."""

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
                thread.join(60)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # shut down
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            request = _requests.receive(connection)
            if isinstance(request, Prepare):
                self._prepare(request, connection)
            elif isinstance(request, BundleFiles):
                made = self.bundle(request)
                _write(connection, made if isinstance(made, Failed) else Bundled(id=request.id, bundle=made))
            elif isinstance(request, Wake):
                self.woken.append((request.model, request.version))
                self.on_wake(request.model, request.version)
                _write(connection, self.fail_wake or Awake(id=request.id, address="unix:w1.sock"))
            elif isinstance(request, Describe):
                _write(
                    connection,
                    Described(id=request.id, machine=MACHINE if request.machine else None, replicas=self.replicas),
                )
            elif isinstance(request, HoldSecrets):
                self.secrets[request.model] = (request.revision, request.values)
                if not request.revision:
                    del self.secrets[request.model]
                _write(connection, Ack(id=request.id))
            elif isinstance(request, TakeUsage):
                _write(connection, self.usage.after(request))
            elif isinstance(request, DescribeSecrets):
                revisions = {model: revision for model, (revision, _) in self.secrets.items()}
                _write(connection, HeldSecrets(id=request.id, revisions=revisions))
            elif isinstance(request, ListRefs):
                _write(connection, CodeRefs(id=request.id, default="main", branches=["main"], tags=[]))
            elif isinstance(request, BuildEnvironment):
                self._build(request, connection)
            elif isinstance(request, ExportEnvironment):
                for data in (request.name.encode(), request.environment.encode()):
                    _write(connection, ArchiveChunk(id=request.id, data=data))
                _write(connection, ArchiveEnd(id=request.id))
            elif self.jobs.takes(request):
                with contextlib.suppress(OSError):  # the sender hung up
                    self.jobs.answer(request, lambda message: connection.sendall(frame_message(message)))
            elif isinstance(request, Delete):
                self.forgotten_bundles += request.bundles
                self.forgotten_environments += request.environments
                if self.delete_gate is not None:
                    self.delete_gate.wait(60)
                _write(connection, Deleted(id=request.id))

    def _build(self, request: BuildEnvironment, connection: socket.socket) -> None:
        self.built.append(request)
        for step in STEPS[:2]:
            _write(connection, Progress(id=request.id, step=step, state="started"))
            if self.fail_build is not None and self.fail_build.step == step:
                _write(connection, self.fail_build)
                return
            if step == "build" and self.gate is not None:
                self.gate.wait(60)
            _write(
                connection, Progress(id=request.id, step=step, state="done", detail=f"{step} went well", seconds=0.01)
            )
        lock = request.lock or lock_of(request.requirements)
        _write(
            connection,
            EnvironmentBuilt(
                id=request.id, lock=lock, environment=hash_of(lock), python="3.11.7", built=True, bytes=4096
            ),
        )

    def _prepare(self, request: Prepare, connection: socket.socket) -> None:
        self.prepared.append(request.manifest)
        self.checked_with.append(request.secrets)
        for step in STEPS:
            _write(connection, Progress(id=request.id, step=step, state="started"))
            if self.hangs_up_at == step:
                self.hangs_up_at = None
                return
            if self.fail_prepare is not None and self.fail_prepare.step == step:
                _write(connection, self.fail_prepare)
                return
            if step == "check" and self.gate is not None:
                self.gate.wait(60)
            _write(
                connection, Progress(id=request.id, step=step, state="done", detail=f"{step} went well", seconds=0.01)
            )
        _write(connection, Prepared(id=request.id, built=True, **prepared_for(request.manifest)))


def manifest_of(request: BundleFiles) -> Manifest:
    """What this host makes of uploaded files: a bundle of all of them."""
    return Manifest(
        loader=Loader(kind="python"), files=request.files, python="3.11", requirements=request.choices.requirements
    )


def hash_of(lock: str) -> str:
    """How this host names the environment of a lock."""
    return hashlib.sha256(lock.encode()).hexdigest()


def lock_of(requirements: list[str]) -> str:
    """The lock that this host makes: each name with the version that it is pinned to, or 1.0."""
    packages = (each.partition(" ")[0].partition("==") for each in requirements)
    return 'lock-version = "1.0"\n' + "".join(
        f'[[packages]]\nname = "{name}"\nversion = "{version or "1.0"}"\n'
        f'wheels = [{{ url = "https://index/{name}.whl", hashes = {{ sha256 = "{"a" * 64}" }} }}]\n'
        for name, _, version in packages
    )


def prepared_for(manifest: Manifest) -> dict[str, Any]:
    """What this host makes of a manifest: one environment for the same requirements."""
    lock = lock_of(manifest.requirements)
    return {
        "lock": lock,
        "environment": hash_of(lock),
        "checks": Checks(
            python="3.11.7",
            load_seconds=0.1,
            memory_bytes=1 << 20,
            batchable=True,
            batch_rows=1024,
            signature=SIGNATURE,
            modules=["json"],
        ),
    }


def _write(connection: socket.socket, message: FromHost) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the sender gave up what it asked for
        connection.sendall(frame_message(message))
