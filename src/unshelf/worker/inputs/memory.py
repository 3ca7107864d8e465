"""Memory of large arrays, which is used again: fresh pages cost several times what is written into them."""

import importlib
import math
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any

USED_AGAIN_FROM_BYTES = 32 << 20
"""Smaller arrays the C library takes from memory that it keeps itself."""
_KEPT_SECONDS = 60.0


class ArrayMemory:
    """Makes arrays. The memory of a large one is kept for the next, at most `most_bytes` and for a minute, and used again when
    nobody holds the array any more: a model may keep what it was given."""

    def __init__(self, most_bytes: int = 0, clock: Callable[[], float] = monotonic) -> None:
        self._most = most_bytes
        self._clock = clock
        self._kept: Any = None
        """A NumPy array of bytes, of which all arrays that were made of it are views; they and theirs refer to it."""
        self._references = 0
        """To `_kept`, when it is in nobody's use."""
        self._used_at = 0.0

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array in row-major order that may be written; what is in it is left over from anything. Raises MemoryError."""
        numpy: Any = importlib.import_module("numpy")
        kind = numpy.dtype(dtype)
        size = math.prod(shape) * kind.itemsize
        if kind.hasobject or not USED_AGAIN_FROM_BYTES <= size <= self._most:
            return numpy.empty(shape, kind)
        if self._kept is None or self._kept.nbytes < size or sys.getrefcount(self._kept) != self._references:
            self._kept = None  # first, so that there is room
            self._kept = numpy.empty(size, numpy.uint8)
            self._references = sys.getrefcount(self._kept)
        self._used_at = self._clock()
        return self._kept[:size].view(dtype).reshape(shape)

    def joined(self, arrays: list[Any], dtype: Any) -> Any:
        """Arrays one after the other as one of its own, which may be written, in the machine's byte order. Raises MemoryError."""
        numpy: Any = importlib.import_module("numpy")
        shape = (sum(map(len, arrays)), *arrays[0].shape[1:])
        return numpy.concatenate(arrays, out=self.empty(shape, dtype))

    def rest(self) -> float | None:
        """Let go of what was not used for a minute; the seconds until there will be something to let go (None: nothing is kept)."""
        if self._kept is None:
            return None
        left = self._used_at + _KEPT_SECONDS - self._clock()
        if left <= 0:
            self._kept = None
            return None
        return left
