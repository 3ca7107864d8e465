"""The program of a scoring: shares chunks out to its processes, starts one anew that ended, and goes on where it was cut off."""

import ctypes
import json
import os
import select
import shutil
import signal
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from .messages import Inbox, send_message
from .plan import ANSWERS, CHUNKS, FAILURE, Plan, Ranges, ScoringFolders, count, find_place, read_plan, write_whole
from .process import serve

_SET_PDEATHSIG = 1
_MOST_DEATHS = 100
"""The processes that may end before the scoring is given up: a model that ends each of its processes comes to no end."""
_MOST_STARTS = 5
"""The processes that may end before they have loaded the model."""
_SAY_SECONDS = 1.0
_RESULTS = "results.json"
_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


class GivenUp(Exception):
    """The scoring can't be done; the text says why."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


def main() -> int:
    """Score everything that has no answer yet; the exit status."""
    plan = read_plan(Path(os.environ[CHUNKS]))
    place = find_place(plan, dict(os.environ))
    if (place.kept / FAILURE).exists():  # an attempt before this one found that it can't be done
        return _fail(place, **json.loads((place.kept / FAILURE).read_bytes()))
    try:
        _Scoring(plan, place).run()
    except GivenUp as failure:
        write_whole(place.kept / FAILURE, json.dumps({"reason": str(failure), "hint": failure.hint}).encode())
        return _fail(place, reason=str(failure), hint=failure.hint)
    return 0


def _fail(place: ScoringFolders, *, reason: str, hint: str) -> int:
    _tell(f"{reason} {hint}".rstrip())
    write_whole(place.outputs / _RESULTS, json.dumps({"failure": reason, "hint": hint}).encode())
    return 1


def _tell(text: str) -> None:
    """Print a line; control reads those that say how far it is."""
    sys.stdout.write(f"unshelf: {text}\n")
    sys.stdout.flush()


class _Process:
    """A process and the chunk that it has in hand."""

    def __init__(self, pid: int, requests: int, replies: int) -> None:
        self.pid = pid
        self.requests = requests
        self.replies = replies
        self.inbox = Inbox()
        self.is_ready = False
        self.chunk: int | None = None
        self.at: tuple[int, int] | None = None


class _Trouble:
    """A chunk in which processes ended: the rows among which the reason is, and those that are known to be it."""

    def __init__(self) -> None:
        self.suspects: Ranges = []
        self.dead: dict[int, str] = {}


class _Scoring:
    def __init__(self, plan: Plan, place: ScoringFolders) -> None:
        self._plan = plan
        self._place = place
        self._waiting: deque[int] = deque()
        self._processes: dict[int, _Process] = {}
        self._trouble: dict[int, _Trouble] = {}
        self._deaths = self._failed_starts = 0
        self._scored = self._failed = 0
        self._said_at = 0.0

    def run(self) -> None:
        for number, rows in enumerate(self._plan.rows):
            if (answers := self._place.answers(number)).exists():
                self._scored += rows
                self._failed += _failed_in(answers.read_bytes())
            else:
                self._waiting.append(number)
        if self._failed > self._plan.most_failed:
            self._give_up("")
        self._say()
        if self._plan.processes > 1:
            os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
        while self._waiting or any(process.chunk is not None for process in self._processes.values()):
            while self._waiting and len(self._processes) < min(
                self._plan.processes, self._in_hand() + len(self._waiting)
            ):
                self._start()
            for process in self._processes.values():
                if process.is_ready and process.chunk is None:
                    self._give(process)
            self._hear()
        self._leave()
        self._say(last=True)

    def _in_hand(self) -> int:
        return sum(process.chunk is not None for process in self._processes.values())

    def _start(self) -> None:
        theirs, requests = os.pipe()
        replies, answers = os.pipe()
        parent = os.getpid()
        sys.stdout.flush()
        pid = os.fork()
        if not pid:
            try:
                for process in self._processes.values():
                    os.close(process.requests)
                    os.close(process.replies)
                os.close(requests)
                os.close(replies)
                ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL)
                if os.getppid() == parent:
                    serve(self._plan, self._place, theirs, answers)
            finally:
                sys.stdout.flush()
                os._exit(0)
        os.close(theirs)
        os.close(answers)
        self._processes[replies] = _Process(pid, requests, replies)

    def _hear(self) -> None:
        ready, _, _ = select.select(list(self._processes), [], [], _SAY_SECONDS)
        for replies in ready:
            process = self._processes[replies]
            data = os.read(replies, 1 << 16)
            if not data:
                self._end(process)
                continue
            for message in process.inbox.take(data):
                self._take(process, message)
        self._say()

    def _take(self, process: _Process, message: "dict[str, Any]") -> None:
        if "at" in message:
            process.at = (message["at"][0], message["at"][1])
        elif "failed" in message and "done" not in message:
            raise GivenUp(f"The model can't be loaded: {message['failed']}", message["hint"])
        elif "gave_up" in message:
            self._give_up(message["gave_up"])
        elif "done" in message:
            self._scored += self._plan.rows[message["done"]]
            self._failed += message["failed"]
            process.chunk = process.at = None
        if self._failed > self._plan.most_failed:
            self._give_up("")
        if "at" not in message:
            process.is_ready = True

    def _give(self, process: _Process) -> None:
        if not self._waiting:
            return
        process.chunk = number = self._waiting.popleft()
        trouble = self._trouble.get(number)
        request = {
            "chunk": number, "careful": trouble is not None, "suspects": trouble.suspects if trouble else [],
            "dead": trouble.dead if trouble else {},
        }  # fmt: skip
        try:
            send_message(process.requests, request)
        except BrokenPipeError:
            return  # it has ended, which is seen when its replies are read

    def _end(self, process: _Process) -> None:
        """A process has ended: its chunk is predicted once more, by another one."""
        del self._processes[process.replies]
        os.close(process.replies)
        os.close(process.requests)
        _, status = os.waitpid(process.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        how = f"by signal {-code}" if code < 0 else f"with exit status {code}"
        if process.chunk is None:
            if not process.is_ready:
                self._failed_starts += 1
                if self._failed_starts >= _MOST_STARTS:
                    raise GivenUp(
                        f"The process ended {how} while it loaded the model.",
                        "Its output is above. If it was ended for its memory, choose a larger tier.",
                    )
            return
        self._deaths += 1
        _tell(f"a process ended {how}; its rows are predicted again")
        if self._deaths > _MOST_DEATHS:
            raise GivenUp(
                f"{_MOST_DEATHS} processes ended while they predicted, the last one {how}.",
                "Choose a larger tier, or mend the model.",
            )
        self._waiting.appendleft(process.chunk)
        trouble = self._trouble.setdefault(process.chunk, _Trouble())
        if process.at is not None:
            start, stop = process.at
            if stop - start == 1:
                trouble.dead[start] = f"The model's process ended {how} on this row."
                trouble.suspects = [each for each in trouble.suspects if not each[0] <= start < each[1]]
            else:
                trouble.suspects = [(start, stop)]

    def _give_up(self, example: str) -> None:
        raise GivenUp(
            f"More than {self._plan.most_failed} rows failed. {example}".rstrip(),
            "A higher limit of failed rows lets it go on.",
        )

    def _say(self, *, last: bool = False) -> None:
        now = time.monotonic()
        if last or now - self._said_at >= _SAY_SECONDS:
            self._said_at = now
            _tell(f"scored {self._scored} of {self._plan.total} rows, {self._failed} failed")

    def _leave(self) -> None:
        """Have the processes end, and leave all answers as files of the job."""
        for process in self._processes.values():
            os.close(process.requests)
        for process in self._processes.values():
            os.waitpid(process.pid, 0)
        shutil.copytree(self._place.kept / ANSWERS, self._place.outputs / ANSWERS)
        results = {"rows": self._plan.total, "failed": self._failed, "scored": self._plan.total - self._failed}
        write_whole(self._place.outputs / _RESULTS, json.dumps(results).encode())


def _failed_in(content: bytes) -> int:
    """The rows of a file of answers that failed."""
    heads = [json.loads(line) for line in content.splitlines()[::2]]
    return sum(count(head["rows"]) for head in heads if head["status"] != 200)
