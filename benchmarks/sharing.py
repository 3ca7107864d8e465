"""Sharing: one key at its worst, in each way in turn, and what the other keys get meanwhile, beside what they get in quiet.

Two other keys ask another model, one request every ten milliseconds each. The attacker is a process of its own, niced, since it would be
another machine; it may predict one model, read its records and deploy it. Expected: all others' requests answered, their p99 within
twice the quiet one."""

import argparse
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console

from benchmarks.programs.attack import WAYS
from benchmarks.report import leave_place, milliseconds, percentile, table, write_section
from tests.support.platform import Platform, running_platform

PACE_SECONDS = 0.01
_ATTACK = Path(__file__).with_name("programs") / "attack.py"
_ECHO = "def predict(rows):\n    return [row['x'] for row in rows]\n"
_VICTIM = (
    "import os\ndef predict(rows):\n"
    "    if any(row['x'] == 'crash' for row in rows): os._exit(1)\n"
    "    if rows[0]['x'] == 'print':\n        for _ in range(30): print('y' * 1000000)\n"
    "    return [row['x'] for row in rows]\n"
)

TITLE = "One key at its worst"
HOW = """`make bench-sharing`: two other keys ask another model 100 times a second each, while one key does its worst, in each way in turn:
bodies that are announced or begun and never finished, gzip bombs, long headers, answers that nobody reads, gRPC without a token, rows that
end the process, slow SQL, a crowd at the API, slow uploads, a full queue for later, a flood of output. There is one gateway. The attacker
runs on the same two cores, niced.

- Expected: all of the others' requests answered, and their p99 within twice the quiet one, which is measured just before each way.
- "ratio" is p99 over p99 in quiet; the command ends with 1 where a way does not keep to it.
- A way is an answer to "may one key spoil it for the others?", not a measure of speed."""

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-sharing ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each way goes on")
    parser.add_argument("--ways", nargs="*", choices=[*WAYS], default=[*WAYS], help="which ways", metavar="WAY")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    if options.docs:
        leave_place("sharing", TITLE, HOW)
    rows, held = [], True
    with tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch:
        grpc_port = free_port()
        with running_platform(Path(scratch) / "home", grpc_port=str(grpc_port), gateways="1") as platform:
            for name, code in (("theirs", _VICTIM), ("ours", _ECHO)):
                platform.cli("deploy", str(a_model(Path(scratch) / name, name, code)))
            others = Others(platform, "ours", [platform.key(models=["ours"]) for _ in range(2)])
            bad = platform.key(role="deploy", models=["theirs"])
            others.ask(2.0)
            for way in options.ways:
                console.print(f"{way} …")
                quiet = others.ask(options.seconds)  # each time, since a machine is not equally quiet all the time
                attack = [
                    sys.executable, str(_ATTACK), way, platform.url, bad, "theirs", str(options.seconds + 2), str(grpc_port),
                ]  # fmt: skip
                with subprocess.Popen(attack) as attacking:
                    time.sleep(1.0)
                    seen = others.ask(options.seconds)
                    attacking.wait()
                rows.append([way, *seen.shown(quiet)])
                console.print(" ".join(rows[-1]))
                held &= seen.answered == 1.0 and seen.p99 <= 2 * quiet.p99
                others.ask(3.0)  # what is left over of it ends
    shown = table(
        ["the bad key's way", "others' requests", "answered", "p50 ms", "p99 ms", "p99 in quiet", "ratio"], rows
    )
    print(shown)
    if options.docs:
        console.print(f"written: {write_section('sharing', TITLE, HOW + chr(10) * 2 + shown)}")
    return 0 if held else 1


class Seen:
    """What the others got."""

    def __init__(self, statuses: list[int], seconds: list[float]) -> None:
        self.count = len(statuses)
        self.answered = statuses.count(200) / max(1, self.count)
        self.p50, self.p99 = percentile(seconds, 50) * 1000, percentile(seconds, 99) * 1000

    def shown(self, quiet: "Seen") -> list[str]:
        share = f"{self.answered:.2%}" if self.answered < 1 else "all"
        return [
            f"{self.count:,}",
            share,
            milliseconds(self.p50),
            milliseconds(self.p99),
            milliseconds(quiet.p99),
            f"{self.p99 / quiet.p99:.1f}",
        ]


class Others:
    """Other keys, which ask a little, steadily."""

    def __init__(self, platform: Platform, model: str, tokens: list[str]) -> None:
        self._address = urlsplit(platform.url)
        self._path = f"/models/{model}/predict"
        self._tokens = tokens

    def ask(self, seconds: float) -> Seen:
        """Ask for so long."""
        statuses: list[int] = []
        times: list[float] = []
        threads = [
            threading.Thread(target=self._ask, args=(token, time.monotonic() + seconds, statuses, times))
            for token in self._tokens
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Seen(statuses, times)

    def _ask(self, token: str, ends: float, statuses: list[int], times: list[float]) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection: Any = None
        following = time.monotonic()
        while (now := time.monotonic()) < ends:
            time.sleep(max(0.0, following - now))
            following = max(following + PACE_SECONDS, now)
            begun = time.perf_counter()
            try:
                connection = connection or http.client.HTTPConnection(
                    self._address.hostname or "", self._address.port, timeout=30
                )
                connection.request("POST", self._path, body=b'{"inputs":[{"x":"a"}]}', headers=headers)
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
            except OSError:
                statuses.append(0)
                connection = None
            times.append(time.perf_counter() - begun)


def a_model(folder: Path, name: str, code: str) -> Path:
    """A model folder of this name with this code."""
    folder.mkdir()
    (folder / "predict.py").write_text(code)
    (folder / "example.json").write_text(json.dumps({"inputs": [{"x": "a"}]}))
    lines = [
        "[model]", f'name = "{name}"', 'predict = "predict.py:predict"', "[environment]", "requirements = []", "[example]",
        'file = "example.json"',
    ]  # fmt: skip
    (folder / "unshelf.toml").write_text("\n".join(lines) + "\n")
    return folder


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
