"""Facts of the other processes: of replicas, as long as the host answers in time, and of those that the supervisor started."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.virtual_time import run_in_virtual_time
from unshelf.contracts.protocols.host import Ack, Describe, Described, Replica, ToHost
from unshelf.gateway.telemetry.processes import processes_of, replicas_of, supervisor_pid
from unshelf.runtime.messages import MessageReader, frame_message

_requests: MessageReader[ToHost] = MessageReader(ToHost)
REPLICA = Replica(
    model="iris", version=1, pid=7, address="unix:w", state="serving", memory_bytes=5, started_at=0.0, last_used_at=0.0, requests=3
)  # fmt: skip
Ask = Callable[[bytes], list[Replica] | None]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Ask a host that answers with these bytes; nothing: it is silent."""

    async def asked(answer: bytes) -> list[Replica] | None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await _requests.read(reader)
            assert isinstance(request, Describe)
            assert not request.machine, "which would take the host a while"
            writer.write(answer)
            await reader.read()
            writer.close()

        server = await asyncio.start_unix_server(serve, tmp_path / "h")
        found = await replicas_of(str(tmp_path / "h"))
        server.close()
        await _a_few_turns()
        return found

    return lambda answer: run_in_virtual_time(asked(answer))


async def _a_few_turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0.01)


def test_the_host_tells_its_replicas(ask: Ask) -> None:
    assert ask(frame_message(Described(id=1, machine=None, replicas=[REPLICA]))) == [REPLICA]


@pytest.mark.parametrize("answer", [b"", b"\x03\0\0\0abc", frame_message(Ack(id=1))])
def test_a_host_that_is_silent_or_speaks_nonsense_has_told_nothing(ask: Ask, answer: bytes) -> None:
    assert ask(answer) is None


def test_a_host_that_is_not_there_has_told_nothing(tmp_path: Path) -> None:
    unasked: Awaitable[list[Replica] | None] = replicas_of(str(tmp_path / "none"))

    async def go() -> list[Replica] | None:
        return await unasked

    assert asyncio.run(go()) is None


def test_each_process_is_named_with_its_memory_and_time() -> None:
    metrics = {metric.name: metric for metric in processes_of(os.getpid())}
    memory = metrics["process_resident_memory_bytes"]
    assert memory.type == "gauge"
    assert [sample.labels for sample in memory.samples] == [{"process": "supervisor", "pid": str(os.getpid())}]
    assert memory.samples[0].value > 1 << 20
    assert metrics["process_cpu_seconds"].type == "counter"


def test_the_supervisor_is_the_process_that_started_this_one() -> None:
    assert supervisor_pid() == os.getppid()
