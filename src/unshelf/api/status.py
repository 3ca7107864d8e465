"""Status over HTTP: that control is up, which release it is, and how much it holds."""

import time
from collections.abc import Callable

from unshelf import __version__
from unshelf.foundation.web.guard import requires_token
from unshelf.foundation.web.routers import ApiRouter
from unshelf.foundation.web.schemas import AnswerModel


class Status(AnswerModel):
    """Control at a glance."""

    version: str
    """The release that runs."""
    uptime_seconds: float
    """How long this control has been running."""
    models: int
    """How many models there are."""
    versions: int
    """How many versions they have together."""


def router(count: Callable[[], tuple[int, int]]) -> ApiRouter:
    """`GET /status`; `count` gives the numbers of models and of versions."""
    routes = ApiRouter(tags=["installation"])
    started = time.monotonic()

    @routes.get("/status", dependencies=[requires_token()])
    def show_status() -> Status:
        """The release that runs, since when, and how much it holds."""
        models, versions = count()
        uptime = round(time.monotonic() - started, 3)
        return Status(version=__version__, uptime_seconds=uptime, models=models, versions=versions)

    return routes
