"""The plan of a sandbox's network: which loopback addresses stand for granted places, and where the proxy listens."""

from collections.abc import Sequence
from dataclasses import dataclass

from unshelf.contracts.network.grants import NetworkGrant, address_of, read_grants

PROXY = ("127.77.255.1", 3128)
"""Where programs in a sandbox find the proxy, by which names below a granted domain are reached."""
_OWN = "127.77"
"""Loopback addresses below this stand for the names of granted hosts."""
_HOSTS_A_BLOCK = 254
_KNOWN = {"localhost": "127.0.0.1"}
"""Names that every sandbox has."""


@dataclass(frozen=True)
class EgressPlan:
    """The places in a sandbox that stand for those outside: the same for equal grants, so that these can share a warm process."""

    allow: tuple[str, ...]
    """The grants."""

    @property
    def grants(self) -> list[NetworkGrant]:
        """The grants as values, in order."""
        return read_grants(self.allow)

    @property
    def hosts(self) -> dict[str, str]:
        """Granted name → the loopback address that it has in the sandbox."""
        named = dict.fromkeys(
            grant.host
            for grant in self.grants
            if not grant.is_wildcard and grant.host not in _KNOWN and address_of(grant.host) is None
        )
        return {
            host: f"{_OWN}.{number // _HOSTS_A_BLOCK}.{number % _HOSTS_A_BLOCK + 1}"
            for number, host in enumerate(named)
        }

    @property
    def addresses(self) -> list[str]:
        """Granted addresses, which the sandbox's loopback interface has as its own."""
        found = dict.fromkeys(
            grant.host for grant in self.grants if (address := address_of(grant.host)) and not address.is_loopback
        )
        return list(found)

    @property
    def exact(self) -> dict[tuple[str, int], NetworkGrant]:
        """Where the relay listens in the sandbox for programs without a proxy, and what each place stands for."""
        hosts = self.hosts | _KNOWN
        found: dict[tuple[str, int], NetworkGrant] = {}
        for grant in self.grants:
            place = (hosts.get(grant.host, grant.host), grant.port)
            if not grant.is_wildcard and place != PROXY:
                found.setdefault(place, grant)
        return found

    @property
    def listeners(self) -> list[tuple[str, int]]:
        """All places where the relay listens in the sandbox: for the proxy first."""
        return [PROXY, *self.exact]

    def variables(self) -> dict[str, str]:
        """The environment variables by which programs find the proxy."""
        proxy = f"http://{PROXY[0]}:{PROXY[1]}"
        own = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": "localhost,127.0.0.1,::1"}
        return own | {name.lower(): value for name, value in own.items()}


def plan_for(allow: Sequence[str]) -> EgressPlan | None:
    """Return the plan for these grants; None without any."""
    return EgressPlan(tuple(str(grant) for grant in read_grants(allow))) if allow else None
