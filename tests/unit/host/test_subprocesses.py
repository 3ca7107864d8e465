"""Programs that are run to their end, whatever they do with what they are told."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
import uvloop

from unshelf.host.subprocesses import LOST_STATUS, ProgramLimits, describe_exit, run_program

pytestmark = pytest.mark.runs_program


def test_a_program_that_does_not_read_its_input_ends_well(tmp_path: Path) -> None:
    """Given a program that ends without reading, when it is told something, then its end is what is reported, every time."""

    async def run_many() -> set[int]:
        outcomes = await asyncio.gather(
            *(run_program(["true"], environment={}, folder=tmp_path, text="x" * 300_000) for _ in range(25))
        )
        return {outcome.status for outcome in outcomes}

    assert uvloop.run(run_many()) == {0}


def test_a_program_reads_all_it_is_told(tmp_path: Path) -> None:
    """Given a program that repeats its input, when that is more than a pipe holds, then all of it comes back."""
    text = "0123456789" * 100_000
    outcome = uvloop.run(run_program(["cat"], environment={}, folder=tmp_path, text=text, most_output=2 << 20))
    assert (outcome.status, outcome.output, outcome.complete) == (0, text, True)


def test_of_a_program_that_prints_without_end_the_beginning_and_the_end_are_kept(tmp_path: Path) -> None:
    script = "echo first; echo oops >&2; head -c 50000000 /dev/zero | tr '\\0' 'y'; echo; echo last"
    outcome = uvloop.run(run_program(["sh", "-c", script], environment={"PATH": os.environ["PATH"]}, folder=tmp_path))
    assert outcome.output.startswith("first\n")
    assert outcome.output.endswith("y\nlast\n")
    assert (len(outcome.output) < 70_000, outcome.complete, outcome.errors) == (True, False, "oops\n")


def test_a_program_may_take_as_much_memory_as_it_is_given_and_no_more(tmp_path: Path) -> None:
    take = [sys.executable, "-I", "-c", "print(len(bytearray(300 << 20)))"]

    def run(memory_bytes: int) -> int:
        limits = ProgramLimits(memory_bytes=memory_bytes)
        return uvloop.run(run_program(take, environment={}, folder=tmp_path, limits=limits)).status

    assert run(1 << 30) == 0
    assert run(200 << 20) != 0


def test_what_leaves_the_group_and_holds_the_output_open_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Given a program that leaves a daemon with its output, when it ends, then that is its end."""
    script = (
        "import os, sys, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    open('daemon', 'w').write(str(os.getpid()))\n"
        "    time.sleep(300)\n"
        "while not os.path.exists('daemon') or not open('daemon').read(): time.sleep(0.01)\n"
        "print('done')\n"
    )
    try:
        outcome = uvloop.run(run_program([sys.executable, "-c", script], environment={}, folder=tmp_path))
    finally:
        os.kill(int((tmp_path / "daemon").read_text()), signal.SIGKILL)
    assert (outcome.status, outcome.output) == (0, "done\n")


def test_a_program_sees_the_environment_and_the_folder_that_it_is_given_and_nothing_else(tmp_path: Path) -> None:
    outcome = uvloop.run(
        run_program(
            ["sh", "-c", "echo $NAME $HOME; pwd; echo no >&2; exit 3"], environment={"NAME": "x"}, folder=tmp_path
        )
    )
    assert (outcome.status, outcome.output, outcome.errors) == (3, f"x\n{tmp_path}\n", "no\n")


def test_a_program_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        uvloop.run(run_program([tmp_path / "none"], environment={}, folder=tmp_path))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "it ended with exit status 0"),
        (3, "it ended with exit status 3"),
        (-signal.SIGTERM, "it was killed by SIGTERM"),
        (
            -signal.SIGKILL,
            "it was killed by SIGKILL, which is how the system ends a process that takes too much memory",
        ),
        (-250, "it was killed by signal 250"),
        (LOST_STATUS, "it ended after the process that it was forked from"),
    ],
)
def test_an_end_is_told_in_words(status: int, words: str) -> None:
    assert describe_exit(status) == words
