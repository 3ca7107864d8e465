"""Holds on single blobs: a blob that anything holds is not deleted, whether or not a bundle needs it."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import BigInteger, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from unshelf.contracts.errors import Conflict, InvalidInput, Unavailable
from unshelf.foundation import garbage
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.types import Base
from unshelf.runtime.blobs.port import Blobs

_DELETION_SECONDS = 60.0
_ASK_AGAIN_SECONDS = 0.05
_SHOWN = 100
_VALUES_A_QUERY = 500


class BlobHoldRow(Base):
    """One hold. A blob without any, and in no bundle, is swept a day after it was uploaded."""

    __tablename__ = "blob_holds"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120), primary_key=True, index=True)
    """Name of the thing that needs it, such as `dataset/orders@3`."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""


class BlobHolds:
    """Claims blobs for holders.

    A claim and a deletion exclude each other through the database, as those of bundles do: see `foundation.garbage`."""

    def __init__(self, database: Database, blobs: Blobs, uploads: BlobUploads) -> None:
        self._database = database
        self._blobs = blobs
        self._uploads = uploads

    @contextlib.contextmanager
    def claim(self, actor: Actor | None, sizes: Mapping[str, int]) -> Iterator[Session]:
        """Yield a transaction in which these blobs (digest → bytes) are here, so that `hold` may be called for them. `actor` None: they
        are the platform's own.

        Raises Conflict when some are not here, or not the actor's to refer to, InvalidInput when one has another size."""
        deadline = time.monotonic() + _DELETION_SECONDS
        while True:
            self.require(actor, sizes)
            with self._database.transaction() as session:
                states = garbage.states_of(session, "blob", sizes)
                if "deleting" not in states.values():
                    garbage.rescue(session, "blob", states)
                    if not states:  # those that were deleted must be looked for once more
                        yield session
                        return
            if time.monotonic() > deadline:
                raise Unavailable("The same files are being deleted at the moment.", hint="Try again in a minute.")
            time.sleep(_ASK_AGAIN_SECONDS)

    def require(self, actor: Actor | None, sizes: Mapping[str, int]) -> None:
        """Raise Conflict when some blobs are not here, or not the actor's to refer to; InvalidInput when one has another size."""
        present = self._blobs.sizes(sizes if actor is None else self._uploads.referable(actor, sizes))
        missing = [digest for digest in sizes if digest not in present]
        if missing:
            raise Conflict(
                f"{len(missing)} of the files are not here.",
                hint="Upload them with PUT /api/v1/blobs/SHA256 and try again: " + " ".join(missing[:_SHOWN]),
            )
        for digest, size in sizes.items():
            if present[digest] != size:
                raise InvalidInput(f"The file {digest} has {present[digest]} bytes, not {size}.")


def hold(session: Session, sizes: Mapping[str, int], holder: str) -> None:
    """Have a holder hold blobs (digest → bytes) that were claimed in this transaction."""
    session.add_all(BlobHoldRow(sha256=digest, holder=holder, size=size) for digest, size in sizes.items())


def let_go(session: Session, holder: str) -> None:
    """End all holds of a holder. The blobs that nothing needs any more go with the next sweep."""
    session.execute(delete(BlobHoldRow).where(BlobHoldRow.holder == holder))


def held_among(session: Session, digests: Iterable[str]) -> set[str]:
    """Return those of these blobs that something holds."""
    wanted = list(digests)
    found: set[str] = set()
    for start in range(0, len(wanted), _VALUES_A_QUERY):
        some = wanted[start : start + _VALUES_A_QUERY]
        found.update(session.scalars(select(BlobHoldRow.sha256).where(BlobHoldRow.sha256.in_(some))))
    return found
