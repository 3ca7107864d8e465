"""The GPUs of this machine: whole ones, each lent to one worker at a time."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from unshelf.host.errors import HostFailure
from unshelf.runtime.file_watch import wait_for

logger = logging.getLogger(__name__)

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Which GPUs a process sees: indexes or UUIDs, separated by commas; empty: none."""
_DEVICES = Path("/dev")
_RETRY_SECONDS = 5.0


def find_gpus(setting: int | None, environment: Mapping[str, str] = os.environ, devices: Path = _DEVICES) -> list[str]:
    """The names of the GPUs that workers may be given: those that the operator lets this server see, else one a
    `/dev/nvidia<number>`; the first ones where the setting says how many."""
    visible = environment.get(VISIBLE)
    if visible is not None:
        found = [name for name in map(str.strip, visible.split(",")) if name and name != "-1"]
    elif setting is not None:
        return [str(number) for number in range(setting)]
    else:
        found = sorted((path.name.removeprefix("nvidia") for path in devices.glob("nvidia[0-9]*")), key=_number)
    return found if setting is None else found[:setting]


def gpu_devices(devices: Path = _DEVICES) -> list[str]:
    """The device files that programs with GPUs open, relative to `devices`. Which GPU of theirs is theirs, a variable says."""
    found = [*devices.glob("nvidia*"), *devices.glob("nvidia-caps/*"), devices / "kfd", *devices.glob("dri/render*")]
    return sorted(str(path.relative_to(devices)) for path in found if path.is_char_device())


class Gpus:
    """Lends GPUs. Who comes first is served first, so that a worker that needs several is not passed by."""

    def __init__(self, names: Iterable[str], *, seconds: float = 60.0) -> None:
        """`seconds`: how long one waits for those that others have."""
        self._free = list(names)
        self.count = len(self._free)
        self.make_room: Callable[[int], None] = lambda _: None
        """Has idle workers go until the given number of GPUs is free or about to be; called again and again while somebody waits."""
        self._seconds = seconds
        self._line = asyncio.Lock()
        self._returned = asyncio.Event()

    @property
    def free(self) -> int:
        """How many nobody has."""
        return len(self._free)

    async def take(self, count: int) -> tuple[str, ...]:
        """Take `count` GPUs, once they are free. Raises HostFailure (unavailable) when they are not in time."""
        if not count:
            return ()
        try:
            async with asyncio.timeout(self._seconds), self._line:
                while self.free < count:
                    self.make_room(count - self.free)
                    self._returned.clear()
                    await wait_for(self._returned, 0.25)  # others become idle without telling
                taken, self._free = self._free[:count], self._free[count:]
                return tuple(taken)
        except TimeoutError:
            raise HostFailure(
                "unavailable",
                f"all GPUs of this machine are in use: {count} wanted, {self.free} of {self.count} free",
                hint="Pause a version that has one, or have fewer replicas always run (`[scaling] min`).",
                retry_after=_RETRY_SECONDS,
                step="start",
            ) from None

    def keep(self, names: Iterable[str]) -> tuple[str, ...]:
        """Take those that a program of the host before this one has; returns those of them that there are."""
        kept = tuple(name for name in names if name in self._free)
        self._free = [name for name in self._free if name not in kept]
        return kept

    def give_back(self, names: Iterable[str]) -> None:
        """Free GPUs again."""
        self._free.extend(names)
        self._returned.set()


def _number(text: str) -> tuple[int, str]:
    return (int(text), text) if text.isdigit() else (1 << 30, text)
