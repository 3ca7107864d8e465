"""The folder of routing parts, as control writes it: parts first, then the index that names them.

Files are replaced at once, but not flushed to the disk: what a power cut damages, readers recognise by its digest, and control
writes it again when it starts."""

import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from unshelf.contracts.routing import INDEX_FILE, PART_SUFFIX, ROUTING_FOLDER, RoutingIndex, part_digest
from unshelf.runtime.file_lock import locked

_LOCK_FILE = ".lock"
_GRACE_SECONDS = 60.0
"""How long a part stays after no index names it any more: a reader may still be at it."""
_encoder = msgspec.json.Encoder()


class RoutingFolder:
    """Writes parts and the index. Writers hold `lock`; readers need no lock."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder / ROUTING_FOLDER
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._unreferenced: dict[str, float] = {}

    def lock(self) -> AbstractContextManager[None]:
        """Keep other threads and other control processes from publishing; waits for them."""
        return locked(self._folder / _LOCK_FILE)

    def has_index(self) -> bool:
        """Whether anything was published yet."""
        return (self._folder / INDEX_FILE).exists()

    def index(self) -> RoutingIndex | None:
        """The index in force; None when there is none that can be read."""
        try:
            return msgspec.json.decode((self._folder / INDEX_FILE).read_bytes(), type=RoutingIndex)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def put(self, content: object, *, verify: bool = False) -> str:
        """Have a part with this content; its digest. `verify` reads one that is there and replaces it when it is damaged."""
        encoded = _encoder.encode(content)
        digest = part_digest(encoded)
        path = self._path(digest)
        if not path.exists() or (verify and path.read_bytes() != encoded):
            _replace(path, encoded)
        return digest

    def put_index(self, generation: int, parts: Mapping[str, str]) -> None:
        """Put these parts in force."""
        index = RoutingIndex(generation=generation, parts=dict(sorted(parts.items())))
        _replace(self._folder / INDEX_FILE, _encoder.encode(index))

    def sweep(self, *, grace_seconds: float = _GRACE_SECONDS) -> int:
        """Remove the parts that were seen here without being named by the index for the time of grace; gives how many."""
        index = self.index()
        if index is None:
            return 0
        used, moment, removed = set(index.parts.values()), time.monotonic(), 0
        digests = {path.name.removesuffix(PART_SUFFIX) for path in self._folder.glob(f"[!.]*{PART_SUFFIX}")}
        digests.discard(INDEX_FILE.removesuffix(PART_SUFFIX))
        self._unreferenced = {digest: self._unreferenced.get(digest, moment) for digest in digests - used}
        for digest, since in list(self._unreferenced.items()):
            if moment - since >= grace_seconds:
                self._path(digest).unlink(missing_ok=True)
                del self._unreferenced[digest]
                removed += 1
        return removed

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}{PART_SUFFIX}"


def _replace(path: Path, content: bytes) -> None:
    """Give the file this content at once; the holder of the lock is its only writer."""
    temporary = path.with_name(f".{path.name}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)
