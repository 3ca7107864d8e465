"""The tiers of this machine: known by name, given with GPUs, and given back once."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.tiers import TIERS, Tier
from unshelf.host.errors import HostFailure
from unshelf.host.launch.tiers import Tiers
from unshelf.host.machine.gpus import Gpus
from unshelf.host.sandbox import cgroups

ALL = {
    **TIERS,
    "gpu": Tier(cpu=1, memory_bytes=1 << 30, threads=3, gpu=1),
    "gpus": Tier(cpu=1, memory_bytes=1 << 30, threads=1, gpu=4),
}
Play = Callable[[Callable[[Tiers], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """A machine with two GPUs and without control groups."""
    monkeypatch.setattr(cgroups, "own_folders", dict)

    def run(story: Callable[[Tiers], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            tiers = Tiers(ALL, tmp_path, Gpus(["0", "1"], seconds=0.01))
            tiers.sweep()
            await story(tiers)
            tiers.close()

        asyncio.run(go())

    return run


def test_a_tier_is_found_by_its_name(play: Play) -> None:
    async def story(tiers: Tiers) -> None:
        assert tiers.find("medium") is TIERS["medium"]
        assert (tiers.has_gpu("gpu"), tiers.has_gpu("small"), tiers.has_gpu("unknown")) == (True, False, False)

    play(story)


def test_an_unknown_tier_is_refused_with_those_that_there_are(play: Play) -> None:
    async def story(tiers: Tiers) -> None:
        with pytest.raises(HostFailure, match=r"no tier 'huge'.*small \(1 cpu, 1 GiB\)") as raised:
            await tiers.confine("huge")
        assert raised.value.code == "unknown_tier"

    play(story)


def test_a_tier_that_this_machine_can_never_give_is_refused_at_once(play: Play) -> None:
    async def story(tiers: Tiers) -> None:
        with pytest.raises(HostFailure, match="asks for 4 GPUs, and this machine has 2") as raised:
            tiers.find("gpus")
        assert raised.value.code == "too_few_gpus"

    play(story)


def test_a_worker_has_its_gpus_until_it_is_gone(play: Play) -> None:
    async def story(tiers: Tiers) -> None:
        first, second = await tiers.confine("gpu"), await tiers.confine("gpu")
        assert {*first.gpus, *second.gpus} == {"0", "1"}
        with pytest.raises(HostFailure, match="in use"):
            await tiers.confine("gpu")
        first.release()
        first.release()
        assert tiers.gpus.free == 1, "what is given back twice is still one"
        assert (await tiers.confine("gpu")).gpus == first.gpus

    play(story)


def test_a_worker_is_told_its_limits(play: Play) -> None:
    async def story(tiers: Tiers) -> None:
        limits = await tiers.confine("medium")
        told = limits.for_worker()
        assert (told.memory_bytes, told.memory_text, told.groups) == (4 << 30, "4 GiB", [])
        assert (limits.threads, limits.gpus) == (2, ())

    play(story)


def test_the_limit_that_a_worker_ran_into_is_told_for_people(play: Play) -> None:
    async def story(tiers: Tiers) -> None:
        fine, full = await tiers.confine("small"), await tiers.confine("small")
        full.note_out_of_memory()
        for limits in (fine, full):
            limits.release()
        assert (fine.out_of_memory(), full.out_of_memory()) == ("", "1 GiB, tier small")

    play(story)
