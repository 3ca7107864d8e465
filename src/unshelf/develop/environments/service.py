"""The door to environments: who holds which, which nobody needs any more, what is in them."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.references import parse_reference
from unshelf.develop.environments.locks import Package, packages_of
from unshelf.develop.environments.schemas import Environment, Environments
from unshelf.develop.environments.tables import EnvironmentHoldRow, EnvironmentRow
from unshelf.foundation.clock import now
from unshelf.foundation.database import Database
from unshelf.foundation.errors import NotFound
from unshelf.manage.access import Principal


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

    def drop(self, session: Session, hashes: Iterable[str]) -> None:
        """Forget environments that nobody holds and whose folders are gone."""
        session.execute(delete(EnvironmentRow).where(EnvironmentRow.hash.in_(list(hashes))))

    def packages(self, session: Session, hash: str) -> list[Package]:
        """What is in an environment that somebody holds."""
        return packages_of(session.scalars(select(EnvironmentRow.lock).where(EnvironmentRow.hash == hash)).one())

    def list_for(self, principal: Principal) -> Environments:
        """The environments with the versions that use them, newest first; of other people's models the caller sees nothing."""
        with self._database.read() as session:
            holders = _holders(session)
            rows = session.scalars(
                select(EnvironmentRow).order_by(EnvironmentRow.created_at.desc(), EnvironmentRow.hash)
            )
            listed = [
                Environment(
                    hash=row.hash, python=row.python, packages=row.packages, created_at=row.created_at,
                    versions=_visible(holders.get(row.hash, []), principal),
                )
                for row in rows
            ]  # fmt: skip
        return Environments(environments=[one for one in listed if one.versions or principal.models is None])

    def lock_for(self, principal: Principal, hash: str) -> str:
        """The lock's text. NotFound also when only other people's models use the environment."""
        with self._database.read() as session:
            row = session.get(EnvironmentRow, hash)
            holders = _holders(session).get(hash, [])
        if row is None or (principal.models is not None and not _visible(holders, principal)):
            raise NotFound(f"there is no environment {hash[:80]!a}", hint="GET /api/v1/environments lists them")
        return row.lock


def _holders(session: Session) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for hold in session.scalars(select(EnvironmentHoldRow).order_by(EnvironmentHoldRow.holder)):
        found.setdefault(hold.environment, []).append(hold.holder)
    return found


def _visible(holders: list[str], principal: Principal) -> list[str]:
    return [holder for holder in holders if principal.may("deploy", parse_reference(holder).name)]
