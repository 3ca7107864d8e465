"""The words of `unshelf up` on standard output: for people, and for scripts that wait for `ready`."""

import logging
from pathlib import Path

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import HOST_SOCKET, Home
from unshelf.foundation.host_client import HostLink
from unshelf.server.listening import is_loopback
from unshelf.server.login_link import login_link
from unshelf.server.settings import Settings

logger = logging.getLogger(__name__)


def say_ready(settings: Settings, home: Home, url: str, token: str, *, with_link: bool = True) -> None:
    """Say that the server is ready, and what a person needs next. `with_link`: not into a journal, which others may read."""
    say(f"ready {url}")  # at once: scripts wait for it
    link = login_link(url, token) if with_link and is_loopback(settings.host) and not settings.public_url else ""
    say(
        *([f"open {link} (once, within ten minutes; later: unshelf open)"] if link else []),
        *_more_to_say(settings, home),
    )


def say(*lines: str) -> None:
    """Print lines; nobody has to read them."""
    try:
        print(*lines, sep="\n", flush=True)  # noqa: T201
    except BrokenPipeError:
        logger.warning("nobody reads standard output")


def _more_to_say(settings: Settings, home: Home) -> list[str]:
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
