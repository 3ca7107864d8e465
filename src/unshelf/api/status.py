"""Status over HTTP: that control is up, which release it is, and how much it holds."""

import time
from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel

from unshelf import __version__
from unshelf.manage.access import requires


class Status(BaseModel):
    """Control at a glance."""

    version: str
    uptime_seconds: float
    models: int
    versions: int


def router(count: Callable[[], tuple[int, int]]) -> APIRouter:
    """`GET /status`; `count` gives the numbers of models and of versions."""
    routes = APIRouter(tags=["installation"])
    started = time.monotonic()

    @routes.get("/status", dependencies=[requires("predict")])
    def show_status() -> Status:
        """The release that runs, since when, and how much it holds."""
        models, versions = count()
        uptime = round(time.monotonic() - started, 3)
        return Status(version=__version__, uptime_seconds=uptime, models=models, versions=versions)

    return routes
