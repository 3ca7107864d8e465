"""The registry's part of the routing table: what gateways and host must know of each model to serve it."""

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Checks, Manifest
from unshelf.contracts.routing import Limits, ModelRoute, Share, VersionRoute, platform_of
from unshelf.deploy.bundles.service import BundleService
from unshelf.deploy.registry.tables import AliasRow, ModelRow, VersionRow


class ModelRoutes:
    """Builds the section `models`. Versions never change and numbers are never given again, so each is decoded once.

    Called under the publisher's lock, hence by one thread at a time."""

    def __init__(self, bundles: BundleService) -> None:
        self._bundles = bundles
        self._known: dict[tuple[str, int], VersionRoute] = {}
        self._modules: dict[tuple[str, int], list[str]] = {}

    def warm(self, _session: Session) -> dict[str, list[str]]:
        """The section `warm`, of the versions that the last call of the other one saw."""
        found: dict[str, set[str]] = {}
        for key, modules in self._modules.items():
            found.setdefault(self._known[key].environment, set()).update(modules)
        return {environment: sorted(modules) for environment, modules in found.items()}

    def __call__(self, session: Session) -> dict[str, ModelRoute]:
        """The section, in the state that the session sees."""
        versions: dict[str, dict[int, VersionRoute]] = {}
        for name, number, route in self._versions(session):
            versions.setdefault(name, {})[number] = route
        aliases: dict[str, dict[str, int]] = {}
        for alias in session.scalars(select(AliasRow)):
            aliases.setdefault(alias.model, {})[alias.alias] = alias.version
        return {
            model.name: ModelRoute(
                versions=versions.get(model.name, {}),
                aliases=aliases.get(model.name, {}),
                release=[msgspec.convert(share, Share) for share in model.release],
                paused=model.paused,
                limits=None if model.limits is None else msgspec.convert(model.limits, Limits),
            )
            for model in session.scalars(select(ModelRow).where(ModelRow.removed_at.is_(None)))
        }

    def _versions(self, session: Session) -> list[tuple[str, int, VersionRoute]]:
        states = session.execute(select(VersionRow.model, VersionRow.number, VersionRow.paused)).all()
        present = {(name, number) for name, number, _ in states}
        self._known = {key: route for key, route in self._known.items() if key in present}
        self._modules = {key: modules for key, modules in self._modules.items() if key in present}
        self._learn(session, sorted(present - self._known.keys()))
        return [
            (name, number, msgspec.structs.replace(self._known[name, number], paused=paused))
            for name, number, paused in states
        ]

    def _learn(self, session: Session, keys: list[tuple[str, int]]) -> None:
        rows = [session.get_one(VersionRow, key) for key in keys]
        manifests = self._bundles.manifests(session, (row.bundle for row in rows))
        for row in rows:
            checks = msgspec.json.decode(row.checks, type=Checks)
            self._known[row.model, row.number] = _version_route(row, manifests[row.bundle], checks)
            if checks.fork_safe:
                self._modules[row.model, row.number] = checks.modules


def _version_route(row: VersionRow, manifest: Manifest, checks: Checks) -> VersionRoute:
    if checks.signature is None:
        raise ValueError(f"{row.model}:{row.number} was registered without its signature")
    return VersionRoute(
        bundle=row.bundle,
        environment=row.environment,
        signature=checks.signature,
        batchable=checks.batchable and manifest.batching.max_rows > 1,
        fork_safe=checks.fork_safe,
        timeout=manifest.timeout,
        min_replicas=manifest.scaling.min,
        idle_seconds=manifest.scaling.idle,
        platform=platform_of(manifest.loader),
        recording=manifest.recording,
        max_replicas=manifest.scaling.max,
        tier=manifest.resources.tier,
        memory_bytes=checks.memory_bytes,
        batching=manifest.batching,
        streams=checks.streams,
    )
