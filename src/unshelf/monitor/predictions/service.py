"""The door to predictions: the last ones of a model, and those that come."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from unshelf.deploy.registry.service import RegistryService
from unshelf.monitor.predictions.position import Position
from unshelf.monitor.predictions.segments import Reader, records_of
from unshelf.monitor.predictions.selection import Selection
from unshelf.monitor.predictions.showing import shown_line

_POLL_SECONDS = 0.2
_BATCH_BYTES = 1 << 20


class PredictionService:
    """Reads what gateways have recorded. No thread is held while there is nothing to read."""

    def __init__(self, folder: Path, registry: RegistryService) -> None:
        self._folder = folder
        self._registry = registry

    def select(self, reference: str, status: str) -> Selection:
        """The selection of a reference; a name alone means all versions. NotFound for a model there never was.

        A removed model's predictions stay readable. Raises InvalidInput for a status that can't be."""
        model, version = self._registry.address(reference)
        return Selection(model=model, version=version, status=status)

    async def lines(self, selection: Selection, *, tail: int, follow: bool) -> AsyncIterator[bytes]:
        """The last `tail` predictions as lines of JSON, oldest first; then, to follow, each that comes, until the reader leaves."""
        reader = Reader(self._folder, selection)
        positions = await asyncio.to_thread(reader.newest, tail)
        while True:
            batches = _batches(positions)
            while batch := await asyncio.to_thread(next, batches, None):
                yield batch
            if not follow:
                return
            await asyncio.sleep(_POLL_SECONDS)
            positions = await asyncio.to_thread(reader.arrived)


def _batches(positions: list[Position]) -> Iterator[bytes]:
    """The records' lines, about a megabyte at a time."""
    batch = bytearray()
    for record in records_of(positions):
        batch += shown_line(record)
        if len(batch) >= _BATCH_BYTES:
            yield bytes(batch)
            batch.clear()
    if batch:
        yield bytes(batch)
