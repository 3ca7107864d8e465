"""Builds the registry's parts of the routing state: each model as gateways and host must know it, and the warm list."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Row, select, tuple_
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Batching, Checks, Manifest
from unshelf.contracts.routing import ModelRoute, RequestLimits, VersionRoute, model_part, platform_of
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.registry.service import LiveReleases
from unshelf.deploy.registry.tables import AliasRow, ModelRow, VersionRow
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.publication import Publisher
from unshelf.manage.egress.networks import VersionNetwork, VersionNetworks
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.secrets.service import SecretService
from unshelf.manage.usage.prices import PriceService
from unshelf.manage.usage.usage import PriceList

VersionKey = tuple[str, int]
_VERSIONS_A_QUERY = 500


class ModelRoutes:
    """Builds the part of each model from its rows alone."""

    def __init__(
        self,
        bundles: BundleService,
        releases: LiveReleases,
        secrets: SecretService,
        networks: VersionNetworks,
        quotas: QuotaService,
        *,
        prices: PriceService,
    ) -> None:
        self._prices = prices
        self._quotas = quotas
        self._bundles = bundles
        self._releases = releases
        self._secrets = secrets
        self._networks = networks

    def names(self, session: Session) -> list[str]:
        """The names of all models."""
        return list(session.scalars(select(ModelRow.name).where(ModelRow.removed_at.is_(None)).order_by(ModelRow.name)))

    def mark_all(self, session: Session, publisher: Publisher) -> None:
        """Mark the parts of all models stale, in the transaction of a change that concerns them all."""
        publisher.mark_stale(session, *map(model_part, self.names(session)))

    def build(self, session: Session, names: Sequence[str]) -> dict[str, ModelRoute]:
        """The models of these names that there are."""
        models = session.execute(
            select(ModelRow.name, ModelRow.paused, ModelRow.limits, ModelRow.origins).where(
                ModelRow.name.in_(names), ModelRow.removed_at.is_(None)
            )
        ).all()
        versions = self._versions(session, names)
        aliases: dict[str, dict[str, int]] = {}
        for alias in session.scalars(select(AliasRow).where(AliasRow.model.in_(names)).order_by(AliasRow.alias)):
            aliases.setdefault(alias.model, {})[alias.alias] = alias.version
        releases = self._releases.live_among(session, names)
        scopes = scopes_among(session, names)
        limited = self._quotas.limits_what_runs(session, {scopes[model.name].project for model in models})
        return {
            model.name: ModelRoute(
                versions=versions.get(model.name, {}),
                aliases=aliases.get(model.name, {}),
                release=releases.get(model.name, []),
                paused=model.paused,
                limits=None if model.limits is None else msgspec.convert(model.limits, RequestLimits),
                project=scopes[model.name].project,
                visibility=scopes[model.name].visibility,
                origins=model.origins or [],
                has_quota=scopes[model.name].project in limited,
            )
            for model in models
        }

    def _versions(self, session: Session, names: Sequence[str]) -> dict[str, dict[int, VersionRoute]]:
        rows = session.execute(
            select(
                VersionRow.model, VersionRow.number, VersionRow.bundle, VersionRow.environment, VersionRow.checks,
                VersionRow.paused,
            )
            .where(VersionRow.model.in_(names))
            .order_by(VersionRow.model, VersionRow.number)
        ).all()  # fmt: skip
        manifests = self._bundles.manifests(session, (row.bundle for row in rows))
        secrets = self._secrets.revisions(session, names)
        changes = self._networks.changes(session, names)
        prices = self._prices.prices(session)
        found: dict[str, dict[int, VersionRoute]] = {}
        for row in rows:
            manifest = manifests[row.bundle]
            network = self._networks.of(manifest.network, changes.get((row.model, row.number)))
            found.setdefault(row.model, {})[row.number] = _version_route(
                row, manifest, secrets.get(row.model, 0), network, prices
            )
        return found


class WarmList:
    """Builds the part `warm`: the modules that an environment's warm process imports, for the versions that may be forked.

    Versions never change and numbers are never given again, so the checks of each are read once a process."""

    def __init__(self) -> None:
        self._modules: dict[VersionKey, tuple[str, ...]] = {}

    def names(self, _session: Session) -> list[str]:
        """The part's own name, which is empty."""
        return [""]

    def build(self, session: Session, _names: Sequence[str]) -> dict[str, dict[str, list[str]]]:
        """Environment → modules."""
        of_versions = select(VersionRow.model, VersionRow.number, VersionRow.environment)
        environments: dict[VersionKey, str] = {
            (model, number): environment
            for model, number, environment in session.execute(of_versions)
            if environment is not None
        }
        self._modules = {key: modules for key, modules in self._modules.items() if key in environments}
        self._learn(session, sorted(environments.keys() - self._modules.keys()))
        found: dict[str, set[str]] = {}
        for key, environment in environments.items():
            if modules := self._modules[key]:
                found.setdefault(environment, set()).update(modules)
        return {"": {environment: sorted(found[environment]) for environment in sorted(found)}}

    def _learn(self, session: Session, keys: list[VersionKey]) -> None:
        for start in range(0, len(keys), _VERSIONS_A_QUERY):
            rows = session.execute(
                select(VersionRow.model, VersionRow.number, VersionRow.checks).where(
                    tuple_(VersionRow.model, VersionRow.number).in_(keys[start : start + _VERSIONS_A_QUERY])
                )
            )
            for model, number, checks in rows:
                found = msgspec.json.decode(checks, type=_ForkChecks)
                self._modules[model, number] = tuple(found.modules) if found.fork_safe else ()


class _ForkChecks(msgspec.Struct):
    """The facts of a version's checks that the warm list is made of."""

    fork_safe: bool = False
    modules: list[str] = []


def served_batching(manifest: Manifest, checks: Checks) -> tuple[bool, Batching]:
    """Return whether the version's workers predict requests together, and by which rules."""
    batching = manifest.batching
    if (
        checks.batch_rows < batching.max_rows
    ):  # no larger batch is made than was proved; 0 by releases that proved too little
        batching = msgspec.structs.replace(batching, max_rows=max(1, checks.batch_rows))
    return checks.batchable and batching.max_rows > 1 and manifest.output == "rows", batching


def _version_route(
    row: Row[str, int, str, str | None, str, bool],
    manifest: Manifest,
    secrets: int,
    network: VersionNetwork,
    prices: PriceList,
) -> VersionRoute:
    checks = msgspec.json.decode(row.checks, type=Checks)
    if checks.signature is None:
        raise ValueError(f"{row.model}:{row.number} was registered without its signature")
    batchable, batching = served_batching(manifest, checks)
    price = prices.tiers.get(manifest.resources.tier, 0.0)
    return VersionRoute(
        bundle=row.bundle,
        environment=row.environment or "",
        signature=checks.signature,
        batchable=batchable,
        fork_safe=checks.fork_safe,
        paused=row.paused,
        timeout=manifest.timeout,
        min_replicas=manifest.scaling.min,
        idle_seconds=manifest.scaling.idle,
        platform=platform_of(manifest.loader),
        recording=manifest.recording,
        max_replicas=0 if manifest.runs_elsewhere else manifest.scaling.max,
        tier=manifest.resources.tier,
        memory_bytes=checks.memory_bytes,
        batching=batching,
        streams=checks.streams,
        env=manifest.env,
        price=price,
        currency=prices.currency if price else "",
        secrets=secrets,
        network=network.access,
        allow=list(network.allow),
        elsewhere=manifest.runs_elsewhere,
    )
