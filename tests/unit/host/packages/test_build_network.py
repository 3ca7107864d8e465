"""The networks of locks and builds: what is reached, by which variables, and within which policy."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.async_tests import in_event_loop
from unshelf.host.egress.plan import PROXY, EgressPlan
from unshelf.host.packages.build_network import BuildNetwork, BuildNetworks, WayOut, index_places
from unshelf.host.packages.index_access import UvAccess
from unshelf.host.sandbox.sandbox import NO_SANDBOX, LandlockSandbox, UserNamespaceSandbox

PYPI = {("https", "pypi.org", 443), ("https", "files.pythonhosted.org", 443)}
OWN = ("http", "a", 8080)


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        ({}, PYPI),
        ({"UV_FIND_LINKS": "/wheels"}, PYPI),
        ({"UV_DEFAULT_INDEX": "own=http://a:8080/simple"}, {OWN}),
        ({"UV_INDEX_URL": "http://a:8080/simple", "UV_EXTRA_INDEX_URL": "https://b/x"}, {OWN, ("https", "b", 443)}),
        ({"UV_INDEX": "x=http://a:8080/x file:///srv/index"}, PYPI | {OWN}),
        ({"UV_DEFAULT_INDEX": "file:///srv/index", "UV_FIND_LINKS": "/w,http://a:8080/l"}, {OWN}),
        ({"UV_DEFAULT_INDEX": "file:///srv/index", "UV_TORCH_BACKEND": "cpu"}, {("https", "download.pytorch.org", 443)}),
        ({"UV_OFFLINE": "1", "UV_INDEX": "http://a:8080/x"}, set()),
        ({"UV_OFFLINE": "0"}, PYPI),
    ],
)  # fmt: skip
def test_the_places_of_indexes_are_those_that_uv_is_set_up_with(settings: dict[str, str], places: set[Any]) -> None:
    assert index_places({"UV_NO_CONFIG": "1", **settings}) == places


def test_uvs_own_files_name_indexes_too(tmp_path: Path) -> None:
    file = tmp_path / "uv.toml"
    file.write_text('index-url = "http://a:8080/simple"\n# https://c/\n[[index]]\nurl = "https://b/x"\nname = "b"\n')
    assert index_places({"UV_CONFIG_FILE": str(file)}) == {OWN, ("https", "b", 443)}
    file.write_text('[pip]\nextra-index-url = ["http://a:8080/simple"]\n')
    assert index_places({"UV_CONFIG_FILE": str(file)}) == PYPI | {OWN}
    file.write_text("no TOML")
    assert index_places({"UV_CONFIG_FILE": str(file)}) == PYPI


class StandInWaysOut:
    """Notes what relays are started for."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], list[str], dict[str, str]]] = []

    @asynccontextmanager
    async def way_out_of_build(
        self, plan: EgressPlan, policy: Sequence[str], network: Mapping[str, str]
    ) -> AsyncIterator[WayOut]:
        self.asked.append((list(plan.allow), list(policy), dict(network)))
        yield WayOut(channel=9, refused=["x:1"])


SETTINGS = {"UV_DEFAULT_INDEX": "http://a:8080/simple", "UV_NO_CONFIG": "1"}
WALLED = UserNamespaceSandbox("", Path("/nowhere"))


@in_event_loop
async def test_a_build_reaches_the_indexes_the_hosts_that_were_added_and_what_is_linked_if_it_is_public() -> None:
    ways = StandInWaysOut()
    environment = {"HTTPS_PROXY": "http://corp:3128", "UV_HTTP_PROXY": "http://own:3128", "SECRET": "x"}
    networks = BuildNetworks(environment, SETTINGS, added=["crates.io:443"], ways_out=ways)
    async with networks.open(WALLED, UvAccess(environment=SETTINGS), [("https", "files", 443)]) as network:
        assert (network.kind, network.channel, network.refused) == ("none", 9, ["x:1"])
        variables = network.environment({"HTTPS_PROXY": "http://corp:3128", "UV_HTTP_PROXY": "y", "CC": "gcc"})
    assert variables["HTTPS_PROXY"] == variables["http_proxy"] == f"http://{PROXY[0]}:{PROXY[1]}"
    assert variables["CC"] == "gcc"
    assert "UV_HTTP_PROXY" not in variables
    assert ways.asked == [
        (
            ["a:8080", "crates.io:443", "files:443"],
            ["a:8080", "crates.io:443", "*"],
            {"HTTPS_PROXY": "http://corp:3128", "HTTP_PROXY": "http://own:3128"},
        )
    ]


@in_event_loop
async def test_where_an_index_asks_for_a_password_the_way_leads_to_the_proxy_that_knows_it() -> None:
    ways = StandInWaysOut()
    own = {"HTTP_PROXY": "http://t@127.0.0.1:5", "http_proxy": "http://t@127.0.0.1:5"}
    access = UvAccess(environment=own, proxy=("127.0.0.1", 5))
    networks = BuildNetworks({}, SETTINGS, added=["crates.io:443"], ways_out=ways)
    async with networks.open(WALLED, access, [("https", "files", 443)]) as network:
        assert network.proxies["HTTP_PROXY"] == "http://t@127.0.0.1:5"
        assert network.proxies["HTTPS_PROXY"] == f"http://{PROXY[0]}:{PROXY[1]}"
    assert ways.asked[0][0] == ["127.0.0.1:5", "crates.io:443"]


@in_event_loop
async def test_without_anything_to_reach_there_is_no_way_out() -> None:
    for settings, ways in (({"UV_OFFLINE": "1"}, StandInWaysOut()), (SETTINGS, None)):
        networks = BuildNetworks({}, settings, added=[], ways_out=ways)
        async with networks.open(WALLED, UvAccess(environment={}), []) as network:
            assert (network.kind, network.plan, network.environment({"HTTP_PROXY": "x"})) == ("none", None, {})


@in_event_loop
async def test_where_networks_cant_be_bounded_a_build_has_the_servers() -> None:
    for sandbox in (NO_SANDBOX, LandlockSandbox("")):
        networks = BuildNetworks({}, SETTINGS, added=[], ways_out=StandInWaysOut())
        async with networks.open(sandbox, UvAccess(environment={}), []) as network:
            assert network == BuildNetwork(kind="full")
            assert network.environment({"HTTP_PROXY": "x"}) == {"HTTP_PROXY": "x"}
