"""Attempts of jobs, each in a sandbox under its runner: what the program finds, what is known of its end, what outlives the host."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.support import attempts
from tests.support.async_tests import in_event_loop
from tests.support.attempts import JOB, TestedKeeper, open_home, running_keeper
from tests.support.waiting import wait_until
from unshelf.contracts.home import Home
from unshelf.contracts.protocols.jobs import AttemptInput
from unshelf.contracts.tiers import Tier
from unshelf.host.errors import HostFailure
from unshelf.host.machine.gpus import Gpus
from unshelf.host.metering.consumers import consumers
from unshelf.host.sandbox.sandbox import NoSandbox


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


WAIT = """
import os, signal, time
print("up", flush=True)
while not os.path.exists(os.environ["UNSHELF_CHECKPOINT"] + "/go"):
    time.sleep(0.01)
print("done", flush=True)
"""
"""A program that ends when the test lets it."""


@in_event_loop
async def test_a_program_finds_its_code_its_data_and_its_parameters_and_leaves_output_files_and_results(
    home: Home,
) -> None:
    code = """
import json, os, sys, helper
parameters = json.load(open(os.environ["UNSHELF_PARAMETERS"]))
print("arguments", sys.argv[1:], "beside", open("notes.txt").read(), flush=True)
print("data", open(os.environ["UNSHELF_DATA_ORDERS"]).read(), sorted(os.listdir(os.environ["UNSHELF_DATA_MANY"])))
print("secret", os.environ["SERVICE_KEY"], file=sys.stderr)
os.makedirs(os.environ["UNSHELF_OUTPUTS"] + "/plots")
open(os.environ["UNSHELF_OUTPUTS"] + "/plots/loss.csv", "w").write("1,2")
os.symlink("/etc/passwd", os.environ["UNSHELF_OUTPUTS"] + "/link")
json.dump({"doubled": helper.double(parameters["n"])}, open(os.environ["UNSHELF_RESULTS"], "w"))
sys.exit(3)
"""
    async with running_keeper(home) as host:
        order = host.order(
            code, "--fast", parameters='{"n": 21}', secrets={"SERVICE_KEY": "hush"},
            files=[host.put("helper.py", "def double(n):\n    return 2 * n\n"), host.put("notes.txt", "a note")],
            inputs=[
                AttemptInput(variable="UNSHELF_DATA_ORDERS", files=[host.put("orders.csv", "a,b")]),
                AttemptInput(variable="UNSHELF_DATA_MANY", files=[host.put("one", "1"), host.put("two", "2")]),
            ],
        )  # fmt: skip
        outcome = await host.run(order)
        said = host.output(outcome)
        assert (outcome.how, outcome.status) == ("exited", 3), said
        assert "arguments ['--fast'] beside a note" in said
        assert "data a,b ['one', 'two']" in said
        assert "secret hush" in said
        assert host.results(outcome) == {"doubled": 42}
        assert host.files(outcome) == {"plots/loss.csv": b"1,2", "results.json": b'{"doubled": 42}'}
        kept = b"".join(
            path.read_bytes() for path in home.jobs.rglob("*") if path.is_file() and path.name != "output.log"
        )
        assert b"hush" not in kept, "no file of the host has a secret"


@in_event_loop
async def test_the_seconds_and_the_memory_are_those_that_the_kernel_accounts(home: Home) -> None:
    code = """
import json, os, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(1000))
child = os.fork()
if child == 0:
    burn(0.5)
    os._exit(0)
os.waitpid(child, 0)
block = bytearray(100 << 20)
burn(1.0)
used = os.times()
json.dump({"cpu": used.user + used.system + used.children_user + used.children_system}, open(os.environ["UNSHELF_RESULTS"], "w"))
"""
    async with running_keeper(home) as host:
        outcome = await host.run(host.order(code))
    used = host.results(outcome)["cpu"]
    walls = 0.25  # the sandbox's own start and end, which nobody else pays
    assert used * 0.98 <= outcome.cpu_seconds <= used * 1.02 + walls
    assert 100 << 20 <= outcome.peak_memory_bytes <= 400 << 20


@in_event_loop
async def test_a_program_gives_way_to_callers_in_its_session_too(home: Home) -> None:
    code = """
