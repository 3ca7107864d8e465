"""Counted replicas: how much a model under a quota may take, so that versions called by number don't go round the quota."""

import time
from collections.abc import Callable, Collection, Mapping

from unshelf.contracts.routing import ModelRoute, VersionRoute
from unshelf.contracts.tiers import Tier
from unshelf.host.fleet.replica_set import ReplicaSet
from unshelf.host.fleet.routing import Routing
from unshelf.host.launch.replica import VersionKey

Amounts = tuple[float, float, float, float]
"""Replicas, cores, bytes of memory, GPUs."""
_UNUSED_SECONDS = 1.0
_BEYOND_SECONDS = 30.0
"""How long a version that was deployed may go on beside what its model counts."""
_NOTHING: Amounts = (0.0, 0.0, 0.0, 0.0)


class CountedReplicas:
    """Holds the versions of a model under a quota that are called by their number to what the model counts."""

    def __init__(
        self, routing: Routing, tiers: Mapping[str, Tier], replica_sets: Callable[[], Collection[ReplicaSet]]
    ) -> None:
        self._routing = routing
        self._tiers = tiers
        self._replica_sets = replica_sets
        self._beyond_since: dict[str, float] = {}
        """Model → since when it takes more than it counts."""

    def has_room(self, key: VersionKey, route: VersionRoute) -> bool:
        """Whether one more replica of a version may start; those that nobody uses make room for it.

        A replica of a version in the release is counted, and always may; it makes those go that are not."""
        model = self._routing.models.get(key.model)
        if model is None or not model.has_quota:
            return True
        counted, released = counted_for(model, self._tiers), {share.version for share in model.release}
        of_model = [each for each in self._replica_sets() if each.key.model == key.model]
        own = sum(each.running for each in of_model if each.key == key)
        may_start = key.version in released or own < route.min_replicas
        for other in sorted(of_model, key=lambda each: each.key.version in released):
            if self._fits(of_model, route, counted):
                return True
            if other.key != key and not {key.version, other.key.version} <= released:
                other.stop_unused(_UNUSED_SECONDS)
        return may_start or self._fits(of_model, route, counted)

    def look(self) -> None:
        """Let replicas go that are beside what their models count, as after a deploy: at once those that nobody uses, and others when
        that has lasted. They finish what they do."""
        by_model: dict[str, list[ReplicaSet]] = {}
        for each in self._replica_sets():
            model = self._routing.models.get(each.key.model)
            if model is not None and model.has_quota:
                by_model.setdefault(each.key.model, []).append(each)
        self._beyond_since = {name: since for name, since in self._beyond_since.items() if name in by_model}
        for name, of_model in by_model.items():
            counted = counted_for(self._routing.models[name], self._tiers)
            if self._are_within(of_model, counted):
                self._beyond_since.pop(name, None)
                continue
            released = {share.version for share in self._routing.models[name].release}
            has_lasted = time.monotonic() - self._beyond_since.setdefault(name, time.monotonic()) >= _BEYOND_SECONDS
            for each in of_model:
                if each.key.version not in released and not self._are_within(of_model, counted):
                    each.stop_unused(0.0 if has_lasted else _UNUSED_SECONDS)

    def _are_within(self, of_model: Collection[ReplicaSet], counted: Amounts) -> bool:
        taken = _NOTHING
        for each in of_model:
            taken = _plus(taken, _of(self._tiers.get(each.route.tier), each.running))
        return all(one <= most for one, most in zip(taken, counted, strict=True))

    def _fits(self, of_model: Collection[ReplicaSet], route: VersionRoute, counted: Amounts) -> bool:
        """Whether what runs, and one more replica of a version, is within what is counted."""
        taken = _of(self._tiers.get(route.tier), 1)
        for each in of_model:
            taken = _plus(taken, _of(self._tiers.get(each.route.tier), each.running))
        return all(one <= most for one, most in zip(taken, counted, strict=True))


def counted_for(model: ModelRoute, tiers: Mapping[str, Tier]) -> Amounts:
    """Return what quotas count for a model: of each version in the release the most replicas, of the others those that always run; and
    never less than one replica of each that may be called by its number alone."""
    released = {share.version for share in model.release}
    live = always = on_demand = _NOTHING
    for number, version in model.versions.items():
        if version.paused or version.elsewhere:
            continue
        if number in released:
            live = _plus(live, _of(tiers.get(version.tier), version.max_replicas))
            continue
        always = _plus(always, _of(tiers.get(version.tier), version.min_replicas))
        if version.max_replicas > version.min_replicas:
            on_demand = _largest(on_demand, _of(tiers.get(version.tier), 1))
    return _plus(always, _largest(live, on_demand))


def _of(tier: Tier | None, count: int) -> Amounts:
    if tier is None:
        return (float(count), 0.0, 0.0, 0.0)
    return (float(count), tier.cpu * count, float(tier.memory_bytes * count), float(tier.gpu * count))


def _plus(one: Amounts, other: Amounts) -> Amounts:
    return (one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3])


def _largest(one: Amounts, other: Amounts) -> Amounts:
    return (max(one[0], other[0]), max(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))
