"""Amounts of resources: what somebody uses, and the most that they may."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from unshelf.contracts.tiers import Tier, memory_text

_KIB = 1 << 10


@dataclass(frozen=True, kw_only=True)
class ResourceAmounts:
    """Amounts that are used, or that something needs."""

    cores: float = 0.0
    memory_bytes: int = 0
    gpus: int = 0
    disk_bytes: int = 0
    replicas: int = 0

    def plus(self, other: "ResourceAmounts") -> "ResourceAmounts":
        """The sum."""
        return ResourceAmounts(**{name: value + getattr(other, name) for name, value in asdict(self).items()})

    def at_least(self, other: "ResourceAmounts") -> "ResourceAmounts":
        """The larger one of each amount."""
        return ResourceAmounts(**{name: max(value, getattr(other, name)) for name, value in asdict(self).items()})


def of_replicas(tier: Tier | None, count: int) -> ResourceAmounts:
    """The resources of replicas of a tier; None: it is gone from the settings, and they count by their number alone."""
    if tier is None:
        return ResourceAmounts(replicas=count)
    return ResourceAmounts(
        cores=tier.cpu * count, memory_bytes=tier.memory_bytes * count, gpus=tier.gpu * count, replicas=count
    )


@dataclass(frozen=True, kw_only=True)
class QuotaLimits:
    """The most of each that may be used; None: as much as there is."""

    cores: float | None = None
    memory_bytes: int | None = None
    gpus: int | None = None
    disk_bytes: int | None = None
    replicas: int | None = None

    @classmethod
    def of(cls, row: object) -> Self:
        """The limits among the attributes of something."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})

    @property
    def given(self) -> dict[str, float]:
        """The limits that there are, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def of_what_runs(self) -> bool:
        """Whether anything but the disk is limited."""
        return bool(self.given.keys() - {"disk_bytes"})

    def raised_to(self, other: "QuotaLimits") -> "QuotaLimits":
        """Raise the limits to other ones where those are higher; what is not limited stays so."""
        raised: dict[str, Any] = {name: max(value, other.given.get(name, value)) for name, value in self.given.items()}
        return QuotaLimits(**raised)

    def exceeded(self, before: ResourceAmounts, after: ResourceAmounts) -> list[str]:
        """The names of the limits that a change goes beyond; one that leaves less in use than before goes beyond none."""
        return [
            name
            for name, most in self.given.items()
            if getattr(after, name) > most and getattr(after, name) > getattr(before, name)
        ]


def amount_text(name: str, value: float) -> str:
    """An amount for people: `2 cores`, `4 GiB of memory`."""
    if name == "memory_bytes":
        return f"{_size(int(value))} of memory"
    if name == "disk_bytes":
        return f"{_size(int(value))} of disk"
    noun = {"cores": "core", "gpus": "GPU", "replicas": "replica"}[name]
    return f"{value:.4g} {noun}{'' if value == 1 else 's'}"


def limits_text(limits: QuotaLimits) -> str:
    """All limits for people."""
    return ", ".join(amount_text(name, value) for name, value in limits.given.items())


def _size(size: int) -> str:
    if size >= 1 << 20:
        return memory_text(size)
    return f"{size / _KIB:.4g} KiB" if size >= _KIB else f"{size} B"
