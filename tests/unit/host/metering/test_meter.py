"""The meter: hours, batches, and a file that the next one goes on from."""

import asyncio
from pathlib import Path

import pytest

from unshelf.contracts.metering.usage import Consumer
from unshelf.host.metering.consumers import HOST, Consumers, metered_as
from unshelf.host.metering.meter import UsageMeter

IRIS = Consumer(kind="worker", model="iris", version=1, tier="small")


def test_this_process_is_the_hosts_and_what_is_held_is_the_consumers(tmp_path: Path) -> None:
    noted = Consumers()
    with metered_as(IRIS):
        hold = noted.hold(gpus=1)

    async def story() -> None:
        meter = UsageMeter(tmp_path / "meter.json", noted=noted)
        hold.since -= 10
        batch = await meter.take(1, "", 0)
        found = {line.consumer: line.amounts for line in batch.lines}
        assert found[HOST].cpu_seconds > 0
        assert (found[IRIS].held_seconds, found[IRIS].gpu_seconds) == (
            pytest.approx(10, abs=2),
            pytest.approx(10, abs=2),
        )
        again = UsageMeter(tmp_path / "meter.json", noted=Consumers())
        assert await again.take(2, "", 0) == type(batch)(id=2, source=batch.source, number=1, lines=batch.lines)
        after = await again.take(3, batch.source, 1)
        spent = sum(line.amounts.cpu_seconds for line in after.lines)
        assert after.number == 2
        assert spent < found[HOST].cpu_seconds, "what was before is not counted again"

    asyncio.run(story())


def test_attempts_of_one_job_are_one_consumer(tmp_path: Path) -> None:
    noted = Consumers()
    for number in (1, 2):
        with metered_as(Consumer(kind="job", job="j1", number=number, tier="small")):
            noted.hold().since -= 5

    async def story() -> None:
        batch = await UsageMeter(tmp_path / "meter.json", noted=noted).take(1, "", 0)
        (job,) = [line for line in batch.lines if line.consumer.kind == "job"]
        assert job.amounts.held_seconds == pytest.approx(10, abs=2)

    asyncio.run(story())
