"""Output of programs that deployers bring: its beginning and its end, within bounds whatever is printed."""

MOST_SHOWN = 64 << 10
"""Bytes of a program's output that are looked at."""
_LONGEST_LINE = 1000


class BoundedOutput:
    """Bytes of an output: the first and the last ones; those between are counted and dropped."""

    def __init__(self, most: int = MOST_SHOWN) -> None:
        self._head_bytes = most // 4
        self._tail_bytes = most - self._head_bytes
        self._head = bytearray()
        self._tail = bytearray()
        self._dropped = 0

    def write(self, chunk: bytes) -> None:
        """Take what the program wrote next."""
        room = self._head_bytes - len(self._head)
        if room > 0:
            self._head += chunk[:room]
            chunk = chunk[room:]
        self._tail += chunk
        if len(self._tail) > 2 * self._tail_bytes:
            self._trim()

    @property
    def is_complete(self) -> bool:
        """Whether nothing was dropped."""
        return not self._dropped and len(self._tail) <= self._tail_bytes

    def text(self) -> str:
        """The output as text, with a line that says how much is left out."""
        self._trim()
        if not self._dropped:
            return bytes(self._head + self._tail).decode(errors="replace")
        head, tail = self._head.decode(errors="replace"), self._tail.decode(errors="replace")
        return f"{head}\n[{self._dropped} bytes left out]\n{tail}"

    def _trim(self) -> None:
        surplus = len(self._tail) - self._tail_bytes
        if surplus > 0:
            del self._tail[:surplus]
            self._dropped += surplus


def cut_lines(text: str, longest: int = _LONGEST_LINE) -> str:
    """Shorten each line that is longer than `longest` characters."""
    lines = (
        line if len(line) <= longest else f"{line[:longest]} [{len(line) - longest} more]" for line in text.split("\n")
    )
    return "\n".join(lines)
