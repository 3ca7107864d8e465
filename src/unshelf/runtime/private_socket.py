"""Unix sockets that only our own user may connect to."""

import os
import socket
from pathlib import Path

_BACKLOG = 1024


def listen_privately(path: Path) -> socket.socket:
    """A listening socket of mode 0600. It gets its name once it listens, in place of one that a dead process left."""
    nameless = path.with_name(f"{path.name}.{os.getpid()}")
    nameless.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    try:
        mask = os.umask(0o177)
        try:
            listening.bind(str(nameless))
        finally:
            os.umask(mask)
        listening.listen(_BACKLOG)
        nameless.rename(path)
    except BaseException:
        listening.close()
        raise
    return listening