import os
print("nice", os.nice(0), open("/proc/self/autogroup").read() if os.path.exists("/proc/self/autogroup") else "alone nice 19")
"""
    async with running_keeper(home) as host:
        said = host.output(await host.run(host.order(code)))
        assert "nice 19 " in said
        assert said.strip().endswith("nice 19"), said


@in_event_loop
async def test_an_attempt_that_is_asked_for_twice_runs_once(home: Home) -> None:
    async with running_keeper(home) as host:
        order = host.order("import os; print('ran', os.environ['UNSHELF_ATTEMPT'])")
        await asyncio.gather(host.keeper.start(order), host.keeper.start(order))
        outcome = await host.outcome()
        await host.keeper.start(order)
        assert host.output(outcome) == "ran 1\n"
        await host.keeper.forget([(JOB, 1)], [JOB])
        assert list(home.jobs.iterdir()) == []


@in_event_loop
async def test_a_program_beyond_its_time_is_asked_to_end_and_its_checkpoint_is_there_for_the_next_attempt(
    home: Home,
) -> None:
    code = """
import os, signal, sys, time
path = os.environ["UNSHELF_CHECKPOINT"] + "/step"
def save(*_):
    open(path, "w").write("7")
    sys.exit(0)
if os.path.exists(path):
    print("goes on at", open(path).read())
else:
    signal.signal(signal.SIGTERM, save)
    time.sleep(600)
"""
    async with running_keeper(home) as host:
        first = await host.run(host.order(code, seconds=0.5))
        assert first.how == "timed_out"
        second = await host.run(host.order(code, number=2))
        assert (second.how, second.status) == ("exited", 0)
        assert host.output(second) == "goes on at 7\n"


@in_event_loop
async def test_a_cancelled_attempt_ends_and_says_so(home: Home) -> None:
    async with running_keeper(home) as host:
        await host.keeper.start(host.order("import time\nprint('up', flush=True)\ntime.sleep(600)"))
        data, is_over = await host.keeper.output(JOB, 1, 0, 1000, 30.0)
        assert (data, is_over) == (b"up\n", False)
        host.keeper.cancel(JOB, 1)
        outcome = await host.outcome()
        assert outcome.how == "cancelled"
        assert await host.keeper.output(JOB, 1, 3, 1000, 30.0) == (b"", True)


@in_event_loop
async def test_output_without_end_is_bounded_and_its_last_words_are_kept(home: Home) -> None:
    code = "for n in range(100000): print('line', n)\nraise SystemExit('the last word')"
    async with running_keeper(home) as host:
        outcome = await host.run(host.order(code, output_bytes=1000))
    said = host.output(outcome)
    assert said.startswith("line 0\nline 1\n")
    assert said.endswith("the last word\n")
    assert "bytes left out]" in said
    assert len(said) < 70_000


@in_event_loop
async def test_a_program_that_fills_the_disk_is_ended(home: Home) -> None:
    code = """
import os, time
for n in range(10000):
    open(f"{os.environ['UNSHELF_OUTPUTS']}/{n}", "wb").write(bytes(1 << 20))
    time.sleep(0.02)
"""
    async with running_keeper(home) as host:
        outcome = await host.run(host.order(code, disk_bytes=8 << 20))
    assert outcome.how == "disk_full"


@in_event_loop
async def test_attempts_outlive_their_host_and_the_next_one_takes_them_on(home: Home) -> None:
    first = TestedKeeper(home)
    await first.keeper.start(first.order(WAIT))
    await first.keeper.output(JOB, 1, 0, 1000, 30.0)
    await first.keeper.leave()
    async with running_keeper(home) as second:
        await second.keeper.start(second.order(WAIT))
        (home.jobs / JOB / "checkpoint" / "go").touch()
        outcome = await second.outcome()
        assert (outcome.how, outcome.status) == ("exited", 0)
        assert second.output(outcome) == "up\ndone\n", "it ran once"
    first.reap()
    async with running_keeper(home) as third:
        assert await third.outcome() == outcome


@in_event_loop
async def test_the_gpus_of_an_attempt_stay_its_own_and_are_metered_under_the_next_host(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an attempt with one of two GPUs whose host is gone; then the next host lends its GPU to nobody until it ends."""
    machine = {"gpu": Tier(cpu=1, memory_bytes=200 << 20, threads=1, gpu=1)}
    monkeypatch.setattr(attempts, "TIERS", machine)
    monkeypatch.setattr(attempts, "Gpus", lambda _: Gpus(["0", "1"]))
    first = TestedKeeper(home)
    await first.keeper.start(first.order(f"import os\nprint(os.environ['CUDA_VISIBLE_DEVICES'])\n{WAIT}", tier="gpu"))
    await first.keeper.output(JOB, 1, 0, 1000, 30.0)
    await first.keeper.leave()
    consumers.take_held(time.monotonic() + 1)
    async with running_keeper(home) as second:
        gpus = second.keeper._tiers.gpus
        assert gpus.free == 1
        assert await gpus.take(1) == ("1",)
        held = consumers.take_held(time.monotonic() + 10)
        assert [count for _, _, count in held if count] == [1, 1]  # the first host's too: it is not really gone
        (home.jobs / JOB / "checkpoint" / "go").touch()
        outcome = await second.outcome()
        assert second.output(outcome) == "0\nup\ndone\n"
        assert await gpus.take(1) == ("0",)
    first.reap()


