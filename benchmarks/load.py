"""Load by wrk: many requests over a number of connections, each sent as soon as the one before it is answered."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCRIPT = Path(__file__).with_name("load.lua")
_MARK = "COUNTED "


class NoLoadGenerator(Exception):
    """wrk is not installed."""


@dataclass(frozen=True, kw_only=True)
class VersionTarget:
    """Where the load goes, and what is sent."""

    url: str
    body: str
    token: str | None = None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one run of the load came to. Times, of all answers, are in milliseconds."""

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


def run_load(
    target: VersionTarget, *, connections: int, seconds: float, warm_up: float = 0, pause_ms: int = 0
) -> Figures:
    """Load the target, after a warm-up over the same number of connections that is not counted.

    `pause_ms`: the mean time that a connection waits between an answer and its next request."""
    if warm_up:
        _wrk(target, connections, warm_up, pause_ms)
    return _wrk(target, connections, seconds, pause_ms)


def _wrk(target: VersionTarget, connections: int, seconds: float, pause_ms: int) -> Figures:
    environment = {**os.environ, "BENCH_BODY": target.body, "BENCH_PAUSE_MS": str(pause_ms)}
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
            return _figures(json.loads(line.removeprefix(_MARK)), connections)
    raise RuntimeError(f"wrk gave no figures (status {done.returncode})\n{done.stdout}\n{done.stderr}")


def _figures(counted: Mapping[str, Any], connections: int) -> Figures:
    each = counted["requests"] // connections
    mean = counted["microseconds"] // each if each else 0
    waits = as_waited(counted["waits"], mean)
    if (
        not counted["requests"] - counted["late"] <= sum(waits.values()) <= counted["requests"]
        or min(waits.values(), default=0) < 0
    ):
        raise RuntimeError(
            f"wrk's counts of waits do not add up to its {counted['requests']} answers: is it a new version?"
        )
    p50, p99, worst = (quantile(waits, share) / 1000 for share in (0.5, 0.99, 1.0))
    return Figures(
        requests=counted["requests"], seconds=counted["microseconds"] / 1e6, p50=p50, p99=p99, worst=worst,
        refused=counted["refused"], broken=counted["broken"], late=counted["late"],
    )  # fmt: skip


def as_waited(counted: Iterable[tuple[int, int]], mean: int) -> dict[int, int]:
    """How often each time was waited for an answer, from what wrk counted; times in microseconds.

    After a run wrk adds waits that were none: where one took more than twice the mean time between two requests of a connection
    (`mean`), also those of the requests that would have been sent meanwhile, each `mean` shorter than the one before
    (`stats_correct` in its source). So a stall of the machine counts once for a system that answers in 10 ms, and twenty times
    for one that answers in half a millisecond. Here that is taken out again, exactly."""
    waits = dict(counted)
    for wait in sorted(waits, reverse=True):
        if wait <= 2 * mean or not mean:
            break
        for added in range(wait - mean, mean, -mean):
            waits[added] = waits.get(added, 0) - waits[wait]
    return waits


def quantile(waits: Mapping[int, int], share: float) -> int:
    """The shortest time that at least this share of the answers took at most; 0 when there was none."""
    left = share * sum(waits.values())
    for wait in sorted(waits):
        left -= waits[wait]
        if left <= 0 and waits[wait]:
            return wait
    return 0
