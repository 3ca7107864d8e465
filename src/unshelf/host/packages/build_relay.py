"""A relay for the output of package builds: uv keeps what a build prints in memory, all of it, so a build is given less to print to.

The module is copied as `sitecustomize.py` into a folder on the path of the Python that runs a build, and so runs there: whatever
that Python's version, on the standard library alone."""

import os
import select
import signal
import sys
from pathlib import Path

_BUILD_VARIABLE = "UV_INTERNAL__BUILD_DIR"
"""uv sets it where it runs a package's build."""
_HEAD_BYTES = 32 << 10
_TAIL_BYTES = 32 << 10
_LAST_SECONDS = 2.0


def install_relay(folder: Path) -> None:
    """Have the builds that find this folder on their path go through a relay."""
    (folder / "sitecustomize.py").write_bytes(Path(__file__).read_bytes())


def relay_this_build() -> None:
    """Go on as a child whose output this process passes on within bounds; in this process it never returns."""
    pipes = [os.pipe(), os.pipe()]
    child = os.fork()
    if child == 0:
        for number, (reading, writing) in enumerate(pipes, 1):
            os.dup2(writing, number)
            os.close(reading)
            os.close(writing)
        return
    for _, writing in pipes:
        os.close(writing)
    _pass_on({reading: number for number, (reading, _) in enumerate(pipes, 1)}, child)


def _pass_on(pipes: dict[int, int], child: int) -> None:
    """Pass on the beginning of what the child prints at once, and its end when it ends; then end as it did."""
    heads = dict.fromkeys(pipes, _HEAD_BYTES)
    tails = {pipe: bytearray() for pipe in pipes}
    dropped = dict.fromkeys(pipes, 0)
    status: int | None = None
    left = _LAST_SECONDS
    while heads and left > 0:
        ready = select.select(list(heads), [], [], 0.1)[0]
        if status is None:
            ended, waited = os.waitpid(child, os.WNOHANG)
            status = waited if ended else None
        elif not ready:
            left -= 0.1  # what outlives the build may hold its output open
        for pipe in ready:
            chunk = os.read(pipe, 65536)
            if not chunk:
                del heads[pipe]
                continue
            now = chunk[: heads[pipe]]
            heads[pipe] -= len(now)
            _write(pipes[pipe], now)
            tails[pipe] += chunk[len(now) :]
            surplus = len(tails[pipe]) - _TAIL_BYTES
            if surplus > 0:
                del tails[pipe][:surplus]
                dropped[pipe] += surplus
    for pipe, number in pipes.items():
        if dropped[pipe]:
            _write(number, b"\n[%d bytes left out]\n" % dropped[pipe])
        _write(number, bytes(tails[pipe]))
    _end_like(os.waitpid(child, 0)[1] if status is None else status)


def _write(number: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(number, data) :]
        except OSError:  # uv is gone
            return


def _end_like(status: int) -> None:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "sitecustomize":
    sys.path[:] = [path for path in sys.path if path != str(Path(__file__).parent)]
    os.environ.pop("PYTHONPATH", None)
    if os.environ.get(_BUILD_VARIABLE):
        relay_this_build()
