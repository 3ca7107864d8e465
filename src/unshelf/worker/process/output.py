"""The output of a worker: each line begins with the time and the replica, so that several replicas can share a file."""

import atexit
import contextlib
import io
import os
import sys
import time
from typing import Any

from ..errors import hidden

_LONGEST_PART = 8192
"""Bytes of a line without an end that wait for it."""
_MOST_A_SECOND = 4 << 20
"""Bytes that are written in a second; the host looks at the file every two, and keeps its last 10 MiB."""


class StampedFile(io.RawIOBase):
    """A descriptor to which whole lines are written, each with a stamp: `2026-11-29T01:02:03.456Z [4242] text`.

    Threads share it through the buffer in front of it, which locks. What native code writes to the descriptor has no stamp."""

    replica = "-"
    """The same for both streams; unknown until the worker is configured."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._part = b""
        self._second = 0
        self._written = 0
        """Bytes of this second."""
        self._left_out = 0
        """Bytes of this second that were too many."""

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def writable(self) -> bool:
        """Return True."""
        return True

    def isatty(self) -> bool:
        """Return False: no person is there."""
        return False

    def write(self, data: Any) -> int:
        """Write the lines that have an end, and keep the rest until its end comes."""
        text = bytes(data)
        *lines, self._part = (self._part + text).split(b"\n")
        if len(self._part) > _LONGEST_PART:
            lines.append(self._part)
            self._part = b""
        self._append(lines)
        return len(text)

    def finish(self) -> None:
        """Write a last line that has no end."""
        lines, self._part = [self._part] if self._part else [], b""
        if self._left_out:
            lines.append(b"[%d bytes left out]" % self._left_out)
            self._second = self._left_out = 0
        self._append(lines)

    def forget(self) -> None:
        """Drop the beginning of a line that another process wrote before it forked this one."""
        self._part = b""

    def _append(self, lines: "list[bytes]") -> None:
        if not lines:
            return
        moment = time.time()
        lines = self._bounded(lines, int(moment))
        clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
        stamp = f"{clock}.{int(moment % 1 * 1000):03d}Z [{StampedFile.replica}] ".encode()
        rest = b"".join(stamp + _without_secrets(line) + b"\n" for line in lines)
        with contextlib.suppress(OSError):  # the disk is full: no reason for a prediction to fail
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def _bounded(self, lines: "list[bytes]", second: int) -> "list[bytes]":
        """Leave out what goes beyond the bytes of a second, and say how much that was once it is over."""
        if second != self._second:
            if self._left_out:
                lines = [
                    b"[%d bytes left out: more than %d MiB in a second]" % (self._left_out, _MOST_A_SECOND >> 20),
                    *lines,
                ]
            self._second, self._written, self._left_out = second, 0, 0
        kept = []
        for line in lines:
            if self._written + len(line) > _MOST_A_SECOND:
                self._left_out += len(line)
            else:
                self._written += len(line) + 1
                kept.append(line)
        return kept


def _without_secrets(line: bytes) -> bytes:
    for secret, mark in hidden:
        line = line.replace(secret.encode("utf-8", "surrogateescape"), mark.encode())
    return line


_files: "list[StampedFile]" = []


def stamp_output() -> None:
    """Have all that Python code of this process prints be stamped, from now on."""
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        file = StampedFile(descriptor)
        _files.append(file)
        text = io.TextIOWrapper(io.BufferedWriter(file), "utf-8", errors="backslashreplace", line_buffering=True)
        setattr(sys, name, text)
        setattr(sys, f"__{name}__", text)
    atexit.register(_finish)


def name_replica(replica: str) -> None:
    """Put this name on all lines to come."""
    StampedFile.replica = replica or "-"
    for file in _files:
        file.forget()


def _finish() -> None:
    for stream, file in zip((sys.__stdout__, sys.__stderr__), _files):  # noqa: B905 - Python 3.9 knows no strict
        if stream is not None:
            stream.flush()
        file.finish()
