"""The folder of deferred predictions, shared by all gateways of a home. Everything here blocks: it is called in threads.

    requests/ID    a request that waits or runs; the gateway that runs it holds a lock (flock) on it, which ends with its process
    attempts/ID    a byte for each time that it was begun
    cancelled/ID   its caller does not want it any more
    answers/ID     what came of it
    damaged/       what is not what its name says

A request is removed after its answer got its name: where both are there the answer counts. So any gateway may
take a request that is not locked, whichever accepted it and whichever began it."""

import contextlib
import logging
import os
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from unshelf.contracts.deferred import (
    Damaged,
    DeferredAnswer,
    DeferredRequest,
    frame,
    is_deferred_id,
    read_body,
    read_head,
)
from unshelf.runtime.durable import flush_folder, replacing
from unshelf.runtime.file_lock import lock_descriptor

logger = logging.getLogger(__name__)
_SETTLED_NS = 1_000_000_000
_UNFINISHED_SECONDS = 3600.0


class QueueEntry(msgspec.Struct, frozen=True):
    """A request in the queue, without its body."""

    id: str
    model: str
    version: int
    size: int
    """The bytes of its body."""
    key: str = ""
    """The id of the API key that asked."""


class Lease:
    """A request that this process runs: nobody else can take it until `close`, or the end of this process."""

    def __init__(self, file: BinaryIO, request: DeferredRequest, size: int, checksum: int, attempts: int) -> None:
        self.request = request
        self.size = size
        self.attempts = attempts
        """How often it was begun, this time included."""
        self.damaged = False
        self._file = file
        self._checksum = checksum
        self._start = file.tell()

    def read_body(self) -> bytes:
        """The request's body. Raises Damaged."""
        self._file.seek(self._start)
        try:
            return read_body(self._file, self.size, self._checksum)
        except (Damaged, OSError) as error:
            self.damaged = True
            raise Damaged(str(error)) from None

    def close(self) -> None:
        """Let go of it: unless it was settled, the next one may take it."""
        self._file.close()


