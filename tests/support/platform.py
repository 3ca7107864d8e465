"""A real platform in a home folder of its own, started by `unshelf up` as a person would."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.support.backends import BACKENDS
from tests.support.processes import matching

UNSHELF = [str(Path(sys.executable).with_name("unshelf"))]
READY_SECONDS = 120.0


@dataclass
class Platform:
    """A running platform and the ways to look at it from outside."""

    home: Path
    url: str
    process: subprocess.Popen[str]
    log: Path
    http: httpx.Client = field(init=False)
    _drain: threading.Thread | None = None
    _clients: list[httpx.Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = self.client(self.token)

    @property
    def token(self) -> str:
        return (self.home / "admin-token").read_text().strip()

    def client(self, token: str | None) -> httpx.Client:
        """An HTTP client of a caller with this token (None: nobody)."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.Client(base_url=self.url, headers=headers, timeout=60)
        self._clients.append(client)
        return client

    def environment(self) -> dict[str, str]:
        """The environment in which the CLI and the SDK find this platform."""
        return {**os.environ, "UNSHELF_URL": self.url, "UNSHELF_TOKEN": self.token}

    def cli(self, *arguments: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run an `unshelf` command against this platform; with `check`, a failure fails the test and shows what it said."""
        done = subprocess.run(
            [*UNSHELF, *arguments],
            env=self.environment(),
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"unshelf {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def predict(self, reference: str, rows: list[Any]) -> Any:
        """The outputs of a native call; anything but 200 fails the test with the answer shown."""
        answer = self.http.post(f"/models/{reference}/predict", json={"inputs": rows})
        assert answer.status_code == 200, answer.text
        return answer.json()["outputs"]

    def key(self, **request: Any) -> str:
        """The token of a new API key."""
        answer = self.http.post("/api/v1/keys", json={"name": "test", "role": "predict", **request})
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    def records(self, reference: str, tail: int = 100_000) -> list[dict[str, Any]]:
        """What the log says about a model, oldest first."""
        answer = self.http.get(f"/api/v1/models/{reference}/predictions", params={"tail": tail})
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def processes(self, role: str) -> list[psutil.Process]:
        """Processes under the supervisor that play `role`: control, gateway, host, worker or zygote."""
        marks = {
            "control": "unshelf.server.control",
            "gateway": "unshelf.gateway",
            "host": "unshelf.host",
            "worker": "worker/__main__.py",
            "zygote": "worker/__main__.py",
        }
        return matching(
            psutil.Process(self.process.pid).children(recursive=True),
            lambda child: any(marks[role] in word for word in child.cmdline()) and role in _plays(child),
        )

    def kill(self, role: str) -> int:
        """kill -9 one process of the role; its pid."""
        victim = self.processes(role)[0]
        victim.send_signal(signal.SIGKILL)
        return int(victim.pid)

    def stop(self) -> None:
        """End it as `kill` would, and wait until it is gone."""
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(60)
                raise AssertionError(f"the platform did not stop within 30 s; its log: {self.log}") from None
        if self._drain is not None:
            self._drain.join(60)
        if self.process.stdout is not None:
            self.process.stdout.close()


def _plays(process: psutil.Process) -> tuple[str, ...]:
    """The roles of a process. A forked worker has the command line of its zygote, as what keeps a sandbox has that of the program in it."""
    words = process.cmdline()
    if any(word.endswith("/host/sandbox") for word in words):
        return ()
    if "zygote" not in words:
        return ("control", "gateway", "host", "worker")
    status = Path(f"/proc/{process.pid}/status").read_text()
    pids = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
    if len(pids) > 1:
        zygotes = (
            2  # pid namespaces, the machine's and its own; a forked worker's is one more, whose process 1 keeps it
        )
        if len(pids) == zygotes:
            return ("zygote",)
        # What keeps a worker is not the worker, and one that was forked ahead leads no session as long as it waits.
        return ("worker",) if pids[-1] != "1" and os.getsid(process.pid) == process.pid else ()
    parent = process.parent()
    return ("worker",) if parent is not None and "zygote" in parent.cmdline() else ("zygote",)


@contextlib.contextmanager
def running_platform(home: Path, *, program: Sequence[str] = UNSHELF, **settings: str) -> Iterator[Platform]:
    """`unshelf up` on a free port with `settings` as environment variables (`max_body_bytes="1000"`); stopped at the end.

    `program`: the `unshelf` to run, when it is not this checkout's."""
    log = home.with_name(f"{home.name}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNSHELF_")}
    chosen = {**BACKENDS.settings(home), **settings}
    environment |= {f"UNSHELF_{name.upper()}": value for name, value in chosen.items()}
    with log.open("a") as stderr:
        process = subprocess.Popen(
            [*program, "up", "--home", str(home), "--port", settings.get("port", "0")],
            stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment,
        )  # fmt: skip
    url = _await_ready(process, log)
    # Later lines are read and dropped, so that a full pipe never stops the platform.
    drain = threading.Thread(target=lambda: [None for _ in process.stdout or ()], daemon=True)
    drain.start()
    platform = Platform(home=home, url=url, process=process, log=log, _drain=drain)
    try:
        yield platform
    finally:
        platform.stop()


def _await_ready(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    timer = threading.Timer(READY_SECONDS, process.kill)
    timer.start()
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if line.startswith("ready "):
                return line.split()[1]
    finally:
        timer.cancel()
    process.wait(60)
    raise AssertionError(
        f"unshelf up was not ready within {READY_SECONDS} s\n{''.join(said)}\n{log.read_text()[-4000:]}"
    )
