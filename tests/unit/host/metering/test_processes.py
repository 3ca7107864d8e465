"""Processes as `/proc` tells of them."""

import os

from unshelf.host.metering.processes import ProcessTimes, below, boot_id, read_processes, role_of


def a_process(pid: int, parent: int) -> ProcessTimes:
    return ProcessTimes(pid=pid, parent=parent, start=1, own=0, waited=0, memory_bytes=0)


def test_this_process_is_among_them() -> None:
    mine = read_processes()[os.getpid()]
    assert mine.parent == os.getppid()
    assert mine.own > 0
    assert mine.memory_bytes > 1 << 20
    assert boot_id() == boot_id()
    assert role_of(os.getpid()) in ("", "pytest") or role_of(os.getpid()) == ""
    assert role_of(-1) == ""


def test_a_tree_has_parents_before_their_children_and_strays_last() -> None:
    machine = {pid: a_process(pid, parent) for pid, parent in ((5, 2), (2, 1), (1, 0), (9, 0), (10, 9), (7, 0))}
    assert list(below(machine, [1, 9, 404, 2])) == [1, 2, 5, 9, 10]
