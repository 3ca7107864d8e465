"""The output of a program in a file that does not grow without end: its beginning, and at the end its last words."""

import os

_TAIL_BYTES = 64 << 10


class OutputFile:
    """Takes what a program writes. Beyond `most_bytes` only the end is kept, and added when the file is closed."""

    def __init__(self, path: str, most_bytes: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._room = most_bytes
        self._dropped = 0
        self._tail = b""

    def write(self, data: bytes) -> None:
        """Take what the program wrote next. A full disk costs the output, not the program."""
        head, rest = data[: self._room], data[self._room :]
        self._room -= len(head)
        self._put(head)
        if rest:
            kept = self._tail + rest
            self._tail = kept[-_TAIL_BYTES:]
            self._dropped += len(rest)

    def close(self) -> None:
        """Add the last words, and a line that says how much is left out before them."""
        if left_out := self._dropped - len(self._tail):
            self._put(b"\n[%d bytes left out]\n" % left_out)
        self._put(self._tail)
        os.close(self._file)

    def _put(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._file, data) :]
            except OSError:
                return
