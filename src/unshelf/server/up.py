"""`unshelf up`: one command that holds a home folder, listens, and keeps the processes of a server running."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import msgspec

from unshelf import __version__
from unshelf.contracts.configs import (
    BACKUP_PASSPHRASE_VARIABLE,
    DATABASE_VARIABLE,
    OIDC_CLIENT_SECRET_VARIABLE,
    SMTP_PASSWORD_VARIABLE,
    ControlConfig,
    GatewayConfig,
    HostConfig,
)
from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import HOST_SOCKET, Home, control_socket, heartbeat_file
from unshelf.foundation.host_client import HostLink
from unshelf.runtime.durable import replace_file
from unshelf.runtime.logging import configure_logging
from unshelf.runtime.machine.own_group import enter_leaf
from unshelf.server.backends import UnknownBackend, refuse_unusable_backends
from unshelf.server.backups.chosen import note_backends
from unshelf.server.backups.upgrade import CannotUpgrade, prepare_upgrade
from unshelf.server.child_configs import child_config
from unshelf.server.children import ChildPlan
from unshelf.server.extras import ExtraMissing, refuse_missing_extras
from unshelf.server.home import BadAdminToken, HomeInUse, ensure_admin_token, hold_home, make_home, reset_counters
from unshelf.server.listening import CannotListen, is_loopback, listen, reserve, url_of
from unshelf.server.login_link import login_link
from unshelf.server.readiness import Readiness
from unshelf.server.service.first_process import run_reaping
from unshelf.server.service.systemd import ServiceManager
from unshelf.server.settings import Settings
from unshelf.server.supervisor import NeverReady, Supervisor

_PATIENCE_SECONDS = 10.0
"""How long the gateways of a server that was killed may keep the port before it counts as taken."""

_SECRET_VARIABLES = {
    DATABASE_VARIABLE, SMTP_PASSWORD_VARIABLE, OIDC_CLIENT_SECRET_VARIABLE, BACKUP_PASSPHRASE_VARIABLE,
}  # fmt: skip
"""For control alone."""

_HOST_STOP_SECONDS = 8.0
_END_SECONDS = 20.0
"""How long the server may take to end beyond what requests in flight have."""
_GATEWAY_END_SECONDS = 4.0
"""How long a gateway may take to end beyond what requests in flight have."""

logger = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Serve in the foreground until SIGTERM, SIGINT or SIGHUP; the exit status."""
    return run_reaping(lambda: _run(settings))


def _run(settings: Settings) -> int:
    configure_logging("supervisor", level=settings.log_level)
    os.umask(0o077)  # what we write is for this user alone, in every process
    home = Home(settings.home)
    try:
        _refuse_exposure(settings)
        refuse_missing_extras(settings)
        refuse_unusable_backends(settings)
        make_home(home)
        with hold_home(home) as killed_before:
            reset_counters(home)
            enter_leaf()
            upgrading = prepare_upgrade(settings)
            if upgrading:
                _say(upgrading)
            patience = _PATIENCE_SECONDS if killed_before else 0.0
            with listen(settings.host, settings.port, patience=patience) as listening, _grpc_port(settings):
                return _serve(settings, home, listening)
    except (CannotListen, ExtraMissing, UnknownBackend, HomeInUse, BadAdminToken, NeverReady, CannotUpgrade) as error:
        print(f"unshelf up: {error}", file=sys.stderr)  # noqa: T201 -- for the person who typed it
        return 1
    except OSError as error:
        print(f"unshelf up: can't use {error.filename or home.folder}: {error.strerror}", file=sys.stderr)  # noqa: T201
        return 1


def _serve(settings: Settings, home: Home, listening: socket.socket) -> int:
    token, url = ensure_admin_token(home), url_of(listening)
    os.chdir(home.run)  # sockets go by short names relative to it, however deep the home folder lies
    replace_file(home.address, url.encode())
    note_backends(settings)
    _say(f"Unshelf {__version__}  home {home.folder}")
    accepted = settings.accepted_hosts
    is_ready = Readiness(url, token, host_name=accepted[0] if accepted else None, host_socket=HOST_SOCKET)
    environment = {name: value for name, value in os.environ.items() if name not in _SECRET_VARIABLES}
    # A caller who connects once no gateway accepts any more is refused, and not left to wait for the end of the host.
    manager = ServiceManager(os.environ)
    supervisor = Supervisor(
        _plans(settings, listening), home.run, environment, on_unserved=listening.close, on_look=manager.beat
    )

    def on_ready() -> None:
        _say_ready(settings, home, url, token)
        manager.ready(url)

    def stop() -> None:
        manager.stopping(settings.drain_seconds + _END_SECONDS)
        supervisor.stop()

    _stop_on_signals(stop)
    try:
        supervisor.run(is_ready, on_ready)
    finally:
        sockets = [Path(HOST_SOCKET), *(Path(control_socket(index)) for index in range(settings.controls))]
        for name in (home.address, *sockets):
            name.unlink(missing_ok=True)
    logger.info("stopped")
    return 0