@in_event_loop
async def test_the_next_host_removes_what_one_left_of_jobs_as_it_was_killed(home: Home) -> None:
    """Given jobs whose host was killed as it removed them, whole or in part, then the next one does; a checkpoint that somebody may want,
    and attempts that run, stay."""
    first = TestedKeeper(home)
    await first.keeper.start(first.order(WAIT))
    await first.keeper.output(JOB, 1, 0, 1000, 30.0)
    await first.keeper.leave()
    for left in ("empty", "with-no-checkpoint/checkpoint", ".gone-half/1/outputs", "half/1", "kept/checkpoint"):
        (home.jobs / left).mkdir(parents=True)
    (home.jobs / "kept" / "checkpoint" / "state").touch()
    (home.jobs / ".gone-half" / "checkpoint").mkdir()
    async with running_keeper(home) as second:
        assert sorted(path.name for path in home.jobs.iterdir()) == sorted([JOB, "kept"])
        (home.jobs / JOB / "checkpoint" / "go").touch()
        await second.outcome()
        await second.keeper.forget([(JOB, 1)], [JOB, "kept"])
        assert list(home.jobs.iterdir()) == []
    first.reap()


@in_event_loop
async def test_a_runner_that_is_killed_takes_its_program_with_it(home: Home) -> None:
    async with running_keeper(home) as host:
        await host.keeper.start(host.order(WAIT))
        await host.keeper.output(JOB, 1, 0, 1000, 30.0)
        runner = json.loads((home.jobs / JOB / "1" / "started.json").read_text())["pid"]
        below = psutil.Process(runner).children(recursive=True)
        os.kill(runner, signal.SIGKILL)
        outcome = await host.outcome()
        assert outcome.how == "lost"
        assert host.output(outcome) == "up\n"
        wait_until(lambda: not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in below))


@in_event_loop
async def test_a_claim_whose_program_never_began_is_made_again(home: Home) -> None:
    first = TestedKeeper(home)
    order = first.order("print('ran')")
    (home.jobs / JOB / "1").mkdir(parents=True)
    (home.jobs / JOB / "1" / "order.json").write_text("{}")
    async with running_keeper(home) as host:
        assert host.output(await host.run(order)) == "ran\n"


@in_event_loop
async def test_a_host_that_is_stopped_ends_what_runs_as_interrupted(home: Home) -> None:
    async with running_keeper(home) as host:
        await host.keeper.start(host.order(WAIT))
        await host.keeper.output(JOB, 1, 0, 1000, 30.0)
    async with running_keeper(home) as later:
        assert (await later.outcome()).how == "interrupted"


@in_event_loop
async def test_an_attempt_without_its_environment_or_its_files_is_refused_and_leaves_nothing(home: Home) -> None:
    async with running_keeper(home) as host:
        with pytest.raises(HostFailure, match="environment"):
            await host.keeper.start(host.order("pass", environment="f" * 64))
        order = host.order("pass")
        host.blobs.delete([order.code[0].sha256])
        with pytest.raises(HostFailure, match=r"job\.py"):
            await host.keeper.start(order)
        assert list(home.jobs.iterdir()) == []


@in_event_loop
async def test_without_walls_a_program_runs_too_and_leaves_nothing_behind(home: Home) -> None:
    code = "import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid)"
    async with running_keeper(home, NoSandbox("a test")) as host:
        outcome = await host.run(host.order(code))
    assert (outcome.how, outcome.status) == ("exited", 0)
    wait_until(lambda: not psutil.pid_exists(int(host.output(outcome))))
