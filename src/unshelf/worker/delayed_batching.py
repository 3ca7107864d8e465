"""Batches that wait for more: for models whose predict costs much and hardly more for many rows, and whose callers can wait.

Used only where a version asks for it; without that neither the loop nor the engine knows of any of this."""

import socket
from collections import deque
from time import perf_counter_ns
from typing import Any

from .connections import Request
from .engine import Engine
from .process.report import Usage
from .server import Server


class DelayedBatchingEngine(Engine):
    """An engine that answers nobody until a batch is full or its first request has waited long enough."""

    def __init__(self, *arguments: Any, wait_seconds: float, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.wait_seconds = wait_seconds
        self.gathers = True
        """Whether it waits at all; set to False when the worker stops."""

    def work(self, waiting: deque[Request]) -> int:
        """As Engine; 0 also when the batch waits for more."""
        before = len(waiting)
        self._read_new(waiting)
        answered = before - len(waiting)
        if waiting and self.left(waiting) <= 0:
            answered += super().work(waiting)
        return answered

    def left(self, waiting: deque[Request]) -> float:
        """The seconds until the batch that waits is due; 0 when it is full."""
        if not self.gathers or self._is_full(waiting):
            return 0.0
        return max(0.0, self.wait_seconds - (perf_counter_ns() - waiting[0].arrived) / 1e9)

    def _is_full(self, waiting: deque[Request]) -> bool:
        rows = size = 0
        for request in waiting:
            rows += 1 if request.part is None else request.part.rows
            size += request.size
            if rows >= self._max_rows or size >= self._max_bytes:
                return True
        return False

    def _read_new(self, waiting: deque[Request]) -> None:
        """Parse what came, so that its rows are known; who sent what can't be read is answered at once."""
        for _ in range(len(waiting)):
            request = waiting.popleft()
            if request.part is not None or self._read(request) is not None:
                waiting.append(request)


class DelayedBatchingServer(Server):
    """A server whose loop sleeps until its batch is due, and no longer."""

    def __init__(
        self,
        engine: DelayedBatchingEngine,
        listener: socket.socket,
        lifeline: int,
        usage: Usage,
        *,
        stream_seconds: float,
    ) -> None:
        super().__init__(engine, listener, lifeline, usage, stream_seconds=stream_seconds)
        self._gathering = engine

    def _turn(self, timeout: float | None) -> None:
        gathers = self._waiting and not self._streams.ready
        super()._turn(self._gathering.left(self._waiting) if gathers else timeout)

    def _drain(self) -> None:
        self._gathering.gathers = False
        super()._drain()
