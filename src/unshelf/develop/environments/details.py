"""One environment by any reference: its packages, its names, who uses it, and how it differs from another."""

from collections.abc import Iterator, Sequence
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.protocols.environments import ExportEnvironment
from unshelf.contracts.references import Reference
from unshelf.develop.environments.pylock import packages_of
from unshelf.develop.environments.references import is_visible_version, may_see_name
from unshelf.develop.environments.schemas import (
    ChangedPackage,
    EnvironmentDetail,
    EnvironmentDiff,
    EnvironmentUser,
    PackageInEnvironment,
)
from unshelf.develop.environments.service import EnvironmentService
from unshelf.develop.environments.tables import EnvironmentHoldRow, NamedEnvironmentRow, NamedVersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostLink
from unshelf.foundation.uses.environment_uses import EnvironmentUse, EnvironmentUses

MOST_USES = 200
_CALL = 1


class VersionUses:
    """Versions of models, which hold their environments."""

    def of_environments(
        self, session: Session, actor: Actor, hashes: Sequence[str], *, most: int
    ) -> list[EnvironmentUse]:
        """Return the versions that the actor may see."""
        query = (
            select(EnvironmentHoldRow)
            .where(EnvironmentHoldRow.environment.in_(hashes), is_visible_version(actor))
            .order_by(EnvironmentHoldRow.holder)
            .limit(most)
        )
        return [
            EnvironmentUse(
                environment=hold.environment, kind="version", name=hold.holder, page=f"/models/{hold.holder}"
            )
            for hold in session.scalars(query)
        ]


class EnvironmentDetails:
    """Reads environments."""

    def __init__(self, database: Database, environments: EnvironmentService, host: HostLink) -> None:
        self._database = database
        self._host = host
        self._environments = environments
        self._uses: list[EnvironmentUses] = [VersionUses()]

    def add_uses(self, uses: EnvironmentUses) -> None:
        """Have what uses environments in another capability shown, too."""
        self._uses.append(uses)

    def show(self, actor: Actor, reference: str) -> EnvironmentDetail:
        """Return an environment with its packages and users. Raises NotFound."""
        with self._database.read() as session:
            found = self._environments.find(session, actor, reference)
            row = found.row
            uses = [
                use for each in self._uses for use in each.of_environments(session, actor, [row.hash], most=MOST_USES)
            ]
            return EnvironmentDetail(
                hash=row.hash, reference=found.reference, python=row.python, bytes=row.bytes, created_at=row.created_at,
                packages=[PackageInEnvironment(name=each.name, version=each.version) for each in packages_of(row.lock)],
                names=self._names(session, actor, row.hash),
                used_by=[EnvironmentUser(kind=use.kind, name=use.name, page=use.page) for use in uses],
                warning=found.warning,
            )  # fmt: skip

    def diff(self, actor: Actor, before: str, after: str) -> EnvironmentDiff:
        """Compare two environments. Raises NotFound."""
        with self._database.read() as session:
            first = self._environments.find(session, actor, before)
            second = self._environments.find(session, actor, after)
            old, new = (dict(packages_of(each.row.lock)) for each in (first, second))
            return EnvironmentDiff(
                before=first.reference, after=second.reference, python_before=first.row.python,
                python_after=second.row.python,
                added=[PackageInEnvironment(name=name, version=new[name]) for name in sorted(new.keys() - old.keys())],
                removed=[PackageInEnvironment(name=name, version=old[name]) for name in sorted(old.keys() - new.keys())],
                changed=[
                    ChangedPackage(name=name, before=old[name], after=new[name])
                    for name in sorted(old.keys() & new.keys())
                    if old[name] != new[name]
                ],
                unchanged=sum(old[name] == new[name] for name in old.keys() & new.keys()),
            )  # fmt: skip

    def export(self, actor: Actor, reference: str) -> tuple[str, Iterator[bytes]]:
        """Return a name for a file, and the bytes of the environment's archive: lock, wheels, and how it is built again.

        Raises NotFound, and what the host can't do before the first byte."""
        with self._database.read() as session:
            found = self._environments.find(session, actor, reference)
            row = found.row
            request = ExportEnvironment(
                id=_CALL, environment=row.hash, lock=row.lock, python=row.python, actor=actor.label,
                name="" if found.reference == row.hash else found.reference,
            )  # fmt: skip
        chunks = self._host.export_environment(request)
        name = (request.name or row.hash[:12]).replace(":", "-")
        return f"{name}.tar", chain([next(chunks)], chunks)

    def _names(self, session: Session, actor: Actor, hash: str) -> list[str]:
        query = (
            select(NamedVersionRow.name, NamedVersionRow.number)
            .join(NamedEnvironmentRow, NamedEnvironmentRow.name == NamedVersionRow.name)
            .where(NamedVersionRow.environment == hash, may_see_name(session, actor, self._environments.groups_of))
            .order_by(NamedVersionRow.name, NamedVersionRow.number.desc())
        )
        return [str(Reference(name, version=number)) for name, number in session.execute(query)]
