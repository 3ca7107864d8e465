"""The door to environments: who holds which, which nobody needs any more, what is in them."""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import is_digest
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.develop.environments.environment import Deprecation, RequiredEnvironment
from unshelf.develop.environments.origins import FindVersion, no_models
from unshelf.develop.environments.pylock import LockedPackage, packages_of
from unshelf.develop.environments.references import (
    GroupsOf,
    NamedVersion,
    find_environment,
    is_visible_version,
    must_use,
    used_by_visible,
)
from unshelf.develop.environments.tables import (
    EnvironmentBuildRow,
    EnvironmentHoldRow,
    EnvironmentRow,
    NamedEnvironmentRow,
)
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.paging import Page, SortKey, read_page

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


class FoundEnvironment(NamedTuple):
    """An environment by a reference to it."""

    row: EnvironmentRow
    named: NamedVersion | None
    """The version of a named environment; None: it was asked for by its hash, or by a model."""
    reference: str
    """The reference, for good."""

    @property
    def warning(self) -> str:
        """Write a sentence for the user, where it is deprecated."""
        if self.named is None:
            return ""
        deprecation = Deprecation.read(self.named.version.deprecation or self.named.named.deprecation)
        return "" if deprecation is None else deprecation.sentence(self.reference)


class EnvironmentService:
    """Knows the environments that versions run in. Their folders are the host's."""

    def __init__(self, database: Database, *, groups_of: GroupsOf = lambda _session, _user: ()) -> None:
        self._database = database
        self.groups_of = groups_of
        self._find_version: FindVersion = no_models
        self._builders: list[Callable[[Session], bool]] = []

    def add_builder(self, is_building: Callable[[Session], bool]) -> None:
        """Have `is_building` ask another capability that has environments built, too."""
        self._builders.append(is_building)

    def know_models(self, find_version: FindVersion) -> None:
        """Have references to versions of models followed, too."""
        self._find_version = find_version

    def find(
        self,
        session: Session,
        actor: Actor,
        reference: str,
        *,
        project: str | None = None,
        of_model: bool | None = None,
    ) -> FoundEnvironment:
        """Return what a reference leads to that the actor may see: `NAME`, `NAME:VERSION`, a hash, or a version of a model.

        `of_model`: whether it is a model's; None: an environment's name wins. `project`: where it is to be used. Raises NotFound,
        InvalidInput, Forbidden for one that is restricted to others."""
        if of_model is not True:
            try:
                row, named = find_environment(session, actor, self.groups_of, reference)
            except NotFound:
                if of_model is False or is_digest(reference):
                    raise
                with contextlib.suppress(NotFound):
                    return self._of_version(session, actor, reference)
                raise
            if named is not None:
                must_use(session, actor, self.groups_of, named.named, project)
            return FoundEnvironment(row, named, row.hash if named is None else named.reference)
        return self._of_version(session, actor, reference)

    def _of_version(self, session: Session, actor: Actor, reference: str) -> FoundEnvironment:
        version = self._find_version(session, actor, reference)
        return FoundEnvironment(session.get_one(EnvironmentRow, version.hash), None, version.reference)

    def require(
        self, session: Session, actor: Actor, reference: str | None, project: str | None
    ) -> RequiredEnvironment:
        """Return the environment that the actor may use in a project: by `NAME`, `NAME:VERSION` or hash; None: the default one.

        Call `hold` in the same transaction, so that it stays for as long as it is needed; the host builds it again should its folder
        be gone. Raises NotFound, InvalidInput, Forbidden for one that is restricted to others."""
        if reference is None:
            reference = self._default(session)
        found = self.find(session, actor, reference, project=project, of_model=False)
        return RequiredEnvironment(
            hash=found.row.hash, lock=found.row.lock, python=found.row.python, warning=found.warning,
            reference="" if found.named is None else found.reference,
        )  # fmt: skip

    def default(self, session: Session) -> str | None:
        """Return the name of the environment that is taken where nobody names one; None: there is none."""
        query = select(NamedEnvironmentRow.name).where(
            NamedEnvironmentRow.is_default.is_(True), NamedEnvironmentRow.deleted_at.is_(None)
        )
        return session.scalar(query)

    def _default(self, session: Session) -> str:
        name = self.default(session)
        if name is None:
            raise InvalidInput(
                "No environment was named, and this installation has no default one.",
                hint="Name one: `unshelf environments list` shows them.",
            )
        return name

    def remember(self, session: Session, hash: str, *, lock: str, python: str, bytes: int | None = None) -> None:
        """Have the environment known, in the caller's transaction. Unless somebody comes to hold it, it is unused."""
        row = session.get(EnvironmentRow, hash)
        if row is None:
            count = len(packages_of(lock))
            row = EnvironmentRow(hash=hash, lock=lock, python=python, packages=count, created_at=now())
            session.add(row)
        row.bytes = bytes if bytes is not None else row.bytes
        session.flush()

    def stored(self, session: Session, hash: str) -> tuple[str, str]:
        """Return the lock and the Python version of an environment that has a holder."""
        row = session.get_one(EnvironmentRow, hash)
        return row.lock, row.python

    def hold(self, session: Session, hash: str, holder: str) -> None:
        """Have a known environment held by `holder`, in the caller's transaction: a version's reference (`iris:3`), or a kind and an
        id (`job/ID`)."""
        session.add(EnvironmentHoldRow(environment=hash, holder=holder))

    def let_go(self, session: Session, holders: Iterable[str]) -> None:
        """End all holds of these holders."""
        session.execute(delete(EnvironmentHoldRow).where(EnvironmentHoldRow.holder.in_(list(holders))))

    def is_building(self, session: Session) -> bool:
        """Whether an environment is being made: the host may be about to use one that nobody holds yet."""
        running = select(EnvironmentBuildRow.id).where(EnvironmentBuildRow.state == "running")
        of_others = (is_building(session) for is_building in self._builders)
        return session.scalar(running.limit(1)) is not None or any(of_others)

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
            query = query.where(EnvironmentRow.hash.in_(used_by_visible(actor)))
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

    def lock_for(self, actor: Actor, reference: str) -> str:
        """The lock's text. NotFound also when only models that the actor may not see use the environment."""
        return self.chosen_by(actor, reference)[0]

    def chosen_by(self, actor: Actor, reference: str, *, project: str | None = None) -> tuple[str, str]:
        """Return the lock's text and the full Python version of an environment, for something else to have the same. Raises as
        `find` does."""
        with self._database.read() as session:
            row = self.find(session, actor, reference, project=project).row
            return row.lock, row.python


def _holders(session: Session, hashes: list[str], actor: Actor) -> dict[str, list[str]]:
    """The versions that hold each environment, as far as the actor may see their models."""
    found: dict[str, list[str]] = {}
    for start in range(0, len(hashes), _HASHES_A_QUERY):
        some = hashes[start : start + _HASHES_A_QUERY]
        query = select(EnvironmentHoldRow).where(
            EnvironmentHoldRow.environment.in_(some),
            is_visible_version(actor),
        )
        for hold in session.scalars(query.order_by(EnvironmentHoldRow.holder)):
            found.setdefault(hold.environment, []).append(hold.holder)
    return found
