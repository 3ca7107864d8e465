"""Networks of versions: what each may reach, by its manifest or by a later change, and what the operator lets projects grant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import NetworkAccess, NetworkKind
from unshelf.contracts.errors import Forbidden
from unshelf.contracts.network.grants import read_grant, read_grants
from unshelf.contracts.network.policy import EVERYTHING, EgressPolicy
from unshelf.foundation.clock import now
from unshelf.manage.egress.tables import VersionNetworkRow

NetworkSource = Literal["manifest", "changed", "default"]
"""Where a version's network comes from: what it was deployed with, a later change, or the operator's default for those of before."""
_MOST_NAMED = 5
_NAMES_A_QUERY = 500


@dataclass(frozen=True, kw_only=True)
class VersionNetwork:
    """The network of a version."""

    access: NetworkKind
    allow: tuple[str, ...] = ()
    source: NetworkSource = "manifest"


class VersionNetworks:
    """Knows the network of each version, and what may be granted."""

    def __init__(self, policy: Sequence[str], default: NetworkKind) -> None:
        """`policy`: UNSHELF_EGRESS_ALLOW. `default`: the network of versions whose manifest says nothing of it."""
        self._policy = EgressPolicy(policy)
        self.default: NetworkKind = default

    def must_grant(self, access: NetworkKind | None, allow: Iterable[str]) -> None:
        """Raise Forbidden for what the operator lets no project grant."""
        if access == "full" and not self._policy.allows_everything:
            raise _refused('the server\'s whole network ([network] access = "full")', f"`{EVERYTHING}`")
        refused = [str(grant) for grant in map(read_grant, allow) if not self._policy.may_grant(grant)]
        if refused:
            raise _refused(", ".join(refused[:_MOST_NAMED]), f"`{','.join(refused[:_MOST_NAMED])}`")

    def of(self, manifest: NetworkAccess, changed: VersionNetwork | None) -> VersionNetwork:
        """The network of a version with this manifest, and this later change of it."""
        if changed is not None:
            return changed
        source: NetworkSource = "default" if manifest.access is None and not manifest.allow else "manifest"
        return VersionNetwork(access=manifest.kind(self.default), allow=tuple(manifest.allow), source=source)

    def changes(self, session: Session, names: Sequence[str]) -> dict[tuple[str, int], VersionNetwork]:
        """The changed networks of these models' versions, by model and number."""
        found: dict[tuple[str, int], VersionNetwork] = {}
        for start in range(0, len(names), _NAMES_A_QUERY):
            some = names[start : start + _NAMES_A_QUERY]
            for row in session.scalars(select(VersionNetworkRow).where(VersionNetworkRow.model.in_(some))):
                found[row.model, row.version] = _network(row)
        return found

    def change(self, session: Session, model: str, version: int, network: VersionNetwork, by: str) -> None:
        """Set the network of a version, in the caller's transaction."""
        row = session.get(VersionNetworkRow, (model, version))
        if row is None:
            row = VersionNetworkRow(model=model, version=version)
            session.add(row)
        row.access, row.allow, row.set_at, row.set_by = network.access, list(network.allow), now(), by

    def forget(self, session: Session, model: str, versions: Sequence[int]) -> None:
        """Delete the changes of versions that are removed."""
        keys = [(model, version) for version in versions]
        for row in session.scalars(
            select(VersionNetworkRow).where(tuple_(VersionNetworkRow.model, VersionNetworkRow.version).in_(keys))
        ):
            session.delete(row)


def _network(row: VersionNetworkRow) -> VersionNetwork:
    return VersionNetwork(access="full" if row.access == "full" else "none", allow=tuple(row.allow), source="changed")


def normalized(allow: Iterable[str]) -> tuple[str, ...]:
    """Return grants as they are stored. Raises ValueError for what is none, and for too many."""
    return tuple(map(str, read_grants(allow)))


def _refused(what: str, entry: str) -> Forbidden:
    return Forbidden(
        f"The operator does not let projects grant {what}.",
        hint=f"The operator can add {entry} to UNSHELF_EGRESS_ALLOW; `unshelf network` shows what a model has.",
    )
