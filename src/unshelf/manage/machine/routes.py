"""The machine over HTTP: what the host says about itself and about what runs on it."""

from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import APIRouter

from unshelf.contracts.machine import MachineCheck, MachineFacts
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.host import Replica
from unshelf.foundation.host_client import HostLink
from unshelf.foundation.web.guard import requires
from unshelf.foundation.web.schemas import AnswerModel
from unshelf.foundation.web.struct_schemas import struct_field


class Machine(AnswerModel):
    """The machine's facts and its replicas, as the host reports them."""

    machine: dict[str, Any] = struct_field(MachineFacts)
    """Facts about this machine, and the limits that hold on it."""
    replicas: list[dict[str, Any]] = struct_field(Replica)
    """The worker processes that run."""


def router(host: HostLink, more_checks: Callable[[], list[MachineCheck]] = list) -> APIRouter:
    """`GET /machine`. `more_checks`: what control has to say of it."""
    routes = APIRouter(tags=["installation"])

    @routes.get("/machine", dependencies=[requires(Permission.PLATFORM_READ)])
    def show_machine() -> Machine:
        """Show the machine: its facts, the limits that hold on it, and the replicas that run."""
        described = host.describe()
        machine = msgspec.to_builtins(described.machine)
        machine["checks"] += msgspec.to_builtins(more_checks())
        return Machine(machine=machine, replicas=msgspec.to_builtins(described.replicas))

    return routes
