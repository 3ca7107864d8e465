"""One attempt from its start to its outcome.

The order comes as JSON on standard input: it has the program's environment, which no file may have. In the attempt's folder, which is the
working folder, appear `started.json` before the program begins, `usage.json` while it runs, and `outcome.json` at its end, each at once.
Who wants the program ended writes `ending` there and sends SIGTERM; the file says which kind of end it is."""

import contextlib
import ctypes
import json
import os
import select
import signal
import time
from typing import Any

from .meter import Meter
from .output_file import OutputFile

STARTED, USAGE, OUTCOME, ENDING, OUTPUT = "started.json", "usage.json", "outcome.json", "ending", "output.log"
REFUSED = 125
"""The exit status of a sandbox whose walls can't be put up."""
_TICK_SECONDS = 1.0
_CHUNK = 1 << 16
_BLOCK = 512
_LEAST_FILE_BYTES = 4096
_SET_PDEATHSIG = 1
_MOST_SAMPLES = 240
_TRIES, _AGAIN_SECONDS = 3, 0.11
_PATIENCE = 20
"""A look at the disk that takes long is taken as much more rarely."""


def main(text: bytes) -> int:
    """Run the attempt that the order describes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    order: dict[str, Any] = json.loads(text)
    os.umask(0o077)
    _Attempt(order).run()
    return 0


class _Attempt:
    def __init__(self, order: "dict[str, Any]") -> None:
        self._order = order
        self._meter = Meter(order["groups"])
        self._output = OutputFile(OUTPUT, order["output_bytes"])
        self._began = time.time()
        self._deadline = time.monotonic() + order["seconds"]
        self._kill_at = 0.0
        self._look_at_disk = 0.0
        self._why = ""
        """Why the program is being ended; empty: it is not."""
        self._pid = 0
        self._series: list[dict[str, float]] = []
        self._measured: dict[str, float] = {}
        self._stride = 1
        self._skipped = 0

    def run(self) -> None:
        """Start the program, see it to its end and write the outcome."""
        wake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker)
        signal.signal(signal.SIGTERM, lambda *_: None)
        _write(STARTED, {"pid": os.getpid(), "started_at": self._began}, lasting=True)
        output, theirs = os.pipe()
        try:
            self._pid = self._start(theirs)
        except OSError as error:
            self._finish("refused", None, f"the program can't be started: {error}", None)
            return
        finally:
            os.close(theirs)
        status, counted = self._watch(output, os.pidfd_open(self._pid), wake)
        self._judge(os.waitstatus_to_exitcode(status), counted)

    def _start(self, output: int) -> int:
        order = self._order
        command: list[str] = order["command"]
        pid = os.fork()
        if pid:
            return pid
        try:
            os.setsid()
            if not order["walled"]:
                ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL)
            if order["nice"]:
                os.nice(order["nice"])
                _lower_session(order["nice"])
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            nothing = os.open(os.devnull, os.O_RDONLY)
            for source, target in ((nothing, 0), (output, 1), (output, 2)):
                os.dup2(source, target)
            os.chdir(order["folder"])
            for descriptor in order["passed"]:
                os.set_inheritable(descriptor, True)
            os.execve(command[0], command, order["environment"])
        except BaseException as error:
            os.write(2, f"{command[0]} can't be started: {error}\n".encode())
        finally:
            os._exit(REFUSED)

    def _watch(self, output: int, ended: int, wake: int) -> "tuple[int, object]":
        """See to the program until it has ended and said its last words. Returns its status and what the kernel accounted."""
        for descriptor in self._order["passed"]:
            os.close(descriptor)
        poll = select.poll()
        for descriptor in (output, ended, wake):
            poll.register(descriptor, select.POLLIN)
        reaped: tuple[int, object] | None = None
        is_open = True
        while reaped is None or is_open:
            ready = {descriptor for descriptor, _ in poll.poll(self._patience(reaped is not None) * 1000)}
            if wake in ready:
                os.read(wake, _CHUNK)
                self._end(_read(ENDING) or "cancelled")
            if output in ready:
                data = os.read(output, _CHUNK)
                if data:
                    self._output.write(data)
                else:
                    poll.unregister(output)
                    is_open = False
            if ended in ready:
                poll.unregister(ended)
                _, status, counted = os.wait4(self._pid, 0)
                reaped = status, counted
                self._kill_rest()
            if reaped is not None and not ready:
                break  # something that got away holds the pipe open
            if reaped is None:
                self._tick()
        return reaped

    def _patience(self, is_over: bool) -> float:
        if is_over:
            return _TICK_SECONDS
        until = [_TICK_SECONDS, (self._kill_at or self._deadline) - time.monotonic()]
        return max(0.0, min(until))

    def _tick(self) -> None:
        moment = time.monotonic()
        if self._why:
            if moment >= self._kill_at:
                self._kill()
                self._kill_at = moment + _TICK_SECONDS
            return
        if moment >= self._deadline:
            self._end("timed_out")
        elif moment >= self._look_at_disk:
            usage = self._meter.usage()
            self._measured = {"at": time.time(), "cpu_seconds": usage.cpu_seconds, "memory_bytes": usage.memory_bytes}
            _write(USAGE, self._measured)
            self._sample()
            if any(size_of(folder) > most for folder, most in self._order["bounds"]):
                self._end("disk_full")
            self._look_at_disk = moment + max(_TICK_SECONDS, _PATIENCE * (time.monotonic() - moment))

    def _sample(self) -> None:
        """Keep the last measurement among those over the run; of a long one every second, fourth … is kept."""
        if self._skipped < self._stride - 1:
            self._skipped += 1
            return
        self._skipped = 0
        self._series.append(self._measured)
        if len(self._series) >= _MOST_SAMPLES:
            del self._series[1::2]
            self._stride *= 2

    def _end(self, why: str) -> None:
        """Ask the program to end; it is killed a while later."""
        if self._why:
            return
        self._why = why
        self._kill_at = time.monotonic() + (0.0 if why == "disk_full" else self._order["grace"])
        with contextlib.suppress(ProcessLookupError):
            if self._order["walled"]:
                os.kill(self._pid, signal.SIGTERM)  # the keeper of the sandbox passes it on
            else:
                os.killpg(self._pid, signal.SIGTERM)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)

    def _kill_rest(self) -> None:
        """End what the program left in its group; in a sandbox nothing is left."""
        self._kill()

    def _judge(self, status: int, counted: object) -> None:
        if self._why:
            self._finish(self._why, status, "", counted)
        elif self._meter.ran_out_of_memory():
            self._finish("out_of_memory", status, "", counted)
        else:
            self._finish("exited", status, "", counted)

    def _finish(self, how: str, status: "int | None", detail: str, counted: object) -> None:
        self._output.close()
        total = self._meter.total(counted)
        _write(
            OUTCOME,
            {
                "how": how, "status": status, "detail": detail, "started_at": self._began, "ended_at": time.time(),
                "cpu_seconds": total.cpu_seconds, "peak_memory_bytes": total.memory_bytes, "series": self._series,
            },
            lasting=True,
        )  # fmt: skip


def size_of(folder: str) -> int:
    """Bytes that a folder takes on disk, at least a block for each file in it; no link is followed."""
    total = 0
    waiting = [folder]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    total += max(_LEAST_FILE_BYTES, entry.stat(follow_symlinks=False).st_blocks * _BLOCK)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
    return total


def _lower_session(niceness: int) -> None:
    """Have the session of this process give way to others, too: where the kernel groups processes by session, niceness counts only within
    one (sched(7), "The autogroup feature")."""
    for _ in range(_TRIES):
        try:
            with open("/proc/self/autogroup", "w") as file:
                file.write(str(niceness))
        except BlockingIOError:  # users other than root may write one in a tenth of a second
            time.sleep(_AGAIN_SECONDS)
        except OSError:  # a kernel without it
            return
        else:
            return


def _write(name: str, value: "dict[str, Any]", *, lasting: bool = False) -> None:
    """Replace a file at once; readers see the old content or the new."""
    with open(f".{name}", "wb") as file:
        file.write(json.dumps(value).encode())
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    os.replace(f".{name}", name)
    if lasting:
        folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)


def _read(name: str) -> str:
    try:
        with open(name) as file:
            return file.read().strip()
    except OSError:
        return ""
