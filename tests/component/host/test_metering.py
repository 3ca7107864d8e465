"""The meter on real processes: every second that the kernel accounts is somebody's, once, also when the meter is killed."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from unshelf.contracts.metering.usage import Consumer, TakenUsage
from unshelf.host.metering.consumers import Consumers, metered_as
from unshelf.host.metering.ledger import Ledger
from unshelf.host.metering.meter import UsageMeter
from unshelf.host.metering.processes import read_processes

ROOT = Consumer(kind="platform", name="supervisor")
IRIS = Consumer(kind="worker", project="flowers", model="iris", version=1, tier="small")

BURN = "import sys, time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: pass\n"


@pytest.fixture
def spawn() -> Iterator[Callable[[str], "subprocess.Popen[bytes]"]]:
    living = []

    def start(program: str) -> "subprocess.Popen[bytes]":
        living.append(
            subprocess.Popen([sys.executable, "-S", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )
        return living[-1]

    yield start
    for process in living:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def test_the_sum_of_real_processes_is_what_the_kernel_accounted(
    spawn: Callable[[str], "subprocess.Popen[bytes]"],
) -> None:
    """Given a tree whose processes start, burn CPU and end while it is looked at; then every second is somebody's, once."""
    child = BURN.format(seconds=0.12)
    tree = spawn(
        "import subprocess, sys, os, time\n"
        f"child = {child!r}\n"
        "for turn in range(3):\n"
        "    these = [subprocess.Popen([sys.executable, '-S', '-c', child]) for _ in range(2)]\n"
        "    [each.wait() for each in these]\n" + BURN.format(seconds=0.2) + "sys.stdin.read()\n"
    )
    ledger, total = Ledger(tree.pid), 0.0
    quiet, turns = 0, count()
    while quiet < 10 and next(turns) < 1000:  # until it has used nothing for a while: it waits for its standard input
        spent, _ = ledger.look(read_processes(), roles={tree.pid: ROOT})
        total += sum(spent.values())
        quiet = 0 if spent else quiet + 1
        time.sleep(0.02)
    assert tree.stdin is not None
    tree.stdin.close()
    _, _, accounted = os.wait4(tree.pid, 0)
    tree.returncode = 0
    kernel = accounted.ru_utime + accounted.ru_stime
    assert total == pytest.approx(kernel, rel=0.02, abs=0.04)
    assert total > 0.8


def seconds_of(batch: TakenUsage, consumer: Consumer) -> float:
    return sum(line.amounts.cpu_seconds for line in batch.lines if line.consumer == consumer)


def test_a_batch_is_given_until_it_is_taken_in_and_then_never_again(
    spawn: Callable[[str], "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    """Given a process that burnt CPU; when its use is asked for twice, and the host is replaced; then it is counted once."""
    file, noted = tmp_path / "meter.json", Consumers()
    tree = spawn(BURN.format(seconds=0.3) + "print(flush=True)\nsys.stdin.read()\n")
    assert tree.stdout is not None
    tree.stdout.readline()
    with metered_as(IRIS):
        noted.started(tree.pid)
        hold = noted.hold(gpus=2)

    async def story() -> None:
        meter = UsageMeter(file, root=tree.pid, noted=noted)
        first = await meter.take(1, "", 0)
        assert seconds_of(first, IRIS) == pytest.approx(0.3, rel=0.3)
        assert [line.amounts.gpu_seconds for line in first.lines if line.amounts.held_seconds] == [
            pytest.approx(2 * line.amounts.held_seconds) for line in first.lines if line.amounts.held_seconds
        ]
        assert (await meter.take(2, "", 0)).lines == first.lines, "control did not say that it took it in"
        killed = UsageMeter(file, root=tree.pid, noted=noted)  # the next host reads what the last one stored
        again = await killed.take(3, "", 0)
        assert (again.source, again.number, again.lines) == (first.source, first.number, first.lines)
        noted.end(hold)
        after = await killed.take(4, first.source, first.number)
        assert after.number == first.number + 1
        assert seconds_of(after, IRIS) < 0.1, "what was taken in is not given again"
        last = await killed.take(5, after.source, after.number)
        assert not [line for line in last.lines if line.amounts.held_seconds], "what is not held any more costs nothing"

    asyncio.run(story())


def test_a_file_that_can_t_be_read_begins_a_new_account(tmp_path: Path) -> None:
    file = tmp_path / "meter.json"
    file.write_text("{")
    batch = asyncio.run(UsageMeter(file, noted=Consumers()).take(1, "an-older-one", 9))
    assert (batch.number, batch.source != "an-older-one") == (1, True)
