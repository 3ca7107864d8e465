"""`python -m unshelf.server.control CONFIG_JSON`: the control process, started by the supervisor.

It brings the database up to this release, publishes the routing state, and serves the API on a socket in the run folder,
which gateways pass on to. When it is down, predictions go on."""

import asyncio
import gc
import logging
import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import msgspec

from unshelf.contracts.configs import (
    BACKUP_PASSPHRASE_VARIABLE,
    DATABASE_VARIABLE,
    OIDC_CLIENT_SECRET_VARIABLE,
    SMTP_PASSWORD_VARIABLE,
    ControlConfig,
)
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.home import Home, control_socket, heartbeat_file
from unshelf.foundation.database.engine import DatabaseUnavailable
from unshelf.runtime.file_lock import locked, sweep_held
from unshelf.runtime.heartbeat import beat
from unshelf.runtime.lifecycle import forbid_core_dumps, stop_event, terminate_with_parent
from unshelf.runtime.logging import configure_logging
from unshelf.server.serving import serve

_WIRING = "unshelf.server.wiring.control"

_STOP_SECONDS = 3.0
"""How long answers under way may take after SIGTERM. Streams that follow something would never end by themselves."""

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or until the supervisor is gone; the exit status."""
    config = msgspec.json.decode(arguments[0], type=ControlConfig)
    smtp = msgspec.structs.replace(config.smtp, password=os.environ.pop(SMTP_PASSWORD_VARIABLE, config.smtp.password))
    database = os.environ.pop(DATABASE_VARIABLE, config.database)
    secret = os.environ.pop(OIDC_CLIENT_SECRET_VARIABLE, config.oidc.client_secret)
    oidc = msgspec.structs.replace(config.oidc, client_secret=secret)
    passphrase = os.environ.pop(BACKUP_PASSPHRASE_VARIABLE, config.backup.passphrase)
    backup = msgspec.structs.replace(config.backup, passphrase=passphrase)
    config = msgspec.structs.replace(config, database=database, smtp=smtp, oidc=oidc, backup=backup)
    configure_logging("control", level=config.log_level)
    os.umask(0o077)
    forbid_core_dumps()  # secrets pass through its memory
    terminate_with_parent()
    gc.disable()  # nothing that is loaded is garbage, and there is much to look at
    build_control = import_module(_WIRING).build_control
    gc.freeze()
    gc.enable()
    socket = Path(control_socket(config.index))
    # The last control in this place may still be ending: only one may hold its claims and own the socket's name.
    with locked(Home(Path(config.home)).control_lock.with_stem(socket.stem)):
        try:
            control = build_control(config)
        except DatabaseUnavailable as error:
            logger.error("the database can't be used", extra={"reason": str(error)})
            return 1
        except Unavailable as error:
            logger.error("a backend can't be used", extra={"reason": error.detail, "hint": error.hint})
            return 1
        sweep_held(Home(Path(config.home)).run)
        control.start()
        socket.unlink(missing_ok=True)  # of a control that was killed; binding does not replace it
        try:
            asyncio.run(
                _serve_until_stopped(
                    control.app, socket, heartbeat_file(f"control {config.index}" if config.index else "control")
                )
            )
        finally:
            control.stop()
    logger.info("stopped")
    return 0


async def _serve_until_stopped(app: object, socket: Path, heartbeat: str) -> None:
    stopping = stop_event(_cut_off_soon, lifeline=False)
    logger.info("serving")
    beating = asyncio.create_task(beat(Path(heartbeat)))
    await serve(app, socket, stopping)
    beating.cancel()


def _cut_off_soon() -> None:
    guard = threading.Timer(_STOP_SECONDS, _cut_off)
    guard.daemon = True
    guard.start()


def _cut_off() -> None:
    """End now. All that matters is in the database, which survives that; what is left are streams nobody ends."""
    logger.info("stopped; cut off what was still streaming")
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
