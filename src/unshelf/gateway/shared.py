"""Bodies in memory that other processes can read by its descriptor, so that a large one is handed to its worker and not copied."""

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


class SharedBody:
    """A body of `size` bytes. It is written once, from its beginning on, and sealed; from then on nobody can change it."""

    count = 0
    """Those that were not closed yet."""

    def __init__(self, size: int) -> None:
        """Raises OSError when the system gives no such memory, or there are as many as there may be."""
        if SharedBody.count >= MOST_SHARED:
            raise OSError(errno.EMFILE, "as many bodies are shared as may be")
        self.size = size
        self.filled = 0
        """Bytes that were written."""
        self.descriptor = os.memfd_create("unshelf-body", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        """-1 once it was closed."""
        SharedBody.count += 1
        try:
            os.truncate(self.descriptor, size)
            # Not shared: what is shared by one who may write can't be sealed. What is written shows in it all the same.
            mapped = mmap.mmap(self.descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
        except BaseException:
            self.close()
            raise
        self.view = memoryview(mapped)
        """Its bytes, as far as they were written; whoever holds this may read them after `close`, too."""

    def write(self, data: bytes | memoryview) -> None:
        """Its next bytes. Raises OSError when there is no memory for them."""
        rest = memoryview(data)
        while rest:
            count = os.pwrite(self.descriptor, rest, self.filled)
            self.filled += count
            rest = rest[count:]

    def seal(self) -> None:
        """It is whole."""
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)

    def close(self) -> None:
        """Let go of the descriptor: it is handed to nobody any more. The memory lives as long as somebody reads it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
            SharedBody.count -= 1
