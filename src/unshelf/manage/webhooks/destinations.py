"""Where webhooks may lead: to https on the public internet, and to hosts that the operator names. Names are resolved once."""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.network.grants import IpAddress
from unshelf.contracts.network.policy import is_public

_MOST_URL = 2000
_PORTS = {"https": 443, "http": 80}


class NoAddress(Exception):
    """No address of a host may be spoken to; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """The parts of a webhook's URL."""

    scheme: str
    host: str
    """A name or an address, in lower case and without brackets."""
    port: int
    target: str
    """Path and query."""

    @property
    def authority(self) -> str:
        """The host as the header `Host` has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Destinations:
    """Decides where webhooks may lead, by the operator's list: hosts, each with a port (`hooks.internal:8080`) or for any port."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = {each.lower() for each in allowed}

    def check(self, url: str) -> Destination:
        """Take a URL apart. Raises InvalidInput unless a webhook may lead there, before its name is resolved."""
        destination = _parsed(url)
        is_listed = self._lists(destination)
        if destination.scheme == "http" and not is_listed:
            raise InvalidInput(
                "A webhook's URL begins with https://.",
                hint="The operator lists the hosts that http is good enough for in UNSHELF_WEBHOOK_HOSTS.",
            )
        literal = _address(destination.host)
        if literal is not None and not is_listed and not is_public(literal):
            raise InvalidInput(
                _private(destination.host), hint="The operator lists such hosts in UNSHELF_WEBHOOK_HOSTS."
            )
        return destination

    def resolve(self, destination: Destination) -> str:
        """Find the address to speak to, and no other. Raises NoAddress, for a host that is not listed also when it is private."""
        try:
            found = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NoAddress(f"the host {destination.host} has no address") from None
        is_listed = self._lists(destination)
        for *_, place in found:
            literal = _address(str(place[0]))
            if literal is not None and (is_listed or is_public(literal)):
                return str(place[0])
        raise NoAddress(_private(destination.host))

    def _lists(self, destination: Destination) -> bool:
        return bool({destination.host, destination.authority, f"{destination.host}:{destination.port}"} & self._allowed)


def _parsed(url: str) -> Destination:
    if len(url) > _MOST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidInput(f"A webhook's URL has at most {_MOST_URL} printable ASCII characters and no spaces.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidInput("This is no URL.", hint="Write https://HOST/PATH.") from None
    if parts.scheme not in _PORTS or not host or port == 0:
        raise InvalidInput("This is no URL that a webhook can have.", hint="Write https://HOST/PATH.")
    if parts.username is not None or parts.password is not None or "#" in url:
        raise InvalidInput(
            "A webhook's URL has no user, no password and no fragment.", hint="The signature proves who sends."
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(
        scheme=parts.scheme, host=host.lower().rstrip("."), port=port or _PORTS[parts.scheme], target=target
    )


def _address(text: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _private(host: str) -> str:
    return f"The host {host} is none of the public internet."
