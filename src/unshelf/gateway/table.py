"""The routing table as a gateway uses it: watched on disk, with every lookup of the hot path prepared."""

import random
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import msgspec

from unshelf.contracts.published import PublishedTable
from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.contracts.routing import KeyRoute, ModelRoute, RoutingTable, VersionRoute
from unshelf.gateway.problems import Refused
from unshelf.gateway.redaction import Redaction, Withheld, redaction_of


class Target(msgspec.Struct, frozen=True):
    """One version that a reference leads to."""

    model: str
    version: int
    route: VersionRoute
    paused: bool
    """Whether the version or its whole model is paused."""
    redaction: Redaction | None = None
    """What is taken out of its bodies before they are recorded."""


class Destination:
    """All that a reference may lead to: one version, or a release's versions in shares."""

    __slots__ = ("_bounds", "model", "name", "targets")

    def __init__(self, name: str, model: ModelRoute, targets: list[Target], percents: list[float]) -> None:
        self.name = name
        self.model = model
        self.targets = targets
        self._bounds = list(accumulate(percents))

    def pick(self) -> Target:
        """The version for the next request, drawn by the shares."""
        if len(self.targets) == 1:
            return self.targets[0]
        # Not for secrets: a draw that spreads load.
        drawn = random.random() * self._bounds[-1]  # noqa: S311
        return self.targets[min(bisect(self._bounds, drawn), len(self.targets) - 1)]

    def main(self) -> Target:
        """The version with the greatest share: what metadata shows."""
        return max(self.targets, key=lambda target: self._share_of(target.version))

    def _share_of(self, version: int) -> float:
        return next((share.percent for share in self.model.release if share.version == version), 100.0)


class Caller:
    """Who a token belongs to, and which models it may use."""

    __slots__ = ("allowed", "expires_at", "key", "patterns")

    def __init__(self, key: KeyRoute) -> None:
        self.key = key
        self.expires_at = key.expires_at
        self.patterns = key.models
        self.allowed: set[str] = set()
        """References that were seen to match the patterns."""


class Table:
    """One generation of the routing table. What is looked up once is kept, for as long as the generation lasts."""

    def __init__(self, routing: RoutingTable) -> None:
        self.generation = routing.generation
        self.keys = routing.keys
        self.models = routing.models
        self.callers: dict[str, Caller] = {}
        """Authorization header → caller, filled by authentication."""
        self._destinations: dict[str, Destination] = {}

    def find(self, text: str) -> Destination:
        """Where a reference leads. Raises Refused (not_found), also for what is no reference."""
        destination = self._destinations.get(text)
        if destination is None:
            destination = self._destinations[text] = self._look_up(text)
        return destination

    def redaction_before_choice(self, text: str) -> Redaction | None:
        """What is taken out of the bodies of a request that failed before a version was chosen: everything, if any version
        of the model that it names has something to hide."""
        model = self.models.get(text.partition("@")[0].partition(":")[0])
        hides = model is not None and any(version.recording.redact for version in model.versions.values())
        return Withheld() if hides else None

    def _look_up(self, text: str) -> Destination:
        try:
            reference = parse_reference(text)
        except InvalidReference as error:
            raise Refused("not_found", str(error)) from None
        name = reference.name
        model = self.models.get(name)
        if model is None:
            raise Refused("not_found", f"there is no model {name!r}", hint="`unshelf models` lists the models")
        if reference.alias is not None:
            version = model.aliases.get(reference.alias)
            if version is None:
                raise Refused("not_found", f"the model {name!r} has no alias {reference.alias!r}")
            return self._single(name, model, version)
        if reference.version is not None:
            return self._single(name, model, reference.version)
        shares = [share for share in model.release if share.percent > 0 and share.version in model.versions]
        if not shares:
            versions = ", ".join(f"{name}:{version}" for version in sorted(model.versions)[-5:])
            raise Refused(
                "not_found", f"no version of {name!r} is live",
                hint=f"release one (`unshelf release {name} VERSION`) or call a version: {versions}",
            )  # fmt: skip
        targets = [self._target(name, model, share.version) for share in shares]
        return Destination(name, model, targets, [share.percent for share in shares])

    def _single(self, name: str, model: ModelRoute, version: int) -> Destination:
        if version not in model.versions:
            raise Refused(
                "not_found", f"the model {name!r} has no version {version}", hint=f"`unshelf show {name}` lists its versions"
            )  # fmt: skip
        return Destination(name, model, [self._target(name, model, version)], [100.0])

    def _target(self, name: str, model: ModelRoute, version: int) -> Target:
        route = model.versions[version]
        return Target(name, version, route, model.paused or route.paused, redaction_of(route))


class TableWatcher:
    """Keeps the last good table, and picks up a new one as soon as it is published."""

    def __init__(self, path: Path, changed: Callable[[Table], None]) -> None:
        self.table = Table(RoutingTable(generation=0))
        self.loaded = False
        self._file = PublishedTable(path)
        self._changed = changed

    async def watch(self) -> None:
        """Pick up new ones, until cancelled."""
        await self._file.watch(self.refresh)

    def refresh(self) -> bool:
        """Look once; tells whether there is a new table. Control publishes before it confirms a change, so whoever meets
        something unknown calls this before saying so: what was just published is never refused."""
        routing = self._file.new()
        if routing is None:
            return False
        table = Table(routing)
        self.table = table
        self.loaded = True
        self._changed(table)
        return True
