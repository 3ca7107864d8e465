"""The demo's platform: the one that runs already, else one of its own in a temporary home folder, stopped at the end."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.client.login.address import find_token, find_url
from unshelf.contracts.home import Home

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_LOG_LINES = 20


@dataclass(frozen=True, kw_only=True)
class RunningPlatform:
    """Where it is, and what opens it."""

    url: str
    token: str
    token_file: Path | None
    """Where the token can be read; None when it came by UNSHELF_TOKEN."""
    home: Path | None = None
    """The home folder, where the demo made it; None: somebody else's platform."""


@contextmanager
def running_platform(out: Console) -> Iterator[RunningPlatform]:
    """The platform at UNSHELF_URL where one answers us, else a new one for as long as the block lasts."""
    found = _found()
    if found is not None:
        out.print(f"using the platform at {found.url}", markup=False)
        yield found
        return
    with tempfile.TemporaryDirectory(prefix="unshelf-demo-") as home, _started(Path(home)) as started:
        out.print(f"started a platform at {started.url}, in {home}", markup=False)
        yield started


def _found() -> RunningPlatform | None:
    try:
        url = find_url()
        token = find_token(url)
        with Client(url, token) as client:
            client.whoami()
    except UnshelfError:
        if os.environ.get("UNSHELF_URL"):
            raise  # who names a server means that one
        return None
    return RunningPlatform(url=url, token=token, token_file=None)


@contextmanager
def _started(home: Path) -> Iterator[RunningPlatform]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNSHELF_")}
    log = home / "demo.log"
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            # -P: nothing of the folder that the demo is run in may be imported in place of what is installed.
            [sys.executable, "-P", "-m", "unshelf.cli", "up", "--home", str(home), "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop it in order
        )
    try:
        url = _await_ready(process, log)
        token_file = Home(home).admin_token
        yield RunningPlatform(url=url, token=token_file.read_text().strip(), token_file=token_file, home=home)
    finally:
        _stop(process)


def _await_ready(process: "subprocess.Popen[str]", log: Path) -> str:
    """Return the platform's address as soon as it reports that it is ready."""
    assert process.stdout is not None  # noqa: S101 - piped above
    timer = threading.Timer(_START_SECONDS, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            if line.startswith("ready "):
                # What it says later is read and dropped, so that a full pipe never stops it.
                threading.Thread(target=_drop, args=(process.stdout,), daemon=True).start()
                return line.split()[1]
    finally:
        timer.cancel()
    process.wait(_STOP_SECONDS)
    said = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])
    raise UnshelfError(
        f"The platform did not start (exit code {process.returncode}). It said:\n{said}",
        code="demo_not_started",
        hint="`unshelf doctor` shows what this machine lacks; `unshelf up` shows the start itself.",
    )


def _drop(lines: Iterator[str]) -> None:
    for _ in lines:
        pass


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
