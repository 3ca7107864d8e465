"""`unshelf up`: one command that holds a home folder, listens, and keeps the processes of a server running."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import msgspec

from unshelf import __version__
from unshelf.contracts.logs import configure_logging
from unshelf.contracts.processes import CONTROL_SOCKET, HOST_SOCKET, GatewayConfig, HostConfig
from unshelf.foundation.files import replace_file
from unshelf.server.children import ChildPlan
from unshelf.server.control_config import ControlConfig
from unshelf.server.extras import ExtraMissing, refuse_missing_extras
from unshelf.server.home import BadAdminToken, Home, HomeInUse
from unshelf.server.listening import CannotListen, is_loopback, listen, reserve, url_of
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
        refuse_missing_extras(settings)
        home.make()
        with home.held() as killed_before:
            home.forget_counters()
            patience = _PATIENCE_SECONDS if killed_before else 0.0
            with listen(settings.host, settings.port, patience=patience) as listening, _grpc_port(settings):
                return _serve(settings, home, listening)
    except (CannotListen, ExtraMissing, HomeInUse, BadAdminToken, NeverReady) as error:
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
        supervisor.run(is_ready, lambda: _say(f"ready {url}", *_more_to_say(settings, home)))
    finally:
        for name in (home.address, Path(CONTROL_SOCKET), Path(HOST_SOCKET)):
            name.unlink(missing_ok=True)
    _log.info("stopped")
    return 0


def _grpc_port(settings: Settings) -> AbstractContextManager[Any]:
    """The port for gRPC, held for the gateways; nothing where none is wanted."""
    return reserve(settings.host, settings.grpc_port) if settings.grpc_port else nullcontext()


def _more_to_say(settings: Settings, home: Home) -> list[str]:
    """What a person wants to know once the server is ready."""
    grpc = [f"grpc {settings.host}:{settings.grpc_port}"] if settings.grpc_port else []
    return [*grpc, f"token {home.admin_token} (the administrator's)"]


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
                max_arrow_bytes=settings.max_arrow_bytes,
                recorded_arrow_bytes=settings.recorded_arrow_bytes,
                grpc_host=settings.host,
                grpc_port=settings.grpc_port,
                log_level=settings.log_level,
                gateways=settings.gateways,
                otlp_endpoint=settings.otlp_endpoint or "",
                otlp_ratio=settings.otlp_ratio,
                deferred_concurrency=settings.deferred_concurrency,
                deferred_queue=settings.deferred_queue,
                deferred_queue_bytes=settings.deferred_queue_bytes,
                deferred_keep_seconds=settings.deferred_keep_seconds,
                deferred_max_bytes=settings.deferred_max_bytes,
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
        prediction_days=settings.prediction_days,
        prediction_max_bytes=settings.prediction_max_bytes,
        deploy_days=settings.deploy_days,
        alert_days=settings.alert_days,
    )
    host = HostConfig(
        home=folder,
        check_seconds=settings.check_seconds,
        start_seconds=settings.start_seconds,
        log_level=settings.log_level,
        memory_budget_bytes=settings.memory_budget_bytes,
        tiers=settings.tiers,
        gpus=settings.gpus,
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
