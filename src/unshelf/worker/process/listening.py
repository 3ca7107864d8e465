"""The socket on which a worker listens: inherited from the host, or opened at an address (see contracts.protocols.addresses)."""

import re
import socket

_TCP = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]/\s]+)):(?P<port>[0-9]{1,5})")
_BACKLOG = 1024


def inherited(fd: int) -> socket.socket:
    """Take over a listening socket."""
    listener = socket.socket(fileno=fd)
    listener.set_inheritable(False)
    return listener


def listen(address: str) -> socket.socket:
    """Listen at `unix:NAME` or `tcp:HOST:PORT`; port 0 takes a free one. Raises ValueError and OSError."""
    place = parse_address(address)
    if isinstance(place, str):
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(place)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        return listener
    host, port = place
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def address_of(listener: socket.socket) -> str:
    """Return the address that a gateway connects to."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"unix:{name}"
    host, port = name[:2]
    return f"tcp:[{host}]:{port}" if ":" in host else f"tcp:{host}:{port}"


def parse_address(text: str) -> "str | tuple[str, int]":
    """Parse an address: the name of a unix socket, or host and port. Raises ValueError."""
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest and "\0" not in rest:
        return rest
    match = _TCP.fullmatch(rest) if kind == "tcp" else None
    if match and int(match["port"]) < 1 << 16:
        return match["six"] or match["host"], int(match["port"])
    raise ValueError(f"{text[:200]!a} is no address to listen at: unix:NAME or tcp:HOST:PORT")
