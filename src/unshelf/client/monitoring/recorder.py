"""A recorder: takes records without waiting, sends them in batches from a thread of its own, and says what became of them."""

import threading
import time
import uuid
from collections import deque
from typing import Any

import msgspec

from unshelf.client.errors import NotFinished, TooManyRequests, Unavailable, Unreachable, UnshelfError
from unshelf.client.http import Http
from unshelf.client.manage.methods import model_path
from unshelf.client.monitoring.recorded_rows import record_of

LINES = "application/x-ndjson"
MOST_WAITING = 100_000
_BATCH = 2000
_BATCH_BYTES = 4 << 20
_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_MOST_FAULTS = 100


class RecordSender:
    """Records of one model that runs elsewhere.

    `record` returns at once. Records are sent every two seconds, or when 2,000 wait; what can't be sent is tried again until it can, and is
    taken once, because each record has an id. `flush` returns when all are sent; leaving the `with` block does that too."""

    def __init__(self, http: Http, model: str, *, most_waiting: int = MOST_WAITING, seconds: float = _SECONDS) -> None:
        self._http = http
        self._path = f"{model_path(model)}/records"
        self._most = most_waiting
        self._seconds = seconds
        self._waiting: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._in_flight = 0
        self._is_hurried = self._is_closed = False
        self._broken: UnshelfError | None = None
        self._thread: threading.Thread | None = None
        self._counts = {"accepted": 0, "duplicates": 0, "refused": 0}
        self._faults: list[dict[str, Any]] = []

    def record(
        self, inputs: Any, output: Any = None, *, id: str | int | None = None, time: Any = None, version: int | None = None,
        latency_ms: float | None = None, error: str = "",
    ) -> str:  # fmt: skip
        """Take one prediction: its row, and its answer or its error; returns its id, by which a label finds it later.

        `time`: ISO 8601 or a datetime, UTC unless it says otherwise; now unless given. Raises TooManyRequests when as many wait as are
        kept, and what the server said of all records for good, such as Forbidden."""
        id = str(uuid.uuid4()) if id is None else str(id)
        moment = _now() if time is None else time
        line = msgspec.json.encode(
            record_of(inputs, output, id=id, time=moment, version=version, latency_ms=latency_ms, error=error)
        )
        with self._changed:
            if self._broken is not None:
                raise self._broken
            if len(self._waiting) >= self._most:
                raise TooManyRequests(
                    f"{self._most:,} records wait to be sent.",
                    hint="Call flush() now and then, or look why they can't be sent.",
                )
            self._waiting.append(line)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="unshelf-recorder", daemon=True)
                self._thread.start()
            if len(self._waiting) >= _BATCH:
                self._changed.notify_all()
        return id

    def flush(self, seconds: float = 30.0) -> dict[str, Any]:
        """Wait until all records are sent; returns how many were `accepted`, `duplicates`, and `refused`, with the first `faults`, since
        the last flush.

        Raises NotFinished after the seconds; then they are still tried. Raises what the server said of all records for good."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._is_hurried = True
            self._changed.notify_all()
            while (self._waiting or self._in_flight) and self._broken is None:
                left = deadline - time.monotonic()
                if left <= 0:
                    count = len(self._waiting) + self._in_flight
                    raise NotFinished(f"{count:,} records are not sent yet.", hint="They are still tried; flush again.")
                self._changed.wait(left)
            self._is_hurried = False
            if self._broken is not None:
                raise self._broken
            found: dict[str, Any] = {**self._counts, "faults": self._faults}
            self._counts, self._faults = dict.fromkeys(self._counts, 0), []
        return found

    def close(self) -> None:
        """Flush, and send nothing more."""
        try:
            self.flush()
        finally:
            with self._changed:
                self._is_closed = True
                self._changed.notify_all()

    def __enter__(self) -> "RecordSender":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            batch = self._next()
            if batch is None:
                return
            try:
                answer = self._http.call("POST", self._path, body=b"\n".join(batch), kind=LINES)
            except (Unavailable, Unreachable, TooManyRequests):
                with self._changed:
                    self._waiting.extendleft(reversed(batch))
                    self._in_flight = 0
                    if self._is_closed:
                        return
                    self._changed.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            except UnshelfError as error:
                with self._changed:
                    self._broken, self._in_flight = error, 0
                    self._changed.notify_all()
                return
            pause = _FIRST_PAUSE
            self._note(answer)

    def _next(self) -> list[bytes] | None:
        """Return the records of the next batch, once it is time; None: it is over."""
        with self._changed:
            self._in_flight = 0
            self._changed.notify_all()
            if not self._is_hurried and len(self._waiting) < _BATCH and not self._is_closed:
                self._changed.wait(self._seconds)
            while not self._waiting:
                if self._is_closed:
                    return None
                self._changed.wait()
            batch, size = list[bytes](), 0
            while self._waiting and len(batch) < _BATCH and size < _BATCH_BYTES:
                batch.append(self._waiting.popleft())
                size += len(batch[-1])
            self._in_flight = len(batch)
            return batch

    def _note(self, answer: dict[str, Any]) -> None:
        with self._changed:
            for name in self._counts:
                self._counts[name] += answer[name]
            self._faults = [*self._faults, *answer["faults"]][:_MOST_FAULTS]


def _now() -> float:
    return time.time()
