"""Load by wrk: many requests over a number of connections, each sent as soon as the one before it is answered."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SCRIPT = Path(__file__).with_name("load.lua")
_MARK = "FIGURES "


class NoLoadGenerator(Exception):
    """wrk is not installed."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where the load goes, and what is sent."""

    url: str
    body: str
    token: str | None = None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one run of the load came to. Times are in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float
    worst: float
    refused: int
    """Answers other than 2xx and 3xx."""
    broken: int
    """Connections that failed."""
    late: int
    """Answers that took more than the 10 seconds that are waited."""

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return (self.requests - self.refused) / self.seconds

    @property
    def errors(self) -> int:
        """All that went wrong."""
        return self.refused + self.broken + self.late


def require_wrk() -> str:
    """The path of wrk; raises NoLoadGenerator, which says how to get it."""
    found = shutil.which("wrk")
    if found is None:
        raise NoLoadGenerator(
            "the load comes from wrk, which is not on PATH. Debian and Ubuntu: apt install wrk. macOS: brew install wrk."
        )
    return found


def run_load(target: Target, *, connections: int, seconds: float, warm_up: float = 0) -> Figures:
    """Load the target, after a warm-up over the same number of connections that is not counted."""
    if warm_up:
        _wrk(target, connections, warm_up)
    return _wrk(target, connections, seconds)


def _wrk(target: Target, connections: int, seconds: float) -> Figures:
    environment = {**os.environ, "BENCH_BODY": target.body}
    environment.pop("BENCH_TOKEN", None)
    if target.token is not None:
        environment["BENCH_TOKEN"] = target.token
    command = [
        require_wrk(), "-t", "1", "-c", str(connections), "-d", f"{max(1, round(seconds))}s", "--timeout", "10s",
        "-s", str(_SCRIPT), target.url,
    ]  # fmt: skip
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        if line.startswith(_MARK):
            return Figures(**json.loads(line.removeprefix(_MARK)))
    raise RuntimeError(f"wrk gave no figures (status {done.returncode})\n{done.stdout}\n{done.stderr}")
