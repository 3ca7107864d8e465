"""Tiers: named amounts of hardware, set by the operator and asked for by a version's maker."""

import msgspec

_GIB = 1 << 30
_MIB = 1 << 20


class Tier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Resources that one worker of this tier may take."""

    cpu: float
    """Cores' worth of time."""
    memory_bytes: int
    """Beyond what it shares with the warm process that it was forked from."""
    threads: int
    """Threads that BLAS and OpenMP start for one computation."""
    gpu: int = 0
    """Whole GPUs; a worker of a tier without sees none."""

    def __post_init__(self) -> None:
        if not 0 < self.cpu <= 4096:
            raise ValueError(f"a tier's cpu is a number of cores above 0, got {self.cpu}")
        if self.memory_bytes < 16 * _MIB:
            raise ValueError(f"a tier's memory_bytes is at least {16 * _MIB} (16 MiB), got {self.memory_bytes}")
        if not 1 <= self.threads <= 4096:
            raise ValueError(f"a tier's threads is at least 1, got {self.threads}")
        if not 0 <= self.gpu <= 64:
            raise ValueError(f"a tier's gpu is a number of whole GPUs, 0 to 64, got {self.gpu}")


TIERS: dict[str, Tier] = {
    "small": Tier(cpu=1.0, memory_bytes=1 * _GIB, threads=1),
    "medium": Tier(cpu=2.0, memory_bytes=4 * _GIB, threads=2),
    "large": Tier(cpu=4.0, memory_bytes=16 * _GIB, threads=4),
}
"""The tiers that every server has; settings change them and add others."""


def memory_text(size: int) -> str:
    """An amount of memory for people: `1 GiB`, `512 MiB`."""
    unit, name = (_GIB, "GiB") if size >= _GIB else (_MIB, "MiB")
    return f"{size / unit:.4g} {name}"
