"""The door to environments: who holds which, which nobody needs any more, what is in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.contracts.permissions import Permission
from unshelf.develop.environments.pylock import LockedPackage, packages_of
from unshelf.develop.environments.tables import EnvironmentHoldRow, EnvironmentRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.paging import Page, SortKey, read_page

"""The suffix that follows a model's name in a holder."""
_HASHES_A_QUERY = 500


@dataclass(frozen=True, kw_only=True)
class EnvironmentSummary:
    """An environment in a list."""

    hash: str
    python: str
    packages: int
    """How many packages are in it."""
    created_at: datetime
    versions: list[str]
    """The references of the versions that use it."""


class EnvironmentService:
    """Knows the environments that versions run in. Their folders are the host's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remember(self, session: Session, hash: str, *, lock: str, python: str) -> None:
        """Have the environment known, in the caller's transaction. Unless somebody comes to hold it, it is unused."""
        if session.get(EnvironmentRow, hash) is None:
            count = len(packages_of(lock))
            session.add(EnvironmentRow(hash=hash, lock=lock, python=python, packages=count, created_at=now()))
            session.flush()

    def hold(self, session: Session, hash: str, holder: str) -> None:
        """Have a known environment held by `holder`, a version's reference, in the caller's transaction."""
        session.add(EnvironmentHoldRow(environment=hash, holder=holder))

    def let_go(self, session: Session, holders: Iterable[str]) -> None:
        """End all holds of these holders."""
        session.execute(delete(EnvironmentHoldRow).where(EnvironmentHoldRow.holder.in_(list(holders))))

    def unused(self, session: Session) -> list[str]:
        """The hashes of environments that nobody holds."""
        held = select(EnvironmentHoldRow.environment)
        return list(session.scalars(select(EnvironmentRow.hash).where(EnvironmentRow.hash.not_in(held))))

    def known(self, session: Session, hashes: Iterable[str]) -> set[str]:
        """Select the hashes that are environments, held or not."""
        return set(session.scalars(select(EnvironmentRow.hash).where(EnvironmentRow.hash.in_(list(hashes)))))

    def drop(self, session: Session, hashes: Iterable[str]) -> None:
        """Forget environments that nobody holds and whose folders are gone."""
        session.execute(delete(EnvironmentRow).where(EnvironmentRow.hash.in_(list(hashes))))

    def packages(self, session: Session, hash: str) -> list[LockedPackage]:
        """Return the packages of an environment that has a holder."""
        return packages_of(session.scalars(select(EnvironmentRow.lock).where(EnvironmentRow.hash == hash)).one())

    def list_for(self, actor: Actor, *, limit: int, cursor: str | None = None) -> Page[EnvironmentSummary]:
        """List the environments with the versions that use them, newest first; of models that the actor may not see, nothing."""
        query = select(EnvironmentRow)
        if not actor.may(Permission.ENVIRONMENTS_READ):
            query = query.where(EnvironmentRow.hash.in_(_used_by_visible(actor)))
        keys = [SortKey(EnvironmentRow.created_at, descending=True), SortKey(EnvironmentRow.hash)]
        with self._database.read() as session:
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
            holders = _holders(session, [row.hash for row in page.items], actor)
        summaries = [
            EnvironmentSummary(
                hash=row.hash, python=row.python, packages=row.packages, created_at=row.created_at,
                versions=holders.get(row.hash, []),
            )
            for row in page.items
        ]  # fmt: skip
        return Page(summaries, page.next_cursor)

    def lock_for(self, actor: Actor, hash: str) -> str:
        """The lock's text. NotFound also when only models that the actor may not see use the environment."""
        query = select(EnvironmentRow.lock).where(EnvironmentRow.hash == hash)
        if not actor.may(Permission.ENVIRONMENTS_READ):
            query = query.where(EnvironmentRow.hash.in_(_used_by_visible(actor)))
        with self._database.read() as session:
            lock = session.scalar(query)
        if lock is None:
            raise NotFound(f"There is no environment {hash[:80]!a}.", hint="GET /api/v1/environments lists them.")
        return lock


def _used_by_visible(actor: Actor) -> Select[str]:
    return select(EnvironmentHoldRow.environment).where(_is_visible(actor))


def _is_visible(actor: Actor) -> ColumnElement[bool]:
    return visible(EnvironmentHoldRow.holder, actor, Permission.ENVIRONMENTS_READ, of_versions=True)


def _holders(session: Session, hashes: list[str], actor: Actor) -> dict[str, list[str]]:
    """The versions that hold each environment, as far as the actor may see their models."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(hashes), _HASHES_A_QUERY):
        some = hashes[start : start + _HASHES_A_QUERY]
        query = select(EnvironmentHoldRow).where(
            EnvironmentHoldRow.environment.in_(some),
            _is_visible(actor),
        )
        for hold in session.scalars(query.order_by(EnvironmentHoldRow.holder)):
            found.setdefault(hold.environment, []).append(hold.holder)
    return found
