"""The machine over HTTP: what the host says about itself and about what runs on it."""

from collections.abc import Callable
from typing import Any

import msgspec

from unshelf.contracts.machine import MachineCheck, MachineFacts
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.host import Replica
from unshelf.foundation.host_client import HostLink
from unshelf.foundation.web.guard import requires
from unshelf.foundation.web.routers import ApiRouter
from unshelf.foundation.web.schemas import AnswerModel
from unshelf.foundation.web.struct_schemas import struct_field


class Machine(AnswerModel):
    """The machine's facts and its replicas, as the host reports them."""

    machine: dict[str, Any] = struct_field(MachineFacts)
    """Facts about this machine, and the limits that hold on it."""
    replicas: list[dict[str, Any]] = struct_field(Replica)
    """The worker processes that run."""


class Pythons(AnswerModel):
    """The Python versions that models, environments and jobs can be given."""

    pythons: list[str]
    """In full, the oldest first: `3.11.7`."""
    own: str
    """The one that is taken where nobody names one."""


def router(host: HostLink, more_checks: Callable[[], list[MachineCheck]] = list) -> ApiRouter:
    """`GET /machine` and `/machine/pythons`. `more_checks`: what control has to say of it."""
    routes = ApiRouter(tags=["installation"])

    @routes.get("/machine", dependencies=[requires(Permission.PLATFORM_READ)])
    def show_machine() -> Machine:
        """Show the machine: its facts, the limits that hold on it, and the replicas that run."""
        described = host.describe()
        machine = msgspec.to_builtins(described.machine)
        machine["checks"] += msgspec.to_builtins(more_checks())
        return Machine(machine=machine, replicas=msgspec.to_builtins(described.replicas))

    @routes.get("/machine/pythons", dependencies=[requires(Permission.ENVIRONMENTS_READ, anywhere=True)])
    def list_pythons() -> Pythons:
        """List the Python versions that a deploy, an environment or a job may ask for."""
        machine = msgspec.to_builtins(host.describe().machine)
        return Pythons(pythons=machine["pythons"], own=machine["python"])

    return routes
