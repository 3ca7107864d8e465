"""The listening socket: bound once by the supervisor, inherited by every gateway, open while they restart."""

import errno
import socket
import time
from ipaddress import ip_address
from typing import Any

_BACKLOG = 4096
_POLL_SECONDS = 0.05


class CannotListen(Exception):
    """The address can't be listened on; the message says why and what to do."""


def listen(host: str, port: int, *, patience: float = 0.0) -> socket.socket:
    """Listen on an address; a port in use is tried again for `patience` seconds. Raises CannotListen."""
    give_up = time.monotonic() + patience
    while True:
        try:
            return _bound(host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < give_up:
                time.sleep(_POLL_SECONDS)
                continue
            raise CannotListen(_explained(host, port, error)) from None


def reserve(host: str, port: int) -> socket.socket:
    """Keep a port on which only processes of this user can listen, together; nothing listens yet. Raises CannotListen."""
    family, kind, protocol, _, address = _resolved(host, port)
    reserved = socket.socket(family, kind, protocol)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(address)
    except OSError as error:
        reserved.close()
        raise CannotListen(
            _explained(host, port, error).replace("--port (0 takes a free one)", "UNSHELF_GRPC_PORT")
        ) from None
    return reserved


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def url_of(listening: socket.socket) -> str:
    """The address as people open it on this machine."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = _resolved(host, port)
    listening = socket.socket(family, kind, protocol)
    try:
        # Without it, connections of the last server that linger in TIME_WAIT would keep the port from us for a minute.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _resolved(host: str, port: int) -> tuple[int, int, int, str, Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise CannotListen(f"{host!r} is no address of this machine: {error.strerror}") from None


def _explained(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use by another program; choose another with --port (0 takes a free one)"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than this user has; choose one above 1023 with --port"
    return f"can't listen on {host}:{port}: {error.strerror or error}"
