"""Counters in a file that is mapped into memory: an addition is a store, and a process that is killed loses none.

A file is a row of chunks, each a row of blocks: u64 bytes of the block, u64 bytes of its label, the label (JSON, padded to
eight bytes), then one u64 a counter. A block's size is written last, so that readers never see half a block; 0 ends a chunk.
The next process of the same gateway goes on in the same file. Control, which counts what becomes of records, has a file too."""

import json
import logging
import mmap
import os
from collections.abc import Collection, Iterator
from pathlib import Path

CHUNK_BYTES = 64 << 10
CELL = 8
CELLS_SUFFIX = ".cells"
_HEAD = 2 * CELL
Label = tuple[str | int, ...]

logger = logging.getLogger(__name__)


class MappedCounters:
    """The counters of one process. `block` gives those of a label; they stay where they are for as long as the file does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._chunks: list[memoryview] = []
        self._blocks: dict[Label, memoryview] = {}
        self._used = CHUNK_BYTES
        self._descriptor = -1
        chunks = 0
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            chunks = os.fstat(self._descriptor).st_size // CHUNK_BYTES
        except OSError as error:
            _complain(error)
        for number in range(chunks):
            chunk = self._map(number)
            self._used = 0
            for label, cells, end in _walk(chunk):
                self._blocks[label] = cells
                self._used = end
            self._chunks.append(chunk)

    def block(self, label: Label, count: int) -> memoryview:
        """The counters of a label: unsigned numbers of eight bytes, 0 at first."""
        cells = self._blocks.get(label)
        if cells is None:
            cells = self._blocks[label] = self._add(label, count)
        return cells

    def blocks(self) -> list[tuple[Label, list[int]]]:
        """Every label with its counters as they are now."""
        return [(label, cells.tolist()) for label, cells in list(self._blocks.items())]

    def _add(self, label: Label, count: int) -> memoryview:
        text = json.dumps(label).encode()
        padded = -(-len(text) // CELL) * CELL
        size = _HEAD + padded + count * CELL
        if size > CHUNK_BYTES:
            raise ValueError(f"{count} counters do not fit into a chunk")
        if self._used + size > CHUNK_BYTES:
            self._chunks.append(self._grow())
            self._used = 0
        chunk, start = self._chunks[-1], self._used
        chunk[start + _HEAD : start + _HEAD + len(text)] = text
        chunk[start + CELL : start + _HEAD] = len(text).to_bytes(CELL, "little")
        chunk[start : start + CELL] = size.to_bytes(CELL, "little")
        self._used = start + size
        return chunk[start + _HEAD + padded : start + size].cast("Q")

    def _grow(self) -> memoryview:
        number = len(self._chunks)
        try:
            # Space is taken beforehand: storing into a mapped hole of a full disk would kill this process.
            os.posix_fallocate(self._descriptor, number * CHUNK_BYTES, CHUNK_BYTES)
            return self._map(number)
        except OSError as error:
            _complain(error)
            return memoryview(mmap.mmap(-1, CHUNK_BYTES))

    def _map(self, number: int) -> memoryview:
        return memoryview(mmap.mmap(self._descriptor, CHUNK_BYTES, offset=number * CHUNK_BYTES))


def _complain(error: OSError) -> None:
    logger.error("counters have no place on disk; nobody else can add them up", extra={"error": str(error)})


def read_cells(path: Path, *, kinds: Collection[str] | None = None) -> list[tuple[Label, list[int]]]:
    """Every label of another process's file with its counters; none when the file is gone. `kinds`: only labels that begin
    with one of these."""
    try:
        content = memoryview(path.read_bytes())
    except FileNotFoundError:
        return []
    found: list[tuple[Label, list[int]]] = []
    for start in range(0, len(content) - CHUNK_BYTES + 1, CHUNK_BYTES):
        for label, cells, _ in _walk(content[start : start + CHUNK_BYTES]):
            if kinds is None or label[0] in kinds:
                found.append((label, cells.tolist()))
    return found


def _walk(chunk: memoryview) -> Iterator[tuple[Label, memoryview, int]]:
    """The blocks of a chunk: the label, its counters, and where the block ends."""
    start = 0
    while start + _HEAD <= CHUNK_BYTES:
        size = int.from_bytes(chunk[start : start + CELL], "little")
        if size == 0 or start + size > CHUNK_BYTES:
            return
        length = int.from_bytes(chunk[start + CELL : start + _HEAD], "little")
        padded = -(-length // CELL) * CELL
        label = tuple(json.loads(bytes(chunk[start + _HEAD : start + _HEAD + length])))
        yield label, chunk[start + _HEAD + padded : start + size].cast("Q"), start + size
        start += size
