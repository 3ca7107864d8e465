"""Bodies in memory that other processes can read by its descriptor, so that a large one reaches its worker without a copy."""

import errno
import fcntl
import mmap
import os

SHARED_FROM_BYTES = 1 << 20
"""Below, copying costs less than sharing."""
MOST_SHARED = 64
"""At a time, in one process: each takes descriptors here and in its worker, which would run out of them before memory does."""
SHARES = hasattr(os, "memfd_create") and hasattr(fcntl, "F_ADD_SEALS")
"""Whether this system has such memory: Linux does."""


class SealedBuffer:
    """A body of `size` bytes. It is written once, from its beginning on, and sealed; from then on nobody can change it."""

    count = 0
    """Buffers that were not closed yet."""

    def __init__(self, size: int) -> None:
        """Raises OSError when the system gives no such memory, or there are as many as there may be."""
        if SealedBuffer.count >= MOST_SHARED:
            raise OSError(errno.EMFILE, "as many bodies are shared as may be")
        self.size = size
        self.filled = 0
        """Bytes that were written."""
        self.descriptor = os.memfd_create("unshelf-body", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        """-1 once it was closed."""
        SealedBuffer.count += 1
        try:
            os.truncate(self.descriptor, size)
            # A private mapping: a shared writable one could not be sealed. What is written shows in it all the same.
            mapped = mmap.mmap(self.descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
        except BaseException:
            self.close()
            raise
        self.view = memoryview(mapped)
        """The bytes written so far; they can be read after `close`, too."""

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes. Raises OSError when there is no memory for them."""
        rest = memoryview(data)
        while rest:
            count = os.pwrite(self.descriptor, rest, self.filled)
            self.filled += count
            rest = rest[count:]

    def seal(self) -> None:
        """Seal the buffer: no process can change it any more."""
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)

    def close(self) -> None:
        """Close the descriptor, which can't be passed on any more. The memory lives as long as a view of it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            SealedBuffer.count -= 1
