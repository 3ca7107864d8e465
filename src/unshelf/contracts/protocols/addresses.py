"""Where a worker is reached: `unix:NAME`, a socket on this machine, or `tcp:HOST:PORT`.

NAME is relative to the run folder, or absolute. An IPv6 host stands in brackets: `tcp:[::1]:9000`. Nothing authenticates a gateway
to a worker: a TCP address must lie on a network that only gateways reach."""

import re

import msgspec

_TCP = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]/\s]+)):(?P<port>[0-9]{1,5})")
_MOST_PORT = 65_535


class UnixAddress(msgspec.Struct, frozen=True):
    """A unix socket."""

    name: str

    def __str__(self) -> str:
        return f"unix:{self.name}"


class TcpAddress(msgspec.Struct, frozen=True):
    """A TCP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp:[{self.host}]:{self.port}" if ":" in self.host else f"tcp:{self.host}:{self.port}"


Address = UnixAddress | TcpAddress


def parse_address(text: str) -> Address:
    """Parse what `str` of an address gives. Raises ValueError."""
    kind, _, rest = text.partition(":")
    if kind == "unix" and rest and "\0" not in rest:
        return UnixAddress(rest)
    if kind == "tcp" and (match := _TCP.fullmatch(rest)) and int(match["port"]) <= _MOST_PORT:
        return TcpAddress(match["six"] or match["host"], int(match["port"]))
    raise ValueError(f"{text[:200]!a} is no address of a worker: unix:NAME or tcp:HOST:PORT")
