"""`python -m unshelf.server.control CONFIG_JSON`: the control process, started by the supervisor.

It brings the database up to this release, publishes the routing table, and serves the API on a socket in the run folder,
which gateways pass on to. When it is down, predictions go on."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from unshelf.contracts.logs import configure_logging
from unshelf.contracts.processes import CONTROL_SOCKET
from unshelf.server.control_config import ControlConfig
from unshelf.server.home import exclusive
from unshelf.server.serving import serve
from unshelf.server.wiring import build_control

_STOP_SECONDS = 3.0
"""How long answers under way may take after SIGTERM. Streams that follow something would never end by themselves."""

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or until the supervisor is gone; the exit status."""
    config = msgspec.json.decode(arguments[0], type=ControlConfig)
    configure_logging("control", level=config.log_level)
    os.umask(0o077)
    threading.Thread(target=_end_with_parent, name="lifeline", daemon=True).start()
    # The control of a server that was killed may still be ending: only one may write and own the socket's name.
    with exclusive(Path("control.lock")):
        control = build_control(config)
        control.start()
        Path(CONTROL_SOCKET).unlink(missing_ok=True)  # of a control that was killed; binding does not replace it
        try:
            asyncio.run(_serve_until_stopped(control.app))
        finally:
            control.stop()
    _log.info("stopped")
    return 0


async def _serve_until_stopped(app: object) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_soon, stopping)
    _log.info("serving")
    await serve(app, Path(CONTROL_SOCKET), stopping)


def _stop_soon(stopping: asyncio.Event) -> None:
    stopping.set()
    guard = threading.Timer(_STOP_SECONDS, _cut_off)
    guard.daemon = True
    guard.start()


def _cut_off() -> None:
    """End now. All that matters is in the database, which survives that; what is left are streams nobody ends."""
    _log.info("stopped; cut off what was still streaming")
    os._exit(0)


def _end_with_parent() -> None:
    """Wait for the end of standard input, which the supervisor holds open, then end as on SIGTERM."""
    while os.read(0, 4096):
        pass
    _log.info("the supervisor is gone")
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
