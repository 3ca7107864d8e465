"""The ledger: what the kernel accounts to a tree of processes is divided among consumers, nothing twice and nothing lost."""

import os

import msgspec

from unshelf.contracts.metering.usage import Consumer
from unshelf.host.metering.consumers import StartedProcess
from unshelf.host.metering.ledger import Ledger, MeteredProcess
from unshelf.host.metering.processes import TICK_SECONDS, ProcessTimes

ROOT = Consumer(kind="platform", name="host")
WARM = Consumer(kind="warm", name="e" * 64)
IRIS = Consumer(kind="worker", project="flowers", model="iris", version=1)
ROSE = Consumer(kind="worker", project="flowers", model="rose", version=2)
RUNNERS = Consumer(kind="platform", name="runners of jobs")


def a_job(number: int) -> Consumer:
    return Consumer(kind="job", project="flowers", job=f"job-{number}", number=1)


def a_process(pid: int, parent: int, own: int = 0, waited: int = 0, *, start: int = 0, memory: int = 0) -> ProcessTimes:
    return ProcessTimes(pid=pid, parent=parent, start=start or pid, own=own, waited=waited, memory_bytes=memory)


def a_machine(*processes: ProcessTimes) -> dict[int, ProcessTimes]:
    return {process.pid: process for process in processes}


def started(pid: int, own: Consumer, below: Consumer | None = None, *, parent: int = 1) -> StartedProcess:
    return StartedProcess(pid=pid, parent=parent, own=own, below=below or own)


def ticks(spent: dict[Consumer, float]) -> dict[Consumer, int]:
    return {consumer: round(seconds / TICK_SECONDS) for consumer, seconds in spent.items()}


def test_what_lives_is_counted_by_what_it_used_since_the_last_look() -> None:
    ledger = Ledger(1)
    first, _ = ledger.look(
        a_machine(a_process(1, 0, 5), a_process(2, 1, 10), a_process(3, 2, 7), a_process(9, 0, 99)),
        [started(2, WARM), started(3, IRIS, parent=2)],
        roles={1: ROOT},
    )
    assert ticks(first) == {ROOT: 5, WARM: 10, IRIS: 7}, "and what is not of the tree is not counted"
    second, _ = ledger.look(a_machine(a_process(1, 0, 6), a_process(2, 1, 10), a_process(3, 2, 27)), roles={1: ROOT})
    assert ticks(second) == {ROOT: 1, IRIS: 20}


def test_what_ended_is_given_the_rest_that_its_parent_was_accounted() -> None:
    ledger = Ledger(1)
    ledger.look(a_machine(a_process(1, 0), a_process(2, 1), a_process(3, 2, 10)), [started(2, WARM), started(3, IRIS)])
    spent, _ = ledger.look(a_machine(a_process(1, 0), a_process(2, 1, waited=25)))
    assert ticks(spent) == {IRIS: 15}


def test_a_whole_branch_that_ended_is_settled_with_the_nearest_that_lives() -> None:
    ledger = Ledger(1)
    branch = a_machine(a_process(1, 0), a_process(2, 1, 3), a_process(3, 2, 10), a_process(4, 3, 20))
    ledger.look(branch, [started(2, IRIS)])
    spent, _ = ledger.look(a_machine(a_process(1, 0, waited=40)))
    assert ticks(spent) == {IRIS: 7}


def test_one_that_came_and_went_between_two_looks_is_counted() -> None:
    ledger = Ledger(os.getpid())
    me = os.getpid()
    ledger.look(a_machine(a_process(me, 0, 5)), roles={me: ROOT})
    spent, _ = ledger.look(a_machine(a_process(me, 0, 5, waited=30)), [started(77, IRIS, parent=0)])
    assert ticks(spent) == {IRIS: 30}
    again, _ = ledger.look(a_machine(a_process(me, 0, 5, waited=33)))
    assert ticks(again) == {ROOT: 3}, "children that nobody said anything of are their parent's"


def test_two_that_ended_share_by_what_they_used_lately_and_nothing_is_lost() -> None:
    ledger = Ledger(1)
    notes = [started(2, WARM), started(3, IRIS, parent=2), started(4, ROSE, parent=2)]
    ledger.look(a_machine(a_process(1, 0), a_process(2, 1), a_process(3, 2, 30), a_process(4, 2, 0)), notes)
    spent, _ = ledger.look(a_machine(a_process(1, 0), a_process(2, 1, waited=30 + 64)))
    shares = ticks(spent)
    assert sum(shares.values()) == 64
    assert shares[IRIS] > shares[ROSE] > 0


def test_jobs_whose_seconds_are_known_get_exactly_these_and_their_runners_the_rest() -> None:
    ledger = Ledger(1)
    notes = [started(pid, RUNNERS, a_job(pid)) for pid in (10, 20)]
    machine = a_machine(
        a_process(1, 0), a_process(10, 1, 2), a_process(11, 10, 40), a_process(20, 1, 2), a_process(21, 20, 5)
    )
    first, _ = ledger.look(machine, notes)
    assert ticks(first) == {RUNNERS: 4, a_job(10): 40, a_job(20): 5}
    finals = {10: 100 * TICK_SECONDS, 20: 50 * TICK_SECONDS}
    spent, _ = ledger.look(a_machine(a_process(1, 0, waited=160)), finals=finals)
    assert ticks(spent) == {a_job(10): 60, a_job(20): 45, RUNNERS: 6}
    assert not ledger.charged, "and nothing is remembered of jobs that are over"


def test_a_process_that_loses_its_parent_is_followed_and_a_new_one_with_its_number_is_not() -> None:
    ledger = Ledger(1)
    ledger.look(a_machine(a_process(1, 0), a_process(2, 1), a_process(3, 2, 10)), [started(3, IRIS)])
    spent, _ = ledger.look(a_machine(a_process(1, 0), a_process(3, 0, 14)))
    assert ticks(spent) == {IRIS: 4}
    spent, _ = ledger.look(a_machine(a_process(1, 0), a_process(3, 0, 500, start=9)))
    assert not ticks(spent)


def test_the_next_host_goes_on_where_the_last_one_was_killed() -> None:
    ledger = Ledger(1)
    ledger.look(
        a_machine(a_process(1, 0), a_process(2, 1, 4), a_process(3, 2, 10)), [started(2, ROOT), started(3, IRIS)]
    )
    stored = msgspec.json.decode(msgspec.json.encode(ledger.nodes), type=list[MeteredProcess])
    after = Ledger(1, stored)
    living = a_machine(a_process(1, 0, waited=6), a_process(3, 0, 25), a_process(4, 1, 1))
    spent, _ = after.look(living, roles={4: ROOT})
    assert ticks(spent) == {IRIS: 15, ROOT: 3}


def test_what_a_forked_worker_shares_is_its_warm_process_s() -> None:
    ledger = Ledger(1)
    machine = a_machine(a_process(1, 0, memory=10), a_process(2, 1, memory=100), a_process(3, 2, memory=130))
    _, memory = ledger.look(machine, [started(2, WARM), started(3, IRIS, parent=2)], roles={1: ROOT})
    assert memory == {ROOT: 10, WARM: 100, IRIS: 30}
