"""The worker of a bench: the one that serves versions, started as their host starts it, and asked how it does."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MAIN = Path(__file__).resolve().parent.parent / "__main__.py"
_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_STOP_SECONDS = 10.0


class WorkerFailure(Exception):
    """The worker can't serve, or does not any more; the text says why."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


class ServingWorker:
    """A worker that serves one version at a socket. Raises WorkerFailure where it does not come to that."""

    def __init__(self, config: "dict[str, Any]") -> None:
        """`config`: as contracts.protocols.worker has it."""
        self._memory_text = config.get("limits", {}).get("memory_text", "")
        self._reports, theirs = os.pipe()
        self._rest = b""
        os.chdir(
            tempfile.mkdtemp(prefix="bench-")
        )  # the address of a socket has 107 bytes, and that of a folder may have more
        self.address = "worker"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(MAIN), "serve", "--listen", f"unix:{self.address}", "--report-fd", str(theirs)],
                stdin=subprocess.PIPE, pass_fds=[theirs],
            )  # fmt: skip
        finally:
            os.close(theirs)
        assert self._process.stdin is not None  # noqa: S101 - a pipe
        try:
            self._process.stdin.write(json.dumps(config).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:  # it ended at once, which its reports tell
            pass
        serving = self._wait_until_serving()
        self.load_seconds = float(serving["load_seconds"])
        self.limits: list[str] = list(serving["limits"])

    def cpu_seconds(self) -> float:
        """CPU time of the worker and of what it started, as the kernel accounts it."""
        return sum(cpu for cpu, _ in _processes_from(self._process.pid))

    def memory_bytes(self) -> int:
        """The most memory that the worker had at once, with what its children have now."""
        (_, resident), *children = _processes_from(self._process.pid) or [(0.0, 0)]
        return max(resident, _peak(self._process.pid)) + sum(memory for _, memory in children)

    def failure(self) -> WorkerFailure:
        """Say why it hung up; waits for its end."""
        try:
            status = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return WorkerFailure("The worker hung up.")
        for report in self._read_reports():
            if report["event"] == "out_of_memory":
                return self._out_of_memory()
        how = f"by signal {-status}" if status < 0 else f"with exit status {status}"
        return WorkerFailure(
            f"The model's process ended {how} while it predicted.",
            "If it was ended for its memory, the tier is too small for this version.",
        )

    def stop(self) -> None:
        """Have it end."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_serving(self) -> "dict[str, Any]":
        while True:
            data = os.read(self._reports, 1 << 16)
            if not data:
                status = self._process.wait()
                how = f"by signal {-status}" if status < 0 else f"with exit status {status}"
                raise WorkerFailure(
                    f"The model's process ended {how} while it loaded the model.",
                    "Its output is in the job. If it was ended for its memory, the tier is too small for this version.",
                )
            for report in self._taken(data):
                if report["event"] == "serving":
                    return report
                if report["event"] == "out_of_memory":
                    raise self._out_of_memory()
                if report["event"] == "failed":
                    raise WorkerFailure(f"The model can't be loaded: {report['reason']}", report.get("hint", ""))

    def _out_of_memory(self) -> WorkerFailure:
        return WorkerFailure(f"The model ran out of the tier's memory ({self._memory_text}).", "Choose a larger tier.")

    def _read_reports(self) -> "list[dict[str, Any]]":
        """The reports of a worker that has ended."""
        found: list[dict[str, Any]] = []
        while data := os.read(self._reports, 1 << 16):
            found += self._taken(data)
        return found

    def _taken(self, data: bytes) -> "list[dict[str, Any]]":
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = []
        for line in lines:
            try:
                report = json.loads(line)
            except ValueError:  # the model shares the process, and may write anything
                continue
            if isinstance(report, dict) and isinstance(report.get("event"), str):
                found.append(report)
        return found


def _processes_from(root: int) -> "list[tuple[float, int]]":
    """CPU seconds, those of ended children included, and resident bytes of a process and of all below it; the root first."""
    found: dict[int, tuple[int, float, int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                facts = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            cpu = sum(int(ticks) for ticks in facts[11:15]) / _TICKS
            found[int(folder.name)] = int(facts[1]), cpu, int(facts[21]) * _PAGE
    inside = [root] if root in found else []
    for pid in inside:
        inside += [child for child, (parent, _, _) in found.items() if parent == pid]
    return [found[pid][1:] for pid in inside]


def _peak(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0