def _grpc_port(settings: Settings) -> AbstractContextManager[Any]:
    """The port for gRPC, held for the gateways; nothing where none is wanted."""
    return reserve(settings.host, settings.grpc_port) if settings.grpc_port else nullcontext()


def _say_ready(settings: Settings, home: Home, url: str, token: str) -> None:
    _say(f"ready {url}")  # at once: scripts wait for it
    link = login_link(url, token) if is_loopback(settings.host) and not settings.public_url else ""
    _say(
        *([f"open {link} (once, within ten minutes; later: unshelf open)"] if link else []),
        *_more_to_say(settings, home),
    )


def _more_to_say(settings: Settings, home: Home) -> list[str]:
    """Lines for the person at the terminal once the server is ready."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    grpc = [f"grpc {host}:{settings.grpc_port}"] if settings.grpc_port else []
    return [*grpc, f"token {home.admin_token} (the administrator's)", *_warnings()]


def _warnings() -> list[str]:
    """Ask the host what the operator must know of this machine."""
    try:
        warning = HostLink(Path(HOST_SOCKET)).warning()
    except UnshelfError:  # it died just now, and is started again; `unshelf doctor` says it too
        return []
    return [f"WARNING: {warning}"] if warning else []


def _plans(settings: Settings, listening: socket.socket) -> Sequence[Sequence[ChildPlan]]:
    """In the order in which they stop: first who takes requests in, last who holds the workers."""
    home, listen_fd = str(settings.home), listening.fileno()
    gateways = [
        _plan(
            f"gateway {index}",
            "unshelf.gateway",
            child_config(
                GatewayConfig, settings, home=home, index=index, listen_fd=listen_fd,
                allowed_hosts=settings.accepted_hosts,
            ),
            stop_seconds=settings.drain_seconds + _GATEWAY_END_SECONDS,
            fds=(listen_fd,),
        )
        for index in range(settings.gateways)
    ]  # fmt: skip
    control = child_config(ControlConfig, settings, home=home, database="", index=0)
    host = child_config(HostConfig, settings, home=home, supervisor=os.getpid())
    control = msgspec.structs.replace(
        control,
        smtp=msgspec.structs.replace(control.smtp, password=""),
        oidc=msgspec.structs.replace(control.oidc, client_secret=""),
        backup=msgspec.structs.replace(control.backup, passphrase=""),
    )
    secrets = {
        DATABASE_VARIABLE: settings.database,
        SMTP_PASSWORD_VARIABLE: settings.smtp_password,
        OIDC_CLIENT_SECRET_VARIABLE: settings.oidc_client_secret,
        BACKUP_PASSPHRASE_VARIABLE: settings.backup_passphrase,
    }
    controls = [
        _plan(
            f"control {index}" if index else "control",
            "unshelf.server.control",
            msgspec.structs.replace(control, index=index),
            stop_seconds=5.0,
            secrets=secrets,
        )
        for index in range(settings.controls)
    ]
    # Control ends beside the gateways: a stream of its own that somebody follows would keep a gateway from ending.
    return [
        [*gateways, *controls],
        [_plan("host", "unshelf.host", host, stop_seconds=_HOST_STOP_SECONDS)],
    ]


def _plan(
    name: str,
    module: str,
    config: msgspec.Struct,
    *,
    stop_seconds: float,
    fds: tuple[int, ...] = (),
    secrets: Mapping[str, str] | None = None,
) -> ChildPlan:
    # -P: the working folder is the run folder, and nothing in it may be imported.
    command = (sys.executable, "-P", "-m", module, msgspec.json.encode(config).decode())
    return ChildPlan(
        name=name,
        command=command,
        fds=fds,
        stop_seconds=stop_seconds,
        heartbeat=heartbeat_file(name),
        environment=secrets or {},
    )


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
        logger.warning("nobody reads standard output")
