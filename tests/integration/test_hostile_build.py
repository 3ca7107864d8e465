"""The build of a hostile package on a whole platform: it reaches nothing of the platform's, and what it takes without end has one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hostile import REFUSED_TO_A_BUILD, TIERS, outcomes_in_build
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from unshelf.host.packages.uv import PRIVATE

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")

MIB = 1 << 20
ENDED = {
    "fill_the_disk": "It was ended, for it wrote more than 0.25 GiB.",
    "fill_the_disk_with_files": "It was ended, for it wrote more than 0.25 GiB.",
    "fill_shared_memory": "It ran out of its memory (1 GiB).",
    "take_ten_gigabytes": "MemoryError",
}


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the platform finds the package."""
    return tmp_path_factory.mktemp("links")


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, links: Path) -> Iterator[Platform]:
    """A platform with a neighbour, whose builds may take little."""
    folder = tmp_path_factory.mktemp("building")
    bounds = {"build_disk_bytes": str(256 * MIB), "build_memory_bytes": str(1024 * MIB)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_FIND_LINKS", str(links))
        with running_platform(folder / "home", gateways="1", sandbox="require", tiers=TIERS, **bounds) as running:
            running.cli("deploy", str(write_model(folder / "neighbour", name="neighbour")))
            yield running


def all_is_well(platform: Platform) -> None:
    """The neighbour answers, and nothing of the build is left."""
    assert platform.predict("neighbour", [{"a": 1.0, "b": 2.0}]) == [3.0]
    assert not list((platform.home / "run").glob(f"{PRIVATE}*"))


def test_a_build_reaches_nothing_of_the_platform(platform: Platform, links: Path, tmp_path: Path) -> None:
    """Given a package that tries every trick when it is built, then each is refused."""
    outcomes = outcomes_in_build(tmp_path / "model", platform, links, REFUSED_TO_A_BUILD)
    assert (outcomes.others, outcomes.refused) == ({}, len(REFUSED_TO_A_BUILD)), outcomes.said
    all_is_well(platform)


def test_a_build_has_only_so_many_processes(platform: Platform, links: Path, tmp_path: Path) -> None:
    """Given a build that forks without end, then it gets an error, and the next one builds as ever."""
    outcomes = outcomes_in_build(tmp_path / "model", platform, links, ["fork_bomb"])
    assert outcomes.others["fork_bomb"].startswith("EAGAIN"), outcomes.said
    all_is_well(platform)


@pytest.mark.parametrize(
    "trick",
    ["fill_the_disk", "fill_shared_memory", *(pytest.param(trick, marks=pytest.mark.long) for trick in (
        "fill_the_disk_with_files", "take_ten_gigabytes",
    ))],
)  # fmt: skip
def test_what_a_build_takes_without_end_ends_it(platform: Platform, links: Path, tmp_path: Path, trick: str) -> None:
    """Given a build that takes what it can get, then it is ended, and who deploys is told of what it took too much."""
    outcomes = outcomes_in_build(tmp_path / "model", platform, links, [trick])
    assert ENDED[trick] in outcomes.said
    assert outcomes.others == {}
    all_is_well(platform)
