"""`python -m unshelf.server.running.take_over DESCRIPTOR`: goes on as the server that another program was in this very process.

That program has asked this one before (rolling/check), so that what is wrong with it or its settings is known by then."""

import contextlib
import os
import socket
import sys

from unshelf.runtime.logging import configure_logging
from unshelf.server.home import hold_still
from unshelf.server.rolling.handover import take
from unshelf.server.running.serve import HeldServer, serve
from unshelf.server.settings import read_settings


def main() -> int:
    """Take over and serve; the exit status."""
    configure_logging("supervisor")
    os.umask(0o077)
    taken = take(int(sys.argv[1]))
    with contextlib.suppress(OSError):  # it may be gone; settings with relative paths were read by the check
        os.chdir(taken.folder)
    settings = read_settings(**taken.given)
    configure_logging("supervisor", level=settings.log_level)
    with hold_still(taken.lock) as home, contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket(fileno=taken.listening))
        grpc = None if taken.grpc is None else stack.enter_context(socket.socket(fileno=taken.grpc))
        held = HeldServer(lock=home.descriptor, listening=listening, grpc=grpc, folder=taken.folder, given=taken.given)
        return serve(settings, held, taken)


if __name__ == "__main__":
    sys.exit(main())
