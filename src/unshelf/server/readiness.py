"""Readiness: whether a prediction can be taken now, asked from outside, through the very address that callers use."""

import http.client
import socket
from urllib.parse import urlsplit

_SECONDS = 2.0


class Readiness:
    """Asks gateway, control and host. Parts that have answered are not asked again."""

    def __init__(self, url: str, token: str, *, host_name: str | None, host_socket: str) -> None:
        address = urlsplit(url)
        self._authority = (address.hostname or "", address.port or 80)
        self._token = token
        self._host_name = host_name
        self._host_socket = host_socket
        self._control_answered = False

    def __call__(self) -> bool:
        """Whether all of them answer: the host its socket, control a call through a gateway, the gateway for itself."""
        if not self._control_answered:
            self._control_answered = self._host_listens() and self._answers("/api/v1/whoami")
        return self._control_answered and self._answers("/readyz")

    def _host_listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            return connection.connect_ex(self._host_socket) == 0

    def _answers(self, path: str) -> bool:
        connection = http.client.HTTPConnection(*self._authority, timeout=_SECONDS)
        headers = {"authorization": f"Bearer {self._token}"}
        if self._host_name is not None:
            headers["host"] = self._host_name
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False  # nobody takes the connection yet, or who took it died: both mean not ready
        finally:
            connection.close()
