"""Granian, embedded in our event loop, on the listening socket that the supervisor owns."""

from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

_BACKLOG = 4096
_CONNECTIONS = 16_384
"""Connections held at a time; more wait in the backlog. Granian calls it backpressure."""
_HEADER_BYTES = 64 << 10
_HEADER_MILLISECONDS = 15_000


class InheritedServer(Server):
    """An embedded Granian server on a listening socket that is given by its file descriptor."""

    def __init__(self, target: Any, listen_fd: int) -> None:
        super().__init__(
            target,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            backlog=_BACKLOG,
            backpressure=_CONNECTIONS,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MILLISECONDS, max_buffer_size=_HEADER_BYTES),
            # Its log lines go to our handler; the default sets up another one, on standard output. Below errors it says
            # nothing but that embedding is experimental.
            log_dictconfig={"handlers": {}, "loggers": {"_granian": {}}},
            log_level=LogLevels.error,
        )
        self._listen_fd = listen_fd

    def _init_shared_socket(self) -> None:
        """Where Granian would bind an address: take the socket as it is. Granian closes this process's copy at the end."""
        # Granian's stub of SocketHolder has no constructor; its arguments are (descriptor, is it a unix socket, backlog).
        self._shd: Any = SocketHolder(self._listen_fd, False, _BACKLOG)  # type: ignore[call-arg]
        self._sfd: Any = self._listen_fd
        self._ssp = None
