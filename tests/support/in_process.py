"""Control in this process: the real wiring over a home folder of its own, with a stand-in for the host."""

import asyncio
import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.configs import config_of
from tests.support.databases import write_migrated
from tests.support.stand_in_host import StandInHost
from tests.support.waiting import wait_until
from unshelf.contracts.configs import ControlConfig
from unshelf.contracts.home import CONTROL_SOCKET, HOST_SOCKET, Home
from unshelf.contracts.routing import RoutingTable
from unshelf.runtime.routing_file import read_routing
from unshelf.server.home import make_home
from unshelf.server.serving import serve
from unshelf.server.wiring.control import build_control


@dataclass
class InProcessControl:
    """A control and the ways to look at it and at its folder."""

    home: Home
    host: StandInHost
    http: httpx.Client
    cleanup: ExitStack

    def client(self, **request: Any) -> httpx.Client:
        """A caller with a new key."""
        answer = self.http.post("/api/v1/keys", json={"name": "caller", **request})
        assert answer.status_code == 201, answer.text
        return self.cleanup.enter_context(_client(answer.json()["token"]))

    def upload(self, content: bytes, *, sender: httpx.Client | None = None) -> dict[str, Any]:
        """Upload a file, as an administrator unless told who sends it; its entry for a manifest."""
        digest = hashlib.sha256(content).hexdigest()
        answer = (sender or self.http).put(f"/api/v1/blobs/{digest}", content=content)
        assert answer.status_code in (200, 201), answer.text
        return {"path": f"{digest[:8]}.bin", "sha256": digest, "size": len(content)}

    def manifest(
        self, *contents: bytes, requirements: tuple[str, ...] = ("numpy",), sender: httpx.Client | None = None
    ) -> dict[str, Any]:
        """A manifest of these files, which are uploaded."""
        files = [self.upload(content, sender=sender) for content in contents]
        return {"loader": {"kind": "python"}, "files": files, "python": "3.11", "requirements": list(requirements)}

    def begin(self, name: str, manifest: dict[str, Any], **more: Any) -> str:
        """Begin a deploy; its id."""
        answer = self.http.post("/api/v1/deploys", json={"name": name, "manifest": manifest, **more})
        assert answer.status_code == 202, answer.text
        deploy_id: str = answer.json()["id"]
        return deploy_id

    def events(self, deploy_id: str) -> list[dict[str, Any]]:
        """Follow a deploy to its end."""
        answer = self.http.get(f"/api/v1/deploys/{deploy_id}/events")
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def deploy(
        self, name: str, *contents: bytes, requirements: tuple[str, ...] = ("numpy",), **more: Any
    ) -> dict[str, Any]:
        """Deploy files to the end; the end event."""
        manifest = self.manifest(*(contents or (b"model",)), requirements=requirements)
        return self.events(self.begin(name, manifest, **more))[-1]

    def show(self, reference: str) -> dict[str, Any]:
        """A model and a version of it."""
        answer = self.http.get(f"/api/v1/models/{reference}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def table(self) -> RoutingTable:
        """The routing state as gateways and the host see it."""
        return read_routing(self.home.run)

    def blobs(self) -> set[str]:
        """The digests of all files that are kept."""
        return {path.name for path in self.home.blobs.glob("??/*")}

    def audit(self) -> list[tuple[str, str]]:
        """What was done to what, in order, but for what the records' own loop closes meanwhile."""
        events = self.http.get("/api/v1/audit", params={"limit": 1000}).json()["events"]
        return [
            (event["action"], event["subject"])
            for event in reversed(events)
            if not event["action"].startswith("records.")
        ]


@contextmanager
def in_process_control(folder: Path, *, host_answers: bool = True, **settings: Any) -> Iterator[InProcessControl]:
    """Start control over `folder`, which may be the home of an earlier one; the working folder is its run folder meanwhile.

    `settings`: fields of its configuration."""
    home = Home(folder)
    make_home(home)
    if not (folder / "unshelf.db").exists():
        write_migrated(folder / "unshelf.db")
    before = Path.cwd()
    os.chdir(home.run)
    try:
        host = StandInHost(Path(HOST_SOCKET).absolute())
        control = build_control(
            config_of(ControlConfig, folder, index=0, **{"max_blob_bytes": 1 << 20, "start_seconds": 10, **settings})
        )
        control.start()
        token = (folder / "admin-token").read_text().strip()
        try:
            with ExitStack() as stack:
                if host_answers:
                    stack.enter_context(host.running())
                stack.enter_context(_serving(control.app, home.run / CONTROL_SOCKET))
                running = InProcessControl(home, host, stack.enter_context(_client(token)), stack)
                await_first_event_of_records(running.http.request)
                yield running
        finally:
            control.stop()
    finally:
        os.chdir(before)


@contextmanager
def _serving(app: object, path: Path) -> Iterator[None]:
    """Serve the app as control does, on its socket, from a thread."""
    path.unlink(missing_ok=True)
    stopping, begun = asyncio.Event(), threading.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        begun.set()
        await serve(app, Path(CONTROL_SOCKET), stopping)

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
    thread.start()
    begun.wait(60)
    wait_until(_listens, what="control listens")
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(60)
        loop.close()


def await_first_event_of_records(admin: Callable[..., httpx.Response]) -> None:
    """Wait until control has logged that it closes records, which a loop does at the first start: else that comes amid a test's events."""
    asked = {"action": "records.closed", "limit": 1}
    wait_until(
        lambda: admin("GET", "/api/v1/audit", params=asked).json()["events"],
        what="the first event of the records is logged",
    )


def _listens() -> bool:
    """Whether somebody takes connections: the socket is there before that."""
    with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
        connection.connect(CONTROL_SOCKET)
        return True
    return False


def _client(token: str) -> httpx.Client:
    return httpx.Client(
        base_url="http://control",
        transport=httpx.HTTPTransport(uds=CONTROL_SOCKET),
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
