"""Room for uploads: what the disk has left, shared out by sender, so that nobody fills it with files that nothing needs."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from sqlalchemy import func, select

from unshelf.contracts.errors import TooManyRequests, Unavailable
from unshelf.contracts.permissions import Permission
from unshelf.deploy.bundles.tables import BundleFileRow, CountedUploadRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.blob_holds import BlobHoldRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.runtime.blobs.port import DiskSpace

KEPT = timedelta(hours=25)
"""How long an upload counts as such: a little longer than a file is kept that nothing needs."""
LEAST_FREE_BYTES = 1 << 30
"""Space that uploads leave to the platform, which has predictions to record; on a small disk a tenth of it."""
_STEP_BYTES = 64 << 20
"""How much of a body without an announced size is taken before there must be room for more."""
_KNOWN_SECONDS = 10.0
"""How long it is believed what somebody has waiting."""
_SENDERS = 1000


class UploadRoom:
    """Takes files as long as the disk has room. A sender's files that nothing needs yet may take as much as they leave free.

    So one sender gets half of an empty disk, two a third each; the only file of a sender, and an administrator of the platform, need
    room alone. Without a disk of ours, as with a bucket, nothing is bounded here."""

    def __init__(self, database: Database, space: Callable[[], DiskSpace] | None) -> None:
        self._database = database
        self._space = space
        self._lock = threading.Lock()
        self._coming: Counter[str] = Counter()
        """Label → bytes that are being received."""
        self._unwritten: Counter[str] = Counter()
        """Label → those of them that take no room on the disk yet."""
        self._digests: Counter[str] = Counter()
        """The files that are being received."""
        self._waiting: dict[str, tuple[float, int]] = {}
        """Label → when it was counted, and the bytes that wait."""

    @contextlib.contextmanager
    def held(
        self, actor: Actor, sha256: str, chunks: Iterable[bytes], *, announced: int | None
    ) -> Iterator[Iterator[bytes]]:
        """Give a file's chunks as they come, with room held for them.

        Raises Unavailable where the disk has no room, TooManyRequests beyond the sender's share; so do the chunks of a file whose size
        was not announced."""
        held = [announced or 0]
        self._hold(actor, held[0])
        with self._lock:
            self._digests[sha256] += 1
        try:
            yield self._as_they_come(actor, chunks, held)
        finally:
            with self._lock:
                self._digests -= Counter([sha256])
                self._coming[actor.label] -= sum(held)
                if not self._coming[actor.label]:
                    del self._coming[actor.label], self._unwritten[actor.label]
                self._waiting.pop(actor.label, None)

    def _as_they_come(self, actor: Actor, chunks: Iterable[bytes], held: list[int]) -> Iterator[bytes]:
        came = 0
        for chunk in chunks:
            came += len(chunk)
            while came > sum(held):
                self._hold(actor, _STEP_BYTES)
                held.append(_STEP_BYTES)
            yield chunk
            with self._lock:
                self._unwritten[actor.label] -= len(chunk)

    def _hold(self, actor: Actor, size: int) -> None:
        if self._space is not None:
            space = self._space()
            waiting = self._waiting_of(actor.label)
            with self._lock:
                left = space.free - min(LEAST_FREE_BYTES, space.total // 10) - self._unwritten.total()
                mine = waiting + self._coming[actor.label]
            if size > left:
                raise Unavailable(
                    "The disk has no room for this file.",
                    hint="Ask who runs the platform for more disk.",
                    retry_after=60,
                )
            if mine and mine + size > left and not actor.may(Permission.PLATFORM_MANAGE):
                raise TooManyRequests(
                    f"Files of yours that nothing needs yet take {mine >> 20} MiB: as much as they leave free for others.",
                    hint="Deploy what you have sent, or wait: files that nothing needs are deleted after a day.",
                    retry_after=600,
                )
        with self._lock:
            self._coming[actor.label] += size
            self._unwritten[actor.label] += size

    def _waiting_of(self, label: str) -> int:
        """The bytes of a sender's files that are part of nothing yet."""
        with self._lock:
            counted_at, size = self._waiting.get(label, (0.0, 0))
            coming = sorted(self._digests)
        if counted_at and time.monotonic() - counted_at < _KNOWN_SECONDS:
            return size
        mine = (
            select(CountedUploadRow.sha256, CountedUploadRow.size)
            .where(
                CountedUploadRow.uploaded_by == label,
                CountedUploadRow.uploaded_at >= now() - KEPT,
                CountedUploadRow.sha256.not_in(coming),
                ~select(BundleFileRow.sha256).where(BundleFileRow.sha256 == CountedUploadRow.sha256).exists(),
                ~select(BlobHoldRow.sha256).where(BlobHoldRow.sha256 == CountedUploadRow.sha256).exists(),
            )
            .distinct()
            .subquery()
        )
        with self._database.read() as session:
            size = int(session.scalar(select(func.sum(mine.c.size))) or 0)
        with self._lock:
            if len(self._waiting) >= _SENDERS:
                self._waiting.clear()
            self._waiting[label] = (time.monotonic(), size)
        return size
