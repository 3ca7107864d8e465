"""Messages about what was used of a machine, between control and the host; they go the way of those in contracts.protocols.host."""

from typing import Literal

import msgspec

ConsumerKind = Literal[
    "worker", "warm", "job", "check", "build", "bench", "network", "platform"
]  # fmt: skip
"""worker: a version's. warm: a process that workers of an environment are forked from. network: what connects sandboxes to the outside.
platform: our own processes."""


class Consumer(msgspec.Struct, frozen=True, kw_only=True):
    """The one that use is counted to, as far as the host knows."""

    kind: ConsumerKind
    name: str = ""
    """platform: which process of ours, such as `gateway`; warm: the environment's hash."""
    project: str = ""
    model: str = ""
    version: int = 0
    job: str = ""
    number: int = 0
    """The attempt of the job."""
    tier: str = ""
    actor: str = ""
    """The label of who asked for it: of checks, builds and benches."""


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """Use of the machine. Amounts of one consumer add up."""

    cpu_seconds: float = 0.0
    """CPU time that the kernel accounted."""
    memory_gib_seconds: float = 0.0
    """Resident memory over time; what a forked worker shares with its warm process is the warm process's."""
    held_seconds: float = 0.0
    """Time for which resources of a tier were held, used or not."""
    gpu_seconds: float = 0.0
    """Time for which a GPU was held, times GPUs."""

    def plus(self, other: "Amounts") -> "Amounts":
        """Add other amounts."""
        return Amounts(
            cpu_seconds=self.cpu_seconds + other.cpu_seconds,
            memory_gib_seconds=self.memory_gib_seconds + other.memory_gib_seconds,
            held_seconds=self.held_seconds + other.held_seconds,
            gpu_seconds=self.gpu_seconds + other.gpu_seconds,
        )


class MeteredUse(msgspec.Struct, frozen=True, kw_only=True):
    """Use by one consumer within one hour."""

    hour: int
    """Unix time of the hour's beginning, divided by 3600."""
    consumer: Consumer
    amounts: Amounts


class TakeUsage(msgspec.Struct, frozen=True, kw_only=True, tag="take_usage"):
    """Control: what was used since the batch that I took in last? Answered by TakenUsage.

    A batch is given again, unchanged, until it is named here as taken in."""

    id: int
    source: str = ""
    """The meter that the batch was of; empty: I took none in."""
    taken: int = 0
    """The number of that batch."""


class TakenUsage(msgspec.Struct, frozen=True, kw_only=True, tag="taken_usage"):
    """A batch of use. Control adds it up and remembers source and number in one transaction, and adds none up to that."""

    id: int
    source: str
    """The meter: a new one where a host began without memory of an earlier one."""
    number: int
    lines: list[MeteredUse]
