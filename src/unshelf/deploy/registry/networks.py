"""The network of versions: shown, and changed without a new deploy."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import NetworkKind
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.machine import MachineCheck
from unshelf.contracts.references import Reference
from unshelf.contracts.routing import model_part
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.bundles.tables import BundleRow
from unshelf.deploy.registry import lookup
from unshelf.deploy.registry.tables import VersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService
from unshelf.manage.egress.networks import VersionNetwork, VersionNetworks, normalized
from unshelf.manage.egress.refusals import EgressRefusals
from unshelf.manage.egress.tables import VersionNetworkRow

_MOST_NAMED = 10


@dataclass(frozen=True, kw_only=True)
class WantedNetwork:
    """A change of what versions may reach."""

    access: NetworkKind | None = None
    """None: as it is."""
    allow: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class NetworksOfModel:
    """Networks of the versions that a reference names."""

    name: str
    networks: dict[int, VersionNetwork]
    """By number, lowest first."""
    refused: dict[int, list[str]]
    """Places that each was refused of late."""


class NetworkService:
    """Shows and changes networks. The host starts workers with the new one at once, and lets the others finish what they do."""

    def __init__(
        self,
        *,
        database: Database,
        publisher: Publisher,
        audit: AuditService,
        bundles: BundleService,
        networks: VersionNetworks,
        refusals: EgressRefusals,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._audit = audit
        self._bundles = bundles
        self._networks = networks
        self._refusals = refusals

    def show(self, text: str) -> NetworksOfModel:
        """Return the network of the version that a reference names; for a name alone, of each of the model's. Raises NotFound."""
        with self._database.read() as session:
            name, rows = self._named(session, text)
            networks = self._of(session, name, rows)
        return self._shown(name, networks)

    def networks_of(self, name: str) -> dict[int, VersionNetwork]:
        """Return the networks of a model's versions, by number; of a model that is not there, none."""
        try:
            return self.show(name).networks
        except NotFound:
            return {}

    def change(self, text: str, wanted: WantedNetwork, actor: Actor) -> NetworksOfModel:
        """Change what the version that a reference names may reach, or each of the model's.

        Raises NotFound, InvalidInput for what is no grant, Forbidden for what the operator lets nobody grant, Conflict for grants to a
        version that has the whole network."""
        added, removed = _grants(wanted.allow), _grants(wanted.remove)
        self._networks.must_grant(wanted.access, added)
        with self._database.transaction() as session:
            name, rows = self._named(session, text, for_change=True)
            networks = self._of(session, name, rows)
            for number, before in networks.items():
                after = _changed(f"{name}:{number}", before, wanted, added, removed)
                if (after.access, after.allow) != (before.access, before.allow) or before.source == "default":
                    self._networks.change(session, name, number, after, actor.label)
                    self._audit.record(
                        session, actor, "version.network_changed", str(Reference(name, version=number)),
                        _plain(after), before=_plain(before), reason=wanted.reason,
                    )  # fmt: skip
                networks[number] = after
            self._publisher.mark_stale(session, model_part(name))
        self._publisher.publish()
        return self._shown(name, networks)

    def checks(self) -> list[MachineCheck]:
        """Warn of versions that have the server's network because nothing was said when they were deployed."""
        if self._networks.default == "none":
            return []
        changed = exists().where(
            VersionNetworkRow.model == VersionRow.model, VersionNetworkRow.version == VersionRow.number
        )
        query = (
            select(VersionRow.model, VersionRow.number)
            .join(BundleRow, BundleRow.digest == VersionRow.bundle)
            .where(BundleRow.manifest.not_like('%"network":%'), ~changed)
            .order_by(VersionRow.model, VersionRow.number)
        )
        with self._database.read() as session:
            found = [f"{model}:{number}" for model, number in session.execute(query)]
        if not found:
            return []
        named = ", ".join(found[:_MOST_NAMED]) + (" …" if len(found) > _MOST_NAMED else "")
        return [
            MachineCheck(
                name="network", state="warn",
                detail=f"{len(found)} versions of before keep the server's network: {named}",
                hint="Bound each with `unshelf network NAME --access none --allow …`, or all with UNSHELF_NETWORK_DEFAULT=none.",
            )
        ]  # fmt: skip

    def _named(self, session: Session, text: str, *, for_change: bool = False) -> tuple[str, list[VersionRow]]:
        reference = lookup.reference_from(text)
        model = lookup.find_model(session, reference.name, for_change=for_change)
        if reference.version is not None or reference.alias is not None:
            return model.name, [lookup.named_version(session, model, reference, [])]
        query = select(VersionRow).where(VersionRow.model == model.name).order_by(VersionRow.number)
        return model.name, list(session.scalars(query))

    def _of(self, session: Session, name: str, rows: Iterable[VersionRow]) -> dict[int, VersionNetwork]:
        rows = list(rows)
        manifests = self._bundles.manifests(session, (row.bundle for row in rows))
        changes = self._networks.changes(session, [name])
        return {
            row.number: self._networks.of(manifests[row.bundle].network, changes.get((name, row.number)))
            for row in rows
        }

    def _shown(self, name: str, networks: dict[int, VersionNetwork]) -> NetworksOfModel:
        recent = self._refusals.recent(name)
        refused = {number: recent.get(f"{name}:{number}", []) for number in networks}
        return NetworksOfModel(name=name, networks=networks, refused=refused)


def _changed(
    reference: str, before: VersionNetwork, wanted: WantedNetwork, added: tuple[str, ...], removed: tuple[str, ...]
) -> VersionNetwork:
    access = wanted.access or before.access
    if access == "full":
        if added:
            raise Conflict(
                f"{reference} has the server's whole network, so there is nothing to grant.",
                hint="Bound it first, or with the same change: `--access none`.",
            )
        return VersionNetwork(access="full", source="changed")
    kept = before.allow if before.access == "none" else ()
    allow = _grants([*(each for each in kept if each not in removed), *added])
    return VersionNetwork(access="none", allow=allow, source="changed")


def _grants(texts: Iterable[str]) -> tuple[str, ...]:
    try:
        return normalized(texts)
    except ValueError as error:
        raise InvalidInput(f"This can't be granted: {error}.") from None


def _plain(network: VersionNetwork) -> dict[str, object]:
    return {"access": network.access, "allow": list(network.allow)}
