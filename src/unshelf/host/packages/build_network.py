"""The network of locks and builds: the package indexes that this server is set up with, where their files lie, what the operator adds
to these, and nothing else.

A build runs code of strangers. It has a network of its own, and one way out of it: the relay that models have for what is granted to
them, which goes on through the operator's proxy. Where an index asks for a password, that way leads to the proxy which knows it."""

import contextlib
import json
import tomllib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from unshelf.contracts.network.grants import MOST_GRANTS, place_of, read_grant
from unshelf.contracts.network.policy import ANY_HOST
from unshelf.host.egress.plan import EgressPlan, plan_for
from unshelf.host.network_settings import NETWORK_VARIABLES, PROXY_VARIABLES
from unshelf.host.packages.addresses import PYPI, PYPI_FILES, PYPI_PLACE, places_in
from unshelf.host.packages.index_access import SOURCES, UvAccess
from unshelf.host.sandbox.sandbox import Sandbox, bounds_network
from unshelf.host.sandbox.walls import Network, Walls

_DEFAULTS = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
_PYTORCH = "https://download.pytorch.org/whl"
"""Where uv looks for the packages of a UV_TORCH_BACKEND."""
_SYSTEM_FILES = ("/etc/uv/uv.toml", "/etc/xdg/uv/uv.toml")
_KEYS = ("index", "index-url", "extra-index-url", "find-links")
_UV_PROXIES = frozenset({"UV_HTTP_PROXY", "UV_HTTPS_PROXY", "UV_NO_PROXY"})

Place = tuple[str, str, int]


@dataclass(frozen=True, kw_only=True)
class WayOut:
    """A relay's service of one build."""

    channel: int
    """The descriptor on which the build's listening sockets are sent to it (see `Confined.command`)."""
    refused: list[str]
    """Places that it was asked for and did not connect to, `host:port`; grows as long as the build runs."""


class WaysOut(Protocol):
    """Starts relays."""

    def way_out_of_build(
        self, plan: EgressPlan, policy: Sequence[str], network: Mapping[str, str]
    ) -> AbstractAsyncContextManager[WayOut]:
        """Have a relay of its own serve a build until the end of the block, within this policy. `network`: the variables that say how
        this machine reaches the network."""


@dataclass(frozen=True, kw_only=True)
class BuildNetwork:
    """The network of one command of uv."""

    kind: Network = "full"
    plan: EgressPlan | None = None
    channel: int = -1
    refused: list[str] = field(default_factory=list)
    proxies: dict[str, str] = field(default_factory=dict)
    """The variables by which programs find their way out, instead of the operator's."""

    def around(self, walls: Walls) -> Walls:
        """Return walls with this network inside."""
        if self.plan is None:
            return replace(walls, network=self.kind)
        plan = self.plan
        return replace(walls, network=self.kind, hosts=plan.hosts, addresses=plan.addresses, listeners=plan.listeners)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return variables of a command as they are right in this network."""
        if self.kind == "full":
            return dict(variables)
        kept = {name: value for name, value in variables.items() if name not in PROXY_VARIABLES | _UV_PROXIES}
        return kept | self.proxies


FULL_NETWORK = BuildNetwork()


class BuildNetworks:
    """Makes the networks of locks and builds."""

    def __init__(
        self,
        environment: Mapping[str, str],
        settings: Mapping[str, str],
        *,
        added: Sequence[str],
        ways_out: WaysOut | None,
    ) -> None:
        """`environment`: the operator's. `settings`: those that uv gets, without credentials. `added`: places, `host:port`, beside those
        of the indexes. Without `ways_out` nothing can be reached."""
        self._added = list(added)
        self._ways_out = ways_out
        self._network = {name: value for name, value in environment.items() if name in NETWORK_VARIABLES}
        for name in _UV_PROXIES & environment.keys():
            self._network[name.removeprefix("UV_")] = environment[name]
        self.places = index_places(settings)
        """Where the indexes lie, and their files."""

    @contextlib.asynccontextmanager
    async def open(self, sandbox: Sandbox, access: UvAccess, linked: Iterable[Place]) -> AsyncIterator[BuildNetwork]:
        """Inside, a command in the sandbox has this network. `linked`: places that a lock which was resolved here or verified says that
        files lie at."""
        named = [place_of(host, port) for _, host, port in sorted(self.places)] + self._added
        if access.proxy is not None:
            named = [place_of(*access.proxy), *self._added]  # it knows the places of the indexes, and keeps to them
        also = [] if access.proxy else [place_of(host, port) for _, host, port in sorted(linked)]
        allow = _grants([*named, *also])
        plan = plan_for(allow)
        if not bounds_network(sandbox):
            yield FULL_NETWORK
        elif plan is None or self._ways_out is None:
            yield BuildNetwork(kind="none")
        else:
            policy = [*_grants(named), ANY_HOST]  # what is only linked has an address of the public internet
            proxies = plan.variables() | access.proxies
            async with self._ways_out.way_out_of_build(plan, policy, self._network) as way_out:
                yield BuildNetwork(
                    kind="none", plan=plan, channel=way_out.channel, refused=way_out.refused, proxies=proxies
                )


def index_places(settings: Mapping[str, str]) -> set[Place]:
    """Return the places of the indexes that uv is set up with, by variables and by its own files, and of the files of PyPI."""
    if settings.get("UV_OFFLINE", "0").lower() in ("1", "true", "yes", "on"):
        return set()
    files = [_read(path) for path in _settings_files(settings)]
    texts = [settings[name] for name in SOURCES if name in settings]
    texts += [json.dumps(table) for table in files]
    if not any(map(settings.get, _DEFAULTS)) and not any(table["index-url"] for table in files):
        texts.append(PYPI)
    if settings.get("UV_TORCH_BACKEND"):
        texts.append(_PYTORCH)
    found = places_in("\n".join(texts))
    return found | {PYPI_FILES} if PYPI_PLACE in found else found


def _settings_files(settings: Mapping[str, str]) -> list[Path]:
    if settings.get("UV_NO_CONFIG"):
        return []
    if named := settings.get("UV_CONFIG_FILE"):
        return [Path(named)]
    users = [Path(settings["XDG_CONFIG_HOME"], "uv", "uv.toml")] if "XDG_CONFIG_HOME" in settings else []
    return [*users, *map(Path, _SYSTEM_FILES)]


def _read(path: Path) -> dict[str, list[Any]]:
    """Return uv's settings of indexes in a file, by name; what is not there or no TOML has none, as uv will say itself."""
    try:
        content = tomllib.loads(path.read_text())
    except (OSError, ValueError):
        content = {}
    of_pip = content.get("pip")
    tables = [content, of_pip if isinstance(of_pip, dict) else {}]
    return {key: [table[key] for table in tables if key in table] for key in _KEYS}


def _grants(places: Iterable[str]) -> list[str]:
    """Return those that can be granted: uv says itself of the others that they are no addresses."""
    found: dict[str, None] = {}
    for place in places:
        with contextlib.suppress(ValueError):
            found[str(read_grant(place))] = None
    return list(found)[:MOST_GRANTS]
