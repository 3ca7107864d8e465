"""The listening socket: bound once by the supervisor, inherited by every gateway, open while they restart."""

import errno
import socket
import time
from ipaddress import ip_address

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
        except socket.gaierror as error:
            raise CannotListen(f"{host!r} is no address of this machine: {error.strerror}") from None
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < give_up:
                time.sleep(_POLL_SECONDS)
                continue
            raise CannotListen(_explained(host, port, error)) from None


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
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
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


def _explained(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use by another program; choose another with --port (0 takes a free one)"
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than this user has; choose one above 1023 with --port"
    return f"can't listen on {host}:{port}: {error.strerror or error}"
