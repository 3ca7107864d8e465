"""`unshelf up`: one command that holds a home folder, listens, and keeps the processes of a server running."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from unshelf import __version__
from unshelf.contracts.logs import configure_logging
from unshelf.contracts.processes import CONTROL_SOCKET, HOST_SOCKET, GatewayConfig, HostConfig
from unshelf.foundation.files import replace_file
from unshelf.server.children import ChildPlan
from unshelf.server.control_config import ControlConfig
from unshelf.server.home import BadAdminToken, Home, HomeInUse
from unshelf.server.listening import CannotListen, is_loopback, listen, url_of
from unshelf.server.readiness import Readiness
from unshelf.server.settings import Settings
from unshelf.server.supervisor import NeverReady, Supervisor

_PATIENCE_SECONDS = 10.0
"""How long the gateways of a server that was killed may keep the port before it counts as taken."""

_log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Serve in the foreground until SIGTERM, SIGINT or SIGHUP; the exit status."""
    configure_logging("supervisor", level=settings.log_level)
    os.umask(0o077)  # what we write is for this user alone, in every process
    home = Home(settings.home)
    try:
        _refuse_exposure(settings)
        home.make()
        with home.held() as killed_before:
            patience = _PATIENCE_SECONDS if killed_before else 0.0
            with listen(settings.host, settings.port, patience=patience) as listening:
                return _serve(settings, home, listening)
    except (CannotListen, HomeInUse, BadAdminToken, NeverReady) as error:
        print(f"unshelf up: {error}", file=sys.stderr)  # noqa: T201 -- for the person who typed it
        return 1
    except OSError as error:
        print(f"unshelf up: can't use {error.filename or home.folder}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 1


def _serve(settings: Settings, home: Home, listening: socket.socket) -> int:
    token, url = home.ensure_admin_token(), url_of(listening)
    os.chdir(home.run)  # sockets go by short names relative to it, however deep the home folder lies
    replace_file(home.address, url.encode())
    _say(f"Unshelf {__version__}  home {home.folder}")
    accepted = settings.accepted_hosts
    is_ready = Readiness(url, token, host_name=accepted[0] if accepted else None, host_socket=HOST_SOCKET)
    supervisor = Supervisor(_plans(settings, listening), home.run, os.environ)
    _stop_on_signals(supervisor.stop)
    try:
        supervisor.run(is_ready, lambda: _say(f"ready {url}", f"token {home.admin_token} (the administrator's)"))
    finally:
        for name in (home.address, Path(CONTROL_SOCKET), Path(HOST_SOCKET)):
            name.unlink(missing_ok=True)
    _log.info("stopped")
    return 0


def _plans(settings: Settings, listening: socket.socket) -> Sequence[Sequence[ChildPlan]]:
    """In the order in which they stop: first who takes requests in, last who holds the workers."""
    folder = str(settings.home)
    gateways = [
        _plan(
            f"gateway {index}",
            "unshelf.gateway",
            GatewayConfig(
                index=index,
                home=folder,
                listen_fd=listening.fileno(),
                max_body_bytes=settings.max_body_bytes,
                max_in_flight=settings.max_in_flight,
                allowed_hosts=settings.accepted_hosts,
                segment_bytes=settings.segment_bytes,
                log_level=settings.log_level,
            ),
            stop_seconds=12.0,  # a gateway gives requests in flight 10 seconds to be answered
            fds=(listening.fileno(),),
        )
        for index in range(settings.gateways)
    ]
    control = ControlConfig(
        home=folder,
        max_blob_bytes=settings.max_blob_bytes,
        wake_seconds=settings.start_seconds,
        log_level=settings.log_level,
    )
    host = HostConfig(
        home=folder,
        check_seconds=settings.check_seconds,
        start_seconds=settings.start_seconds,
        log_level=settings.log_level,
    )
    # Control ends beside the gateways: a stream of its own that somebody follows would keep a gateway from ending.
    return [
        [*gateways, _plan("control", "unshelf.server.control", control, stop_seconds=5.0)],
        [_plan("host", "unshelf.host", host, stop_seconds=8.0)],
    ]


def _plan(
    name: str, module: str, config: msgspec.Struct, *, stop_seconds: float, fds: tuple[int, ...] = ()
) -> ChildPlan:
    # -P: the working folder is the run folder, and nothing in it may be imported.
    command = (sys.executable, "-P", "-m", module, msgspec.json.encode(config).decode())
    return ChildPlan(name=name, command=command, fds=fds, stop_seconds=stop_seconds)


def _refuse_exposure(settings: Settings) -> None:
    if not settings.expose and not is_loopback(settings.host):
        raise CannotListen(
            f"{settings.host} can be reached from other machines; if that is meant, say --expose or UNSHELF_EXPOSE=1 "
            "(and put a proxy that speaks TLS before it)"
        )


def _stop_on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if (
            number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
        ):  # nohup: it shall outlive its terminal
            signal.signal(number, lambda *_: stop())


def _say(*lines: str) -> None:
    """Standard output is for people and for scripts that wait for `ready`."""
    try:
        print(*lines, sep="\n", flush=True)  # noqa: T201
    except BrokenPipeError:
        _log.warning("nobody reads standard output")
