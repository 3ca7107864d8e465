"""The machine over HTTP: what the host says about itself and about what runs on it."""

from typing import Any

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel

from unshelf.foundation.hostlink import HostLink
from unshelf.manage.access import requires


class Machine(BaseModel):
    """The machine's facts and its replicas, as the host tells them."""

    machine: dict[str, Any]
    replicas: list[dict[str, Any]]


def router(host: HostLink) -> APIRouter:
    """`GET /machine`, for administrators."""
    routes = APIRouter(tags=["installation"])

    @routes.get("/machine", dependencies=[requires("admin")])
    def show_machine() -> Machine:
        """What this machine is, which limits really hold on it, and which replicas run."""
        described = host.describe()
        return Machine(machine=described.machine, replicas=msgspec.to_builtins(described.replicas))

    return routes
