"""Callers: each sends a request, waits for its answer, and sends the next; all of them in one thread that takes little time itself."""

import json
import select
import socket
import time
from array import array
from typing import NamedTuple

from ..frames import LENGTH_BYTES, MAX_FRAME_BYTES, NATIVE, PREDICT, REQUEST, RESPONSE

_READ = select.EPOLLIN
_WRITE = select.EPOLLOUT
_CHUNK = 1 << 18
_GOOD = 200


class WorkerHungUp(Exception):
    """The worker hung up."""


class TooSlow(Exception):
    """No answer came within a version's timeout."""


class Answers(NamedTuple):
    """Everything that came of some calls."""

    latencies: "array[int]"
    """Nanoseconds from sending a request to having its whole answer, of those that succeeded."""
    failed: int
    """Requests that were answered with a problem."""
    problem: str
    """The first of these problems; empty: there was none."""
    seconds: float
    """From the first request to the last answer."""


class BenchCaller:
    """One connection, on which one request at a time is under way."""

    __slots__ = ("_answer", "_needed", "_unsent", "began", "socket")

    def __init__(self, address: str) -> None:
        """`address`: the path of a unix socket. Raises OSError."""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address)
        self.socket.setblocking(False)
        self._answer = bytearray()
        self._needed = RESPONSE.size
        self._unsent: "memoryview | None" = None
        self.began = 0

    def send(self, body: bytes) -> bool:
        """Begin a request; whether all of it is sent. Raises WorkerHungUp."""
        header = REQUEST.pack(REQUEST.size - LENGTH_BYTES + len(body), 1, PREDICT, NATIVE, 0, 0)
        self._unsent = memoryview(header + body)
        self.began = time.perf_counter_ns()
        return self.send_more()

    def send_more(self) -> bool:
        """Send what the socket takes; whether all of the request is sent. Raises WorkerHungUp."""
        while self._unsent:
            try:
                self._unsent = self._unsent[self.socket.send(self._unsent) :]
            except BlockingIOError:
                return False
            except OSError as error:
                raise WorkerHungUp from error
        return True

    def receive(self) -> "tuple[int, bytes] | None":
        """Take what is there; status and payload of the answer once all of it is there. Raises WorkerHungUp."""
        try:
            data = self.socket.recv(_CHUNK)
        except BlockingIOError:
            return None
        except OSError as error:
            raise WorkerHungUp from error
        if not data:
            raise WorkerHungUp
        self._answer += data
        if len(self._answer) < RESPONSE.size:
            return None
        length, _, status, *_ = RESPONSE.unpack_from(self._answer)
        if length > MAX_FRAME_BYTES:
            raise WorkerHungUp
        if len(self._answer) < LENGTH_BYTES + length:
            return None
        payload = b"" if status == _GOOD else bytes(self._answer[RESPONSE.size :])
        self._answer = bytearray()
        return status, payload


def call(address: str, bodies: "list[bytes]", *, callers: int, seconds: float, timeout: float) -> Answers:
    """Call for some seconds, each caller at least once. Requests that are under way at the end are waited for.

    `callers`: how many there are at a time. `timeout`: the seconds within which an answer has to come. Raises WorkerHungUp, TooSlow."""
    poll = select.epoll()
    connected = {caller.socket.fileno(): caller for caller in (BenchCaller(address) for _ in range(callers))}
    latencies = array("Q")
    failed, problem, place = 0, "", 0
    began = time.perf_counter_ns()
    until = began + int(seconds * 1e9)
    try:
        for descriptor, caller in connected.items():
            sent = caller.send(bodies[place % len(bodies)])
            poll.register(descriptor, _READ if sent else _READ | _WRITE)
            place += 1
        under_way = callers
        while under_way:
            ready = poll.poll(timeout)
            if not ready:
                raise TooSlow
            for descriptor, events in ready:
                caller = connected[descriptor]
                if events & _WRITE and caller.send_more():
                    poll.modify(descriptor, _READ)
                if not events & ~_WRITE or (answer := caller.receive()) is None:
                    continue
                now = time.perf_counter_ns()
                status, payload = answer
                if status == _GOOD:
                    latencies.append(now - caller.began)
                else:
                    failed += 1
                    problem = problem or problem_of(payload)
                if now >= until:
                    under_way -= 1
                    continue
                if not caller.send(bodies[place % len(bodies)]):
                    poll.modify(descriptor, _READ | _WRITE)
                place += 1
        return Answers(latencies, failed, problem, (time.perf_counter_ns() - began) / 1e9)
    finally:
        poll.close()
        for caller in connected.values():
            caller.socket.close()


def problem_of(payload: bytes) -> str:
    """Say what a problem says, in a sentence or two."""
    try:
        found = json.loads(payload)
        return " ".join(str(found[name]) for name in ("detail", "hint") if found.get(name))[:1000]
    except (ValueError, TypeError, AttributeError):
        return "The worker answered with a problem that can't be read."
