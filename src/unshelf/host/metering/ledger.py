"""The ledger of CPU time: divides what the kernel accounts to a tree of processes among their consumers.

A living process shows what it has used. One that has ended is accounted to the parent that waited for it, with all that it had waited for
itself. So each look adds what the living ones used since the last look, and, where a parent's account of ended children grew by more
than was seen of them while they lived, gives that remainder to those that ended. What is given out is what the tree used, whenever one
looks and whatever ends in between; two that ended under one parent between two looks share their remainder by estimate."""

import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from unshelf.contracts.metering.usage import Consumer
from unshelf.host.metering.consumers import StartedProcess
from unshelf.host.metering.processes import TICK_SECONDS, ProcessTimes, below

SUPERVISOR = Consumer(kind="platform", name="supervisor")


class MeteredProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process as it was last seen. Times are in ticks."""

    pid: int
    start: int
    parent: int
    own: int
    waited: int
    consumer: Consumer
    below: Consumer
    """The consumer of children that nobody said more about."""
    recent: int = 0
    """CPU time between the last two looks."""
    named: bool = False
    """Whether it was said whose it is, rather than inherited."""


class Ledger:
    """Knows the processes of the last look. Its state can be stored, and gone on with by the next host on the same boot."""

    def __init__(
        self, root: int, nodes: Iterable[MeteredProcess] = (), charged: Mapping[Consumer, int] | None = None
    ) -> None:
        """`root`: the process whose tree is metered, with those that left it since."""
        self._root = root
        self._nodes = {node.pid: node for node in nodes}
        self._charged = dict(charged or {})

    @property
    def nodes(self) -> list[MeteredProcess]:
        """The processes of the last look."""
        return list(self._nodes.values())

    @property
    def charged(self) -> dict[Consumer, int]:
        """Ticks given to each job that runs, so far."""
        return dict(self._charged)

    def look(
        self,
        processes: dict[int, ProcessTimes],
        started: Iterable[StartedProcess] = (),
        finals: Mapping[int, float] = MappingProxyType({}),
        roles: Mapping[int, Consumer] = MappingProxyType({}),
    ) -> tuple[dict[Consumer, float], dict[Consumer, int]]:
        """Return CPU seconds since the last look, and bytes of memory now, by consumer.

        `started`: what was said of processes since then. `finals`: the seconds of all below those that have ended, by pid. `roles`: whose
        the root and its children are, where nobody said more."""
        old = self._nodes
        notes = {each.pid: each for each in started}
        strays = [pid for pid, node in old.items() if _is_same(processes.get(pid), node)]
        living = below(processes, [self._root, *strays, *notes])
        self._nodes = {}
        spent: dict[Consumer, int] = {}
        for process in living.values():
            known = old.get(process.pid)
            node = self._node(process, known if known and known.start == process.start else None, notes, roles)
            self._nodes[process.pid] = node
            _add(spent, node.consumer, node.recent)
        self._settle_ended(living, old, notes, finals, spent)
        jobs = {each.consumer for each in self._nodes.values()} | {each.below for each in self._nodes.values()}
        for consumer, ticks in spent.items():
            if consumer.kind == "job":
                self._charged[consumer] = self._charged.get(consumer, 0) + ticks
        self._charged = {each: ticks for each, ticks in self._charged.items() if each in jobs}
        memory: dict[Consumer, int] = {}
        for pid, node in self._nodes.items():
            _add(memory, node.consumer, _memory(living[pid], node, self._nodes, living))
        return {consumer: ticks * TICK_SECONDS for consumer, ticks in spent.items() if ticks}, memory

    def _node(
        self,
        process: ProcessTimes,
        known: MeteredProcess | None,
        notes: Mapping[int, StartedProcess],
        roles: Mapping[int, Consumer],
    ) -> MeteredProcess:
        note, parent = notes.get(process.pid), self._nodes.get(process.parent)
        if known is not None and note is None and (known.named or parent is None or process.pid in roles):
            consumer, under = known.consumer, known.below
        elif note is not None:
            consumer, under = note.own, note.below
        elif process.pid in roles:
            consumer = under = roles[process.pid]
        else:
            consumer = under = SUPERVISOR if parent is None else parent.below
        return MeteredProcess(
            pid=process.pid, start=process.start, parent=process.parent, own=process.own, waited=process.waited,
            consumer=consumer, below=under, recent=max(0, process.own - (known.own if known else 0)),
            named=note is not None or (known is not None and known.named),
        )  # fmt: skip

    def _settle_ended(
        self,
        living: Mapping[int, ProcessTimes],
        old: Mapping[int, MeteredProcess],
        notes: Mapping[int, StartedProcess],
        finals: Mapping[int, float],
        spent: dict[Consumer, int],
    ) -> None:
        """Give out what parents were accounted for children that ended."""
        ended: dict[int, list[MeteredProcess]] = {}
        for node in old.values():
            now = self._nodes.get(node.pid)
            if now is None or now.start != node.start:
                ended.setdefault(_above(node, old, self._nodes), []).append(node)
        unseen: dict[int, list[StartedProcess]] = {}
        for note in notes.values():  # came and went between two looks
            if note.pid not in old and note.pid not in self._nodes:
                unseen.setdefault(note.parent or os.getpid(), []).append(note)
        for pid, process in living.items():
            before = old.get(pid)
            known = before.waited if before is not None and before.start == process.start else 0
            gone = ended.get(pid, [])
            rest = process.waited - known - sum(node.own + node.waited for node in gone)
            if rest > 0:
                shares = [_Share(node.pid, node.consumer, node.below, node.recent + 1) for node in gone]
                shares += [_Share(note.pid, note.own, note.below, 1) for note in unseen.get(pid, [])]
                self._give(rest, shares, finals, self._nodes[pid].below, spent)

    def _give(
        self,
        rest: int,
        shares: list["_Share"],
        finals: Mapping[int, float],
        parent: Consumer,
        spent: dict[Consumer, int],
    ) -> None:
        """Divide a remainder: first by what is known from elsewhere, then by what each used lately."""
        settled: dict[Consumer, Consumer] = {}
        for share in shares:
            if share.pid in finals:
                due = round(finals[share.pid] / TICK_SECONDS) - self._charged.get(share.below, 0)
                given = max(0, min(rest, due - spent.get(share.below, 0)))
                _add(spent, share.below, given)
                rest -= given
                settled[share.below] = share.consumer
        weights: dict[Consumer, int] = {}
        for share in shares:
            if share.below not in settled and share.consumer not in settled:
                _add(weights, share.below, share.weight)
        if not weights:  # what kept those whose seconds are known used the rest
            weights = dict.fromkeys(settled.values(), 1) or {parent: 1}
        total = sum(weights.values())
        for consumer, weight in weights.items():
            given = rest * weight // total
            _add(spent, consumer, given)
            rest -= given
            total -= weight


class _Share(NamedTuple):
    """One of those that ended under a parent."""

    pid: int
    consumer: Consumer
    below: Consumer
    weight: int


def _above(node: MeteredProcess, old: Mapping[int, MeteredProcess], living: Mapping[int, MeteredProcess]) -> int:
    """The nearest process above one that ended which still lives; 0: there is none that we know."""
    seen = set()
    pid = node.parent
    while pid in old and pid not in seen:
        now = living.get(pid)
        if now is not None and now.start == old[pid].start:
            return pid
        seen.add(pid)
        pid = old[pid].parent
    return 0


def _is_same(process: ProcessTimes | None, node: MeteredProcess) -> bool:
    return process is not None and process.start == node.start


def _memory(
    process: ProcessTimes, node: MeteredProcess, nodes: Mapping[int, MeteredProcess], living: Mapping[int, ProcessTimes]
) -> int:
    """Return the bytes that a process takes; of one that a warm process forked, those beyond it."""
    parent = nodes.get(process.parent)
    if node.consumer.kind == "worker" and parent is not None and parent.consumer.kind == "warm" and node.named:
        return max(0, process.memory_bytes - living[process.parent].memory_bytes)
    return process.memory_bytes


def _add(found: dict[Consumer, int], consumer: Consumer, amount: int) -> None:
    found[consumer] = found.get(consumer, 0) + amount
