"""The machine under a bench, and the time that others took of it."""

import os

from unshelf.worker.bench.machine import MachineTimes, machine_facts, machine_times, others_cores


def test_others_are_what_was_busy_without_the_bench_itself() -> None:
    before, after = MachineTimes(100.0, 400.0), MachineTimes(106.0, 408.0)
    assert others_cores(before, after, own=4.0, seconds=4.0) == 0.5
    assert others_cores(before, after, own=7.0, seconds=4.0) == 0.0


def test_a_system_that_does_not_tell_is_not_taken_for_a_quiet_one() -> None:
    nothing = MachineTimes(0.0, 0.0)
    assert others_cores(nothing, nothing, own=1.0, seconds=1.0) is None


def test_facts_are_those_of_this_machine() -> None:
    facts = machine_facts()
    assert facts["cores"] == len(os.sched_getaffinity(0))
    assert facts["memory_bytes"] > 64 << 20
    assert machine_times().all >= machine_times().busy >= 0
