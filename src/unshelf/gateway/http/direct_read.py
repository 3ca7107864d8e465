"""Direct reads: a large body goes from the socket to its destination by one buffer that stays in the processor's cache."""

import asyncio
import os
import socket
from collections.abc import Callable

DIRECT_FROM_BYTES = 256 << 10
"""Bytes still to come from which on direct reading is cheaper."""
_READ_BYTES = 256 << 10
_READS_A_TURN = 4
"""Bytes read in one turn, so that no client keeps the loop from the others."""
_buffer = memoryview(bytearray(_READ_BYTES))
"""One for all: what is read into it is written out before the next is read."""

Write = Callable[[bytes | memoryview], None]
"""Takes the next bytes of a body, which are its own only until it returns."""


class DirectRead:
    """Reads what is left of a body from a socket that nobody else reads meanwhile, and never more than that."""

    def __init__(self, descriptor: int, left: int, write: Write) -> None:
        """Begins at once. Raises OSError when the process has as many descriptors open as it may."""
        self.left = left
        """Bytes that are still to come."""
        self._write = write
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self._loop.create_future()
        """Done when nothing is left, the client is gone, or it was stopped; fails with what `write` raises."""
        # The transport watches its own descriptor, and one of them can be watched only once.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, os.dup(descriptor))
        self._loop.add_reader(self._socket.fileno(), self._read)

    def stop(self) -> None:
        """Read no more."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
        if not self.done.done():
            self.done.set_result(None)

    def _read(self) -> None:
        for _ in range(_READS_A_TURN):
            try:
                count = self._socket.recv_into(_buffer, min(self.left, _READ_BYTES))
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                count = 0
            if not count:  # the transport will hear why
                self.stop()
                return
            self.left -= count
            try:
                self._write(_buffer[:count])
            except Exception as error:
                self.done.set_exception(error)
                self.stop()
                return
            if not self.left:
                self.stop()
                return
