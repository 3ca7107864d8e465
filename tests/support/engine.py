"""A container engine of a test's own: a dockerd that ends with the test, however the test ends."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.support.waiting import wait_until

PROGRAMS = ("dockerd", "docker", "setpriv", "unshare")
_ENDS_WITH_US = (
    "setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc",
)  # fmt: skip
"""The engine is process 1 of a namespace: when it or whoever started it is killed, the kernel ends all that is in it (containerd, its
shims, containers), and what the engine mounted goes with its namespace of mounts."""


@dataclass
class Engine:
    """An engine that runs."""

    folder: Path
    containers: list[str] = field(default_factory=list)

    def docker(self, *arguments: str, check: bool = True) -> str:
        """Run a command of docker; what it printed on standard output."""
        done = self._run(*arguments)
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout.strip()

    def answers(self) -> bool:
        """Whether the engine takes commands."""
        return self._run("ps").returncode == 0

    def inspect(self, container: str) -> dict[str, Any]:
        """All that the engine knows of a container."""
        found: dict[str, Any] = json.loads(self.docker("inspect", container))[0]
        return found

    def run(self, *arguments: str) -> str:
        """Start a container, which is removed at the end; its id."""
        container = self.docker("run", "--detach", *arguments)
        self.containers.append(container)
        return container

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["docker", "--host", f"unix://{self.folder}/docker.sock", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)


@contextlib.contextmanager
def running_engine(folder: Path) -> Iterator[Engine]:
    """Start an engine that keeps all in `folder`, without a network of its own."""
    command = [
        *_ENDS_WITH_US,
        "dockerd", "--default-ulimit", "nofile=20000:20000", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
        "--pidfile", f"{folder}/pid", "--host", f"unix://{folder}/docker.sock", "--bridge", "none", "--iptables=false",
    ]  # fmt: skip
    # `docker top` is the engine's `ps`, which would cut its lines at the width of a terminal that it is given.
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=environment) as process,
    ):
        engine = Engine(folder)
        try:
            wait_until(lambda: engine.answers() or process.poll() is not None, what="dockerd is up")
            assert process.poll() is None, (folder / "log").read_text()[-3000:]
            yield engine
        finally:
            for container in engine.containers:
                engine.docker("rm", "--force", "--volumes", container, check=False)
            with contextlib.suppress(psutil.NoSuchProcess):  # it did not come up
                for child in psutil.Process(process.pid).children():  # unshare passes no signal on
                    child.terminate()
            process.wait(60)
