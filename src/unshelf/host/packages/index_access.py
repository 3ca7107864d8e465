"""The way of uv to the package indexes: straight, or through a proxy that alone has the credentials for them."""

import asyncio
import contextlib
import json
import netrc
import os
import secrets
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from unshelf.host.network_settings import NETWORK_VARIABLES
from unshelf.host.packages.addresses import PYPI, location, place_text, proxied
from unshelf.host.packages.credentials import user_info_of, without_user_info
from unshelf.host.packages.index_proxy import REFUSED
from unshelf.host.program_output import BoundedOutput
from unshelf.host.subprocesses import kill_group, start_program

SOURCES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
"""Variables with the addresses that packages come from."""
_OWN_PROXY = ("HTTP_PROXY", "http_proxy")
_PROXY_SETTINGS = ("HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "UV_HTTP_PROXY", "UV_NO_PROXY")
_START_SECONDS = 30.0
_HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class UvAccess:
    """Settings with which one run of uv reaches the indexes."""

    environment: dict[str, str]
    proxy: tuple[str, int] | None = None
    """The place of the proxy; None: uv goes straight to the indexes."""
    problems: list[str] = field(default_factory=list)
    """Reasons that kept the proxy from an index; there once the run has ended."""
    refused: list[str] = field(default_factory=list)
    """Places that are none of the indexes' and that the proxy was asked for, `host:port`; likewise."""

    @property
    def proxies(self) -> dict[str, str]:
        """The variables of `environment` that lead to the proxy."""
        return {name: self.environment[name] for name in _OWN_PROXY if self.proxy is not None}


class IndexAccess:
    """Knows the credentials of the indexes that this server is set up with."""

    def __init__(self, environment: Mapping[str, str], settings: Mapping[str, str]) -> None:
        """`environment`: the operator's. `settings`: those of it, and the defaults, that uv gets."""
        self.credentials = _credentials(environment, settings)
        """`user:password` by the place that an address leads to."""
        self.settings = {
            name: without_user_info(value) if name in SOURCES else value for name, value in settings.items()
        }
        self._network = {name: value for name, value in environment.items() if name in NETWORK_VARIABLES}

    @property
    def passwords(self) -> set[str]:
        """The passwords, and names that stand alone: what no text may show."""
        parts = [credentials.partition(":") for credentials in self.credentials.values()]
        return {password or user for user, _, password in parts}

    @contextlib.asynccontextmanager
    async def open(self, folder: Path, places: Iterable[tuple[str, str, int]]) -> AsyncIterator[UvAccess]:
        """Inside, uv reaches the indexes with its environment. `places`: where they lie, and their files; a proxy leads to nothing else
        but what the pages of the indexes link to."""
        if not self.credentials:
            yield UvAccess(environment=self.settings)
            return
        token = secrets.token_urlsafe(24)
        process = await start_program(
            [sys.executable, "-I", "-m", "unshelf.host.packages.index_proxy"], environment=self._network, folder=folder,
            output=asyncio.subprocess.PIPE, errors=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        said = BoundedOutput()
        listening: asyncio.Task[None] | None = None
        assert process.stdin is not None  # noqa: S101 - a pipe
        assert process.stdout is not None  # noqa: S101 - a pipe
        try:
            insecure = self.settings.get("UV_INSECURE_HOST", "").replace(",", " ").split()
            question = {
                "token": token, "credentials": self.credentials, "insecure": insecure, "places": [place_text(place) for place in places],
            }  # fmt: skip
            process.stdin.write(json.dumps(question).encode() + b"\n")
            port = await _port(process.stdout)
            listening = asyncio.create_task(_listen(process.stdout, said))
            through = self._through(f"http://unshelf:{token}@{_HOST}:{port}")
            route = UvAccess(environment=through, proxy=(_HOST, port))
            yield route
        finally:
            kill_group(process.pid)
            await asyncio.wait([asyncio.ensure_future(process.wait())], timeout=5)
            if listening is not None:
                await asyncio.wait([listening], timeout=1)
            process._transport.close()  # type: ignore[attr-defined]
            if listening is not None:
                _sort(said.text(), route)

    def _through(self, proxy: str) -> dict[str, str]:
        """The settings of uv with addresses that only this proxy knows."""
        kept = {name: value for name, value in self.settings.items() if name.upper() not in _PROXY_SETTINGS}
        sources = {name: proxied(value) for name, value in kept.items() if name in SOURCES}
        if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & kept.keys():
            sources["UV_DEFAULT_INDEX"] = proxied(PYPI)
        return kept | sources | dict.fromkeys(_OWN_PROXY, proxy)


async def _port(pipe: asyncio.StreamReader) -> int:
    try:
        async with asyncio.timeout(_START_SECONDS):
            return int(await pipe.readline())
    except (TimeoutError, ValueError) as error:
        raise RuntimeError("the proxy to the package indexes does not start") from error


async def _listen(pipe: asyncio.StreamReader, said: BoundedOutput) -> None:
    while chunk := await pipe.read(1 << 14):
        said.write(chunk)


def _sort(said: str, route: UvAccess) -> None:
    """Divide what the proxy said into problems and refusals."""
    for line in said.splitlines():
        if line.startswith(REFUSED):
            route.refused.append(line.removeprefix(REFUSED))
        elif line:
            route.problems.append(line)


def _credentials(environment: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Find the credentials in the addresses, in `UV_INDEX_NAME_USERNAME` and `…_PASSWORD`, and in the operator's netrc file."""
    found: dict[str, str] = {}
    for name in SOURCES:
        for given in settings.get(name, "").replace(",", " ").split():
            address = address_of(given)
            if (place := location(without_user_info(address))) is None:
                continue
            label = given.removesuffix(address).rstrip("=").upper().replace("-", "_").replace(".", "_")
            user = environment.get(f"UV_INDEX_{label}_USERNAME", "")
            password = environment.get(f"UV_INDEX_{label}_PASSWORD", "")
            user_info = next((unquote(info) for _, info in user_info_of(address)), "")
            if label and (user or password):
                user_info = f"{user}:{password}"
            elif not user_info:
                user_info = _from_netrc(environment, place[1])
            if user_info:
                found[place_text(place)] = user_info
    return found


def address_of(given: str) -> str:
    """An index's address; uv takes NAME=ADDRESS too."""
    name, equals, address = given.partition("=")
    return address if equals and "/" not in name and ":" not in name else given


def _from_netrc(environment: Mapping[str, str], host: str) -> str:
    path = environment.get("NETRC") or os.path.join(environment.get("HOME", ""), ".netrc")  # noqa: PTH118
    try:
        entry = netrc.netrc(path).authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return ""
    return f"{entry[0]}:{entry[2] or ''}" if entry else ""
