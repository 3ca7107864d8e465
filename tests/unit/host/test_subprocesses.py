"""Programs that are run to their end, whatever they do with what they are told."""

import asyncio
from pathlib import Path

import uvloop

from unshelf.host.subprocesses import run_program


def test_a_program_that_does_not_read_its_input_ends_well(tmp_path: Path) -> None:
    """Given a program that ends without reading, when it is told something, then its end is what is reported, every time."""

    async def run_many() -> set[int]:
        outcomes = await asyncio.gather(
            *(run_program(["true"], environment={}, folder=tmp_path, text="x" * 300_000) for _ in range(100))
        )
        return {outcome.status for outcome in outcomes}

    assert uvloop.run(run_many()) == {0}


def test_a_program_reads_all_it_is_told(tmp_path: Path) -> None:
    """Given a program that repeats its input, when that is more than a pipe holds, then all of it comes back."""
    text = "0123456789" * 100_000
    outcome = uvloop.run(run_program(["cat"], environment={}, folder=tmp_path, text=text))
    assert (outcome.status, outcome.output) == (0, text)
