"""Capacity: who uses the machine now, and who waits."""

import time

from tests.support.jobs import Workshop
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.host import Replica
from unshelf.manage.tiers.tier import TierQueue
from unshelf.monitor.capacity.service import CapacityService


class Tiers:
    """Tiers with one queue."""

    def queues(self) -> dict[str, TierQueue]:
        return {"small": TierQueue(free=0, waiting=1)}


def a_replica(model: str, memory: int, **fields: object) -> Replica:
    return Replica(
        model=model, version=1, pid=1, address="unix:w", state="serving", memory_bytes=memory, started_at=1.0,
        last_used_at=time.time() - 60, requests=3, tier="small",
    )  # fmt: skip


def test_jobs_that_wait_say_why_and_workers_why_they_are_there(workshop: Workshop) -> None:
    running = workshop.queued()
    workshop.turn()
    waiting = workshop.queued()
    service = CapacityService(
        workshop.database, Tiers(), lambda: [a_replica("small", 1), a_replica("large", 9)],  # type: ignore[arg-type]
        room=workshop.scheduler.room,
    )  # fmt: skip
    found = service.look()
    assert [each.id for each in found.running] == [running]
    assert [(each.id, each.created_by) for each in found.waiting] == [(waiting, "ana")]
    assert found.waiting[0].reason
    assert found.running[0].reason == ""
    assert found.warm is not None
    assert [each.model for each in found.warm] == ["large", "small"]
    assert found.warm[0].idle_seconds > 50
    assert "called" in found.warm[0].reason


def test_a_host_that_does_not_answer_hides_workers_alone(workshop: Workshop) -> None:
    def away() -> list[Replica]:
        raise Unavailable("The host does not answer.")

    waiting = workshop.queued()
    found = CapacityService(workshop.database, Tiers(), away, room=lambda _: None).look()  # type: ignore[arg-type]
    assert found.warm is None
    assert [each.id for each in found.waiting] == [waiting]


def test_what_waits_says_what_it_lacks_and_when_its_turn_is(workshop: Workshop) -> None:
    running = workshop.queued(tier="medium")
    workshop.turn()
    mine, theirs = workshop.queued(), workshop.queued(workshop.ben, project="other")
    service = CapacityService(workshop.database, Tiers(), list, room=workshop.scheduler.room)  # type: ignore[arg-type]
    found = service.look()
    assert [(each.id, each.turn) for each in found.running] == [(running, None)]
    assert [(each.id, each.turn) for each in found.waiting] == [(mine, 2), (theirs, 1)], "the other project has none"
    assert found.waiting[0].reason == "It waits for a place: small takes 1 core, and 0 are free."
