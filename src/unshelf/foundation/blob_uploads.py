"""Uploads: who sent which blob, so that a digest alone, which may be guessed or overheard, gives nobody its content."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.types import Base, UtcDateTime

FindReadable = Callable[[Session, Actor, Sequence[str]], set[str]]
"""Finds those of some blobs that are part of what an actor may use the content of."""

GOOD_FOR = timedelta(hours=24)
"""How long an upload lets its sender refer to the blob."""
_VALUES_A_QUERY = 500


class BlobUploadRow(Base):
    """The last upload of a blob by an actor."""

    __tablename__ = "blob_uploads"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    actor: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The id of the user or the key."""
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class BlobUploads:
    """Says which blobs an actor may refer to: those it has sent lately, and those of what it may read."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._finders: list[FindReadable] = []

    def register(self, find: FindReadable) -> None:
        """Have what some capability keeps referred to by those who may read it."""
        self._finders.append(find)

    def note(self, actor: Actor, digest: str) -> None:
        """Note that an actor has sent the content of a blob."""
        with self._database.transaction() as session:
            session.merge(BlobUploadRow(sha256=digest, actor=actor.id, at=now()))

    def referable(self, actor: Actor, digests: Iterable[str]) -> set[str]:
        """Return those of the digests that an actor may refer to, whether or not their blobs are stored."""
        wanted = sorted(set(digests))
        found: set[str] = set()
        with self._database.read() as session:
            for start in range(0, len(wanted), _VALUES_A_QUERY):
                some = wanted[start : start + _VALUES_A_QUERY]
                found.update(
                    session.scalars(
                        select(BlobUploadRow.sha256).where(
                            BlobUploadRow.sha256.in_(some), BlobUploadRow.actor == actor.id, BlobUploadRow.at > now() - GOOD_FOR
                        )
                    )
                )  # fmt: skip
                for find in self._finders:
                    left = [digest for digest in some if digest not in found]
                    if left:
                        found |= find(session, actor, left)
        return found

    def prune(self) -> None:
        """Forget uploads that are good for nothing any more."""
        with self._database.transaction() as session:
            session.execute(delete(BlobUploadRow).where(BlobUploadRow.at <= now() - GOOD_FOR))
