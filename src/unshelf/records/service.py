"""Reading of predictions: the last ones of a model, and each that arrives."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache

from unshelf.records.archive.files import Archive
from unshelf.records.archive.read import RecordLocation
from unshelf.records.selection import Selection, parse_since
from unshelf.records.tail import TailReader, records_at
from unshelf.records.views import shown_line

_POLL_SECONDS = 0.2
_BATCH_BYTES = 1 << 20


class PredictionService:
    """Reads what gateways have recorded. No thread is held while there is nothing to read."""

    def __init__(
        self, archive: Archive, resolve: Callable[[str], tuple[str, int | None]], name_of: Callable[[str], str]
    ) -> None:
        """`resolve` finds model and version (None: all of them) of a reference, and raises NotFound; `name_of` the name of a key."""
        self._archive = archive
        self._resolve = resolve
        self._name_of = name_of

    def select(self, reference: str, status: str, *, id: str = "", since: str = "") -> Selection:
        """Return the selection of a reference; a name alone means all versions. NotFound for a model there never was.

        A removed model's predictions stay readable. Raises InvalidInput for a status or a time that can't be."""
        model, version = self._resolve(reference)
        moment = parse_since(since)
        since_ns = 0 if moment is None else int(moment.timestamp() * 1e9)
        return Selection(model=model, version=version, status=status, id=id, since_ns=since_ns)

    async def lines(self, selection: Selection, *, tail: int, follow: bool) -> AsyncIterator[bytes]:
        """Yield the last `tail` predictions as lines of JSON, oldest first; with `follow`, then each that arrives, without end."""
        reader = TailReader(self._archive, selection)
        caller = lru_cache(maxsize=1000)(self._name_of)
        locations = await asyncio.to_thread(reader.newest, tail)
        while True:
            batches = _batches(locations, caller)
            while batch := await asyncio.to_thread(next, batches, None):
                yield batch
            if not follow:
                return
            await asyncio.sleep(_POLL_SECONDS)
            locations = await asyncio.to_thread(reader.arrived)


def _batches(locations: list[RecordLocation], caller: Callable[[str], str]) -> Iterator[bytes]:
    """Yield the records' lines, about a megabyte at a time."""
    batch = bytearray()
    for record in records_at(locations):
        batch += shown_line(record, caller(record.key))
        if len(batch) >= _BATCH_BYTES:
            yield bytes(batch)
            batch.clear()
    if batch:
        yield bytes(batch)
