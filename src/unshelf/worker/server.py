"""The serving loop: one thread, all connections; whatever waits is predicted together, then answered with one send each."""

import os
import selectors
import signal
import socket
from collections import deque
from collections.abc import Callable
from time import monotonic, perf_counter_ns

from .connections import HungUp, Request, WorkerSocket
from .engine import Engine
from .frames import STOPPING
from .process.busy_poll import BusyPollSelector
from .process.report import Usage

_DRAIN_SECONDS = 5.0
_READ = selectors.EVENT_READ
_WRITE = selectors.EVENT_WRITE


class Server:
    """Serves one engine on one listening socket until it has to stop or nobody is left to serve."""

    def __init__(
        self,
        engine: Engine,
        listener: socket.socket,
        lifeline: int,
        usage: Usage,
        *,
        stream_seconds: float,
        busy_poll: bool = False,
    ) -> None:
        """`stream_seconds`: how long streams may go on after SIGTERM; `busy_poll`: see BusyPollSelector."""
        self._engine = engine
        self._streams = engine.streams
        self._listener: socket.socket | None = listener
        self._lifeline = lifeline
        self._usage = usage
        self._stream_seconds = stream_seconds
        self._selector = selectors.DefaultSelector()
        self._wait = BusyPollSelector(self._selector, allowed=busy_poll)
        self._answered = 0
        """By the last turn that had something to answer."""
        self._connections: set[WorkerSocket] = set()
        self._waiting: deque[Request] = deque()
        self._stopping = False
        self._wake, self._woken = os.pipe()
        for fd in (self._wake, self._woken):
            os.set_blocking(fd, False)
        listener.setblocking(False)
        self._selector.register(listener, _READ, self._accept)
        self._selector.register(lifeline, _READ, self._hear_lifeline)
        self._selector.register(self._wake, _READ, self._hear_signal)

    def run(self) -> None:
        """Serve. Returns when SIGTERM came and what was received is answered, or when the host and all gateways are gone."""
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._stop)
        while not self._stopping and (self._listener is not None or self._connections):
            self._turn(0 if self._waiting or self._streams.ready else self._rest())
        self._drain()

    def _rest(self) -> float | None:
        """Before sleeping: what is to be done from time to time; the seconds until something is again (None: nothing is)."""
        report, kept = self._usage.report(), self._engine.rest()
        if report is None or kept is None:
            return kept if report is None else report
        return min(report, kept)

    def _turn(self, timeout: float | None) -> None:
        for key, events in self._wait.select(timeout, alone=self._answered == 1):
            if isinstance(key.data, WorkerSocket):
                if events & _READ:
                    self._receive(key.data)
                else:
                    self._flush(key.data)
            else:
                key.data()
        if self._waiting:
            asked = {request.connection for request in self._waiting}
            self._answered = self._engine.work(self._waiting)
            self._usage.count(self._answered)
            for connection in asked:
                self._flush(connection)
            self._usage.report()
        if self._streams.active:
            for connection in self._streams.advance():
                self._flush(connection)
            self._usage.busy()
            self._usage.report()

    def _receive(self, connection: WorkerSocket) -> None:
        try:
            requests, cancelled = connection.receive(perf_counter_ns())
        except (HungUp, MemoryError):  # without room for its bytes the connection is lost; the gateway tries elsewhere
            self._close(connection)
            return
        self._waiting.extend(requests)
        if cancelled:
            dropped = frozenset(cancelled)
            self._keep(lambda request: request.connection is not connection or request.id not in dropped)

    def _flush(self, connection: WorkerSocket) -> None:
        if connection not in self._connections:
            return
        try:
            # A gateway that does not take its answers is not read from either, so that they can't fill the memory.
            self._selector.modify(connection.socket, _READ if connection.flush() else _WRITE, connection)
        except HungUp:
            self._close(connection)

    def _accept(self) -> None:
        while self._listener is not None:  # it may have gone in this very turn, with the host
            try:
                accepted, _ = self._listener.accept()
            except OSError:  # nobody is left in the queue, or went while waiting
                return
            if accepted.family != socket.AF_UNIX:
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = WorkerSocket(accepted)
            connection.flags = self._engine.flags
            self._connections.add(connection)
            self._selector.register(accepted, _READ, connection)

    def _hear_lifeline(self) -> None:
        """The host is gone (or said something, which it has no reason to): serve those who are here, and nobody new."""
        try:
            said = os.read(self._lifeline, 4096)
        except OSError:
            said = b""
        if not said:
            self._selector.unregister(self._lifeline)
            self._stop_listening()

    def _hear_signal(self) -> None:
        os.read(self._wake, 4096)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None

    def _drain(self) -> None:
        """Answer what was received, with the flag that says to send nothing more here; then hang up."""
        self._stop_listening()
        for connection in list(self._connections):
            connection.flags |= STOPPING
            self._receive(connection)
        self._finish_streams()
        while self._waiting:
            self._usage.count(self._engine.work(self._waiting))
        self._streams.keep(lambda _: False)
        deadline = monotonic() + _DRAIN_SECONDS
        for connection in list(self._connections):
            self._flush_until(connection, deadline)
            self._close(connection)

    def _finish_streams(self) -> None:
        """Let those under way come to their end, if that is near."""
        deadline = monotonic() + self._stream_seconds
        while self._streams.active and (left := deadline - monotonic()) > 0:
            self._turn(0 if self._waiting or self._streams.ready else left)

    def _flush_until(self, connection: WorkerSocket, deadline: float) -> None:
        connection.socket.settimeout(max(0.01, deadline - monotonic()))
        try:
            connection.flush()
        except HungUp:
            return  # a gateway that left, or takes nothing for seconds, gets its answers from another worker

    def _close(self, connection: WorkerSocket) -> None:
        self._connections.discard(connection)
        self._selector.unregister(connection.socket)
        connection.close()
        self._keep(lambda request: request.connection is not connection)

    def _keep(self, wanted: Callable[[Request], bool]) -> None:
        if self._waiting:
            self._waiting = deque(filter(wanted, self._waiting))
        if self._streams.active:
            self._streams.keep(wanted)
