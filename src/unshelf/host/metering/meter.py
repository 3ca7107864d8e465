"""The meter: looks every few seconds, keeps what was used by hour, and hands it to control in batches that count once."""

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from unshelf.contracts.metering.usage import Amounts, Consumer, MeteredUse, TakenUsage
from unshelf.host.metering.consumers import HOST, Consumers, consumers
from unshelf.host.metering.ledger import SUPERVISOR, Ledger, MeteredProcess
from unshelf.host.metering.processes import ProcessTimes, boot_id, read_processes, role_of
from unshelf.runtime.durable import replacing

logger = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
_COST_SHARE = 200
"""A look may take one part in 200 of the time: with thousands of processes it comes less often.
What ended is accounted all the same."""
_GIB = 1 << 30
_HOUR = 3600


class _State(msgspec.Struct, kw_only=True):
    """State that a meter has to remember."""

    source: str
    boot: str
    number: int
    """The number of the batch that was given last."""
    given: list[MeteredUse]
    """The lines of that batch, until they are taken in."""
    open: list[MeteredUse]
    nodes: list[MeteredProcess]
    charged: list[tuple[Consumer, int]]


_decoder = msgspec.json.Decoder(_State)


class UsageMeter:
    """Meters the tree of one process. All that it knows is in one file, replaced at once with each look, so that the host after a killed
    one goes on: what was used in between is in the kernel's account of what still lives."""

    def __init__(self, file: Path, *, root: int = 0, noted: Consumers = consumers) -> None:
        """`root`: the process whose tree is metered, 0: this one."""
        self._file = file
        self._root = root or os.getpid()
        self._noted = noted
        self._looking = asyncio.Lock()
        self._roles: dict[tuple[int, int], Consumer] = {}
        state = self._stored()
        self._source = state.source if state else secrets.token_hex(8)
        self._number = state.number if state else 0
        self._given = state.given if state else []
        self._open: dict[tuple[int, Consumer], Amounts] = {}
        for line in state.open if state else ():
            self._open[line.hour, line.consumer] = line.amounts
        same_boot = state is not None and state.boot == boot_id()
        self._ledger = Ledger(
            self._root,
            state.nodes if state is not None and same_boot else (),
            dict(state.charged) if state is not None and same_boot else {},
        )
        self._looked_at = time.monotonic()
        self.cost_seconds = 0.0
        """How long the last look took."""

    async def watch(self) -> None:
        """Look again and again, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(max(LOOK_SECONDS, _COST_SHARE * self.cost_seconds))

    async def look(self) -> None:
        """Add what was used since the last look, and store it."""
        async with self._looking:
            await self._look()
            await self._store()

    async def take(self, request_id: int, source: str, taken: int) -> TakenUsage:
        """Return the batch after the one that was taken in; one that was given and not taken in is given again as it was."""
        async with self._looking:
            await self._look()
            if not self._given or (source == self._source and taken >= self._number):
                self._number += 1
                self._given = self._lines()
                self._open = {}
            await self._store()
            return TakenUsage(id=request_id, source=self._source, number=self._number, lines=list(self._given))

    async def _look(self) -> None:
        began = time.monotonic()
        processes = await asyncio.to_thread(read_processes)
        spent, memory = self._ledger.look(
            processes, self._noted.take_started(), self._noted.take_finals(), self._roles_among(processes)
        )
        self.cost_seconds = time.monotonic() - began
        elapsed, self._looked_at = began - self._looked_at, began
        hour = int(time.time()) // _HOUR
        for consumer, seconds in spent.items():
            self._add(hour, consumer, Amounts(cpu_seconds=seconds))
        for consumer, size in memory.items():
            self._add(hour, consumer, Amounts(memory_gib_seconds=size / _GIB * max(0.0, elapsed)))
        for consumer, seconds, gpus in self._noted.take_held(began):
            self._add(hour, consumer, Amounts(held_seconds=seconds, gpu_seconds=gpus * seconds))

    def _add(self, hour: int, consumer: Consumer, amounts: Amounts) -> None:
        key = hour, _without_attempt(consumer)
        self._open[key] = self._open.get(key, Amounts()).plus(amounts)

    def _roles_among(self, processes: Mapping[int, ProcessTimes]) -> dict[int, Consumer]:
        """Return the consumers of the root and its children: each is asked once for what it runs."""
        mine = {
            pid: process
            for pid, process in processes.items()
            if self._root in (pid, process.parent) or pid == os.getpid()
        }
        found: dict[tuple[int, int], Consumer] = {}
        for pid, process in mine.items():
            key = pid, process.start
            found[key] = self._roles.get(key) or self._role(pid)
        self._roles = found
        return {pid: consumer for (pid, _), consumer in found.items()}

    def _role(self, pid: int) -> Consumer:
        if pid == os.getpid():
            return HOST
        if pid == self._root:
            return SUPERVISOR
        if self._root == os.getpid():
            return HOST  # a child of ours that nobody said more about
        return Consumer(kind="platform", name=role_of(pid) or "supervisor")

    def _lines(self) -> list[MeteredUse]:
        return [
            MeteredUse(hour=hour, consumer=consumer, amounts=amounts)
            for (hour, consumer), amounts in self._open.items()
        ]

    def _stored(self) -> _State | None:
        try:
            return _decoder.decode(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, OSError) as error:
            logger.error("the meter's file can't be read; it begins anew", extra={"reason": str(error)})
            return None

    async def _store(self) -> None:
        state = _State(
            source=self._source, boot=boot_id(), number=self._number, given=self._given, open=self._lines(),
            nodes=self._ledger.nodes, charged=list(self._ledger.charged.items()),
        )  # fmt: skip
        data = msgspec.json.encode(state)
        try:
            await asyncio.to_thread(self._replace, data)
        except OSError as error:  # a full disk: it is stored with a later look
            logger.warning("the meter's file can't be written", extra={"reason": str(error)})

    def _replace(self, data: bytes) -> None:
        with replacing(
            self._file, lasting=False
        ) as file:  # a power cut costs seconds, and a flush each time would cost everybody
            file.write(data)


def _without_attempt(consumer: Consumer) -> Consumer:
    return msgspec.structs.replace(consumer, number=0) if consumer.number else consumer
