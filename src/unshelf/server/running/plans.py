"""The processes of a server, as its settings want them."""

import os
import sys
from collections.abc import Collection, Mapping, Sequence

import msgspec

from unshelf.contracts.configs import (
    BACKUP_PASSPHRASE_VARIABLE,
    DATABASE_VARIABLE,
    OIDC_CLIENT_SECRET_VARIABLE,
    SMTP_PASSWORD_VARIABLE,
    ControlConfig,
    GatewayConfig,
    HostConfig,
)
from unshelf.contracts.home import heartbeat_file
from unshelf.server.child_configs import child_config
from unshelf.server.children import ChildPlan
from unshelf.server.settings import Settings

SECRET_VARIABLES = {
    DATABASE_VARIABLE, SMTP_PASSWORD_VARIABLE, OIDC_CLIENT_SECRET_VARIABLE, BACKUP_PASSPHRASE_VARIABLE,
}  # fmt: skip
"""For control alone."""

_HOST_STOP_SECONDS = 8.0
_CONTROL_STOP_SECONDS = 5.0
_GATEWAY_END_SECONDS = 4.0
"""How long a gateway may take to end beyond what requests in flight have."""


def plans_of(settings: Settings, listen_fd: int, *, taken: Collection[str] = ()) -> Sequence[Sequence[ChildPlan]]:
    """Plan the processes, in the order in which they stop: first who takes requests in, last who holds the workers.

    `taken`: names of gateways that run; others are chosen, as each has files and sockets of its own."""
    home = str(settings.home)
    free = [index for index in range(settings.gateways + len(taken)) if f"gateway {index}" not in taken]
    gateways = [
        _plan(
            f"gateway {index}",
            "unshelf.gateway",
            child_config(
                GatewayConfig, settings, home=home, index=index, place=place, listen_fd=listen_fd,
                allowed_hosts=settings.accepted_hosts,
            ),
            stop_seconds=settings.drain_seconds + _GATEWAY_END_SECONDS,
            fds=(listen_fd,),
        )
        for place, index in enumerate(free[: settings.gateways])
    ]  # fmt: skip
    # Control ends beside the gateways: a stream of its own that somebody follows would keep a gateway from ending.
    return [
        [*gateways, *_controls(settings, home)],
        [
            _plan(
                "host",
                "unshelf.host",
                child_config(HostConfig, settings, home=home, supervisor=os.getpid()),
                stop_seconds=_HOST_STOP_SECONDS,
            )
        ],
    ]


def _controls(settings: Settings, home: str) -> list[ChildPlan]:
    control = child_config(ControlConfig, settings, home=home, database="", index=0)
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
    return [
        _plan(
            f"control {index}" if index else "control",
            "unshelf.server.control",
            msgspec.structs.replace(control, index=index),
            stop_seconds=_CONTROL_STOP_SECONDS,
            secrets=secrets,
        )
        for index in range(settings.controls)
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
