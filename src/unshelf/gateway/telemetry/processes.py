"""Facts of the other processes: the host's replicas, and memory, time and files of each process of the platform."""

import asyncio
import os
from functools import partial
from pathlib import Path

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector

from unshelf.contracts.protocols.host import Describe, Described, FromHost, Replica
from unshelf.runtime.messages import MessageReader, frame_message

_PATIENCE_SECONDS = 2.0
_MODULES = {
    "unshelf.gateway": "gateway", "unshelf.host": "host", "unshelf.server.control": "control",
}  # fmt: skip
_messages: MessageReader[FromHost] = MessageReader(FromHost)


async def replicas_of(host_socket: str) -> list[Replica] | None:
    """The worker processes as the host knows them; None while it does not answer."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await _ask(host_socket)
    except (OSError, EOFError, TimeoutError, msgspec.MsgspecError):
        return None


def processes_of(supervisor: int) -> list[Metric]:
    """Facts of the supervisor and its children; workers, which the host starts, are in `replicas_of`."""
    families: dict[str, Metric] = {}
    for pid, name in [(supervisor, "supervisor"), *_children(supervisor)]:
        for metric in ProcessCollector(pid=partial(int, pid), registry=None).collect():
            family = families.get(metric.name)
            if family is None:
                kind = CounterMetricFamily if metric.type == "counter" else GaugeMetricFamily
                family = families[metric.name] = kind(metric.name, metric.documentation, labels=("process", "pid"))
            for sample in metric.samples:
                family.add_sample(sample.name, {"process": name, "pid": str(pid)}, sample.value)
    return list(families.values())


async def _ask(host_socket: str) -> list[Replica] | None:
    reader, writer = await asyncio.open_unix_connection(host_socket)
    try:
        writer.write(frame_message(Describe(id=1, machine=False)))
        answer = await _messages.read(reader)
        return answer.replicas if isinstance(answer, Described) else None
    finally:
        writer.close()


def _children(supervisor: int) -> list[tuple[int, str]]:
    """The processes that the supervisor started, with what each of them is."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes().split(b"\0") if parent == supervisor else []
        except OSError:  # it ended meanwhile
            continue
        names = [_MODULES[word.decode(errors="replace")] for word in words if word.decode(errors="replace") in _MODULES]
        if names:
            found.append((int(entry.name), names[0]))
    return sorted(found)


def supervisor_pid() -> int:
    """The process that started this one."""
    return os.getppid()