class DeferredQueue:
    """Requests in, answers out. Raises OSError where the disk takes nothing, and then nothing is half-done."""

    def __init__(self, folder: Path) -> None:
        self.requests = folder / "requests"
        self.answers = folder / "answers"
        self._attempts = folder / "attempts"
        self._cancelled = folder / "cancelled"
        self._damaged = folder / "damaged"
        self._tickets: dict[str, QueueEntry] = {}
        self._seen_ns = 0
        self._stubborn: set[str] = set()
        """Foreign names that can't even be moved away."""

    def make_folders(self) -> None:
        """Have the folders that are not there yet."""
        for folder in (self.requests, self.answers, self._attempts, self._cancelled):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    # --- requests ---

    def put(self, request: DeferredRequest, body: Sequence[bytes | memoryview]) -> QueueEntry:
        """Have a request on the disk."""
        self.make_folders()
        _write(self.requests / request.id, frame(request, body), body)
        return QueueEntry(request.id, request.model, request.version, sum(map(len, body)), request.key)

    def changed(self) -> bool:
        """Whether `tickets` may give others than the last time. Costs a look at the folder."""
        try:
            changed_ns = self.requests.stat().st_mtime_ns
        except FileNotFoundError:
            return bool(self._tickets)
        # A change within the clock's last tick may hide another one behind the same time.
        return changed_ns != self._seen_ns or time.time_ns() - changed_ns < _SETTLED_NS

    def tickets(self) -> dict[str, QueueEntry]:
        """All requests that are there, by id, which sort by time of acceptance. What is none is set aside."""
        before, found = self._tickets, {}
        try:
            self._seen_ns = self.requests.stat().st_mtime_ns
        except FileNotFoundError:
            self._tickets = {}
            return self._tickets
        for name in sorted(os.listdir(self.requests)):  # noqa: PTH208 -- ten times as fast, ten times a second
            if name.startswith(".") or name in self._stubborn:
                continue
            ticket = before.get(name) or self._ticket(name)
            if ticket is not None:
                found[name] = ticket
        self._tickets = found
        return found

    def find(self, id: str) -> tuple[DeferredRequest, bool] | None:
        """A request, and whether somebody runs it; None when there is none."""
        try:
            with (self.requests / id).open("rb") as file:
                request, _, _ = read_head(file, DeferredRequest)
                return request, not lock_descriptor(file.fileno(), shared=True)
        except (FileNotFoundError, Damaged):
            return None

    def take(self, id: str) -> Lease | None:
        """Take a request that nobody runs; None when somebody does, and when it is gone."""
        path = self.requests / id
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return None
        try:
            # Another may have settled it between the opening and the lock.
            if lock_descriptor(file.fileno()) and os.fstat(file.fileno()).st_nlink:
                request, size, checksum = read_head(file, DeferredRequest)
                if not (self.answers / id).exists():
                    return Lease(file, request, size, checksum, self._count_attempt(id))
                self._forget(id)  # its last gateway ended between the two steps
        except Damaged as error:
            self._set_aside(path, str(error))
        except BaseException:
            file.close()
            raise
        file.close()
        return None

    def uncount_attempt(self, id: str) -> None:
        """Do not count the last attempt: we stopped it ourselves."""
        with contextlib.suppress(OSError):
            path = self._attempts / id
            os.truncate(path, max(0, path.stat().st_size - 1))

    # --- cancelling ---

    def cancel(self, id: str) -> None:
        """Mark it as cancelled; the gateway that runs or takes it ends it."""
        (self._cancelled / id).touch(mode=0o600)

    def is_cancelled(self, id: str) -> bool:
        """Whether it is noted."""
        return (self._cancelled / id).exists()

    def cancelled(self) -> list[str]:
        """All that are noted and not settled yet."""
        try:
            return sorted(os.listdir(self._cancelled))  # noqa: PTH208 -- as above
        except FileNotFoundError:
            return []

    # --- answers ---

    def settle(self, lease: Lease, answer: DeferredAnswer, body: bytes) -> None:
        """Keep the answer, and let go of the request."""
        _write(self.answers / answer.id, frame(answer, [body]), [body])
        if lease.damaged:
            self._set_aside(self.requests / answer.id, "its body is damaged")
        self._forget(answer.id)
        lease.close()

    def answer(self, id: str) -> tuple[DeferredAnswer, bytes] | None:
        """A kept answer with its body; None when there is none."""
        path = self.answers / id
        try:
            with path.open("rb") as file:
                answer, length, checksum = read_head(file, DeferredAnswer)
                return answer, read_body(file, length, checksum)
        except FileNotFoundError:
            return None
        except (OSError, Damaged) as error:
            self._set_aside(path, str(error))
            return None

    def has_answer(self, id: str) -> bool:
        """Whether it is finished."""
        return (self.answers / id).exists()

    def remove_answer(self, id: str) -> None:
        """Keep the answer no longer, nor what is left of its request: the answer gets its name before the request goes."""
        self._forget(id)
        (self.answers / id).unlink(missing_ok=True)

    def sweep(self, keep_seconds: float, max_bytes: int) -> int:
        """Remove answers that are too old, beyond the size the oldest of the key that has the most, and what killed processes left.
        Returns the number of answers."""
        moment, kept, removed = time.time(), [], 0
        for path, facts in _facts(self.answers):
            if not is_deferred_id(path.name):
                continue
            if facts.st_mtime + keep_seconds < moment:
                path.unlink(missing_ok=True)
                removed += 1
            else:
                kept.append((facts.st_mtime, facts.st_size, path))
        if sum(size for _, size, _ in kept) > max_bytes:
            removed += _remove_beyond(kept, max_bytes)
        self._sweep_leavings(moment)
        return removed

    def _sweep_leavings(self, moment: float) -> None:
        old = moment - _UNFINISHED_SECONDS
        for path, facts in [*_facts(self.requests), *_facts(self.answers)]:
            if path.name.startswith(".d") and facts.st_mtime < old:
                path.unlink(missing_ok=True)
        for path, facts in [*_facts(self._attempts), *_facts(self._cancelled)]:
            if is_deferred_id(path.name) and facts.st_mtime < old and not (self.requests / path.name).exists():
                path.unlink(missing_ok=True)

    def _ticket(self, name: str) -> QueueEntry | None:
        path = self.requests / name
        try:
            with path.open("rb") as file:
                request, size, _ = read_head(file, DeferredRequest)
                if request.id != name or not is_deferred_id(name):
                    raise Damaged("its name is not its own")
                return QueueEntry(name, request.model, request.version, size, request.key)
        except FileNotFoundError:
            return None  # settled since it was listed
        except (OSError, Damaged) as error:
            self._set_aside(path, str(error))
            return None

    def _count_attempt(self, id: str) -> int:
        try:
            with (self._attempts / id).open("ab") as file:
                file.write(b".")
                return file.tell()
        except OSError:
            return 1  # a disk that takes nothing: it is still predicted

    def _forget(self, id: str) -> None:
        for folder in (self.requests, self._attempts, self._cancelled):
            (folder / id).unlink(missing_ok=True)

    def _set_aside(self, path: Path, reason: str) -> None:
        logger.error("not a deferred prediction; it is set aside", extra={"file": str(path), "reason": reason})
        try:
            self._damaged.mkdir(mode=0o700, exist_ok=True)
            path.rename(self._damaged / f"{path.parent.name}-{path.name}"[:255])
        except FileNotFoundError:
            return
        except OSError as error:
            self._stubborn.add(path.name)
            logger.error("it can't be moved", extra={"file": str(path), "error": str(error)})


def _remove_beyond(kept: list[tuple[float, int, Path]], max_bytes: int) -> int:
    """Remove answers until the rest fits: each time the oldest of the key that has the most, so that nobody's answers push others' out."""
    of: dict[str, deque[tuple[float, int, Path]]] = defaultdict(deque)
    for answer in sorted(kept):
        of[_key_of(answer[2])].append(answer)
    held = {key: sum(size for _, size, _ in answers) for key, answers in of.items()}
    removed, total = 0, sum(held.values())
    while total > max_bytes:
        key = max(held, key=lambda each: held[each])
        _, size, path = of[key].popleft()
        path.unlink(missing_ok=True)
        held[key] -= size
        total -= size
        removed += 1
    return removed


def _key_of(answer: Path) -> str:
    """The key that asked for it; empty for a file that can't be read."""
    try:
        with answer.open("rb") as file:
            return read_head(file, DeferredAnswer)[0].key
    except (OSError, Damaged):
        return ""


def _write(path: Path, head: bytes, body: Sequence[bytes | memoryview]) -> None:
    """A new file under its name, whole and on the disk; on an OSError there is none."""
    try:
        with replacing(path) as file:
            file.write(head)
            file.writelines(body)
        flush_folder(path.parent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _facts(folder: Path) -> list[tuple[Path, os.stat_result]]:
    found = []
    with contextlib.suppress(FileNotFoundError):
        for path in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.append((path, path.stat()))
    return found
