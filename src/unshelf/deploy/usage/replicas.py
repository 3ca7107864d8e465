"""Replicas as quotas count them: those that run, or that callers of a model's name can have started at any moment."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.tiers import Tier
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.deploy.registry.tables import ModelRow, VersionRow
from unshelf.deploy.releases.ledger import ReleaseLedger
from unshelf.foundation.access.scopes import DEFAULT_PROJECT
from unshelf.foundation.access.tables import ModelAccessRow
from unshelf.manage.quotas.accounts import Account
from unshelf.manage.quotas.resources import ResourceAmounts, of_replicas

_Version = Row[str, int, str, int, int]


class ReplicaUsage:
    """Counts a version in a release with the most replicas that it may have, any other one with those that always run.

    Versions that are called by their number alone start on demand and end when they are idle: those of a model share what its release
    counts, and count one replica of the largest where that is less. The host holds them to it. A paused version counts nothing.

    A deploy counts from its beginning: its version takes the place of what is live, and where both differ the larger one counts until it
    has ended."""

    def __init__(self, bundles: BundleService, ledger: ReleaseLedger, hardware: Mapping[str, Tier]) -> None:
        """`hardware`: the tiers of the settings."""
        self._bundles = bundles
        self._ledger = ledger
        self._hardware = hardware

    def used(self, session: Session, account: Account) -> ResourceAmounts:
        """Return what counts to an account."""
        live: dict[str, ResourceAmounts] = {}
        coming: dict[str, ResourceAmounts] = {}
        on_demand: dict[str, ResourceAmounts] = {}
        total = ResourceAmounts()
        counted = _counted().where(account.covers(project=ModelAccessRow.project, by=VersionRow.created_by))
        versions = session.execute(counted).all()
        released = self._released(session, versions)
        for model, number, tier, least, most in versions:
            if (model, number) in released:
                live[model] = live.get(model, ResourceAmounts()).plus(of_replicas(self._hardware.get(tier), most))
            else:
                total = total.plus(of_replicas(self._hardware.get(tier), least))
                _keep_largest(on_demand, model, of_replicas(self._hardware.get(tier), int(most > least)))
        for model, goes_live, tier, least, most in self._deploying(session, account):
            if goes_live:
                _keep_largest(coming, model, of_replicas(self._hardware.get(tier), most))
            else:
                total = total.plus(of_replicas(self._hardware.get(tier), least))
                _keep_largest(on_demand, model, of_replicas(self._hardware.get(tier), int(most > least)))
        for model in live.keys() | coming.keys() | on_demand.keys():
            released_ones = live.get(model, ResourceAmounts()).at_least(coming.get(model, ResourceAmounts()))
            total = total.plus(released_ones.at_least(on_demand.get(model, ResourceAmounts())))
        return total

    def of_tier(
        self, session: Session, tier: str, *, project: str | None = None, makers: Sequence[str] | None = None
    ) -> list[str]:
        """Return references to the versions on a tier that are released, or of which replicas always run."""
        wanted = _counted().where(VersionRow.tier == tier)
        if project is not None:
            wanted = wanted.where(ModelAccessRow.project == project)
        if makers is not None:
            wanted = wanted.where(VersionRow.created_by.in_(makers))
        versions = session.execute(wanted.order_by(VersionRow.model, VersionRow.number)).all()
        released = self._released(session, versions)
        return [f"{row.model}:{row.number}" for row in versions if row.min_replicas or tuple(row[:2]) in released]

    def _released(self, session: Session, versions: Sequence[_Version]) -> set[tuple[str, int]]:
        shares = self._ledger.live_among(session, sorted({row.model for row in versions}))
        return {(model, share.version) for model, those in shares.items() for share in those}

    def _deploying(self, session: Session, account: Account) -> list[tuple[str, bool, str, int, int]]:
        """The deploys that have not ended: model, whether its version goes live, tier, least and most replicas."""
        project = func.coalesce(DeployRow.project, DEFAULT_PROJECT)
        under_way = select(DeployRow).where(
            DeployRow.state == "running", or_(DeployRow.dry_run.is_(None), DeployRow.dry_run.is_(False)),
            or_(DeployRow.reached.is_(None), DeployRow.reached == "registered"),
            account.covers(project=project, by=DeployRow.created_by),
        )  # fmt: skip
        rows = session.scalars(under_way).all()
        manifests = self._bundles.manifests(session, (row.bundle for row in rows))
        deployed = set(
            session.scalars(select(VersionRow.model).where(VersionRow.model.in_({row.model for row in rows})))
        )
        found = []
        for row in rows:
            manifest = manifests[row.bundle]
            chosen = row.release if row.live is None else row.live
            goes_live = row.model not in deployed if chosen is None else chosen
            if row.version is None or goes_live:  # one that is registered and does not go live counts as a version
                scaling = manifest.scaling
                found.append((row.model, goes_live, manifest.resources.tier, scaling.min, scaling.max))
        return found


def _keep_largest(found: dict[str, ResourceAmounts], model: str, amounts: ResourceAmounts) -> None:
    found[model] = found.get(model, ResourceAmounts()).at_least(amounts)


def _counted() -> Select[str, int, str, int, int]:
    """Select the versions that are not paused, with their tiers and replicas."""
    columns = select(
        VersionRow.model, VersionRow.number, VersionRow.tier, VersionRow.min_replicas, VersionRow.max_replicas
    )
    placed = columns.join(ModelRow, ModelRow.name == VersionRow.model).join(
        ModelAccessRow, ModelAccessRow.model == VersionRow.model
    )
    return placed.where(VersionRow.paused.is_(False), ModelRow.paused.is_(False))
