"""The routing state as a gateway uses it: watched on disk, with every lookup of the hot path prepared."""

import random
from bisect import bisect
from collections.abc import Callable, Iterable
from copy import copy
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import Path

import msgspec

from unshelf.codecs.redaction import Redaction, Withheld, redaction_of
from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.contracts.routing import SHARD_DIGITS, CallScope, KeyRoute, ModelRoute, VersionRoute, main_version
from unshelf.contracts.signature import Columns, Tensors
from unshelf.gateway.errors import ProblemError
from unshelf.runtime.routing_file import RoutingChange, RoutingWatch

_OPENNESS = {"private": 0, "internal": 1, "public": 2}


class VersionTarget(msgspec.Struct, frozen=True):
    """One version that a reference leads to."""

    model: str
    version: int
    route: VersionRoute
    paused: bool
    """Whether it answers nobody: the version or its whole model is paused, or it runs elsewhere."""
    redaction: Redaction | None = None
    """The redaction of its bodies, applied before they are recorded."""
    marks: bytes = b""
    """The member `base64` of its native answers, for outputs that are bytes; empty where there are none."""


class Route:
    """Everything a reference may lead to: one version, or a release's versions in shares."""

    __slots__ = ("_bounds", "model", "name", "targets")

    def __init__(self, name: str, model: ModelRoute, targets: list[VersionTarget], percents: list[float]) -> None:
        self.name = name
        self.model = model
        self.targets = targets
        self._bounds = list(accumulate(percents))

    def pick(self) -> VersionTarget:
        """The version for the next request, drawn by the shares."""
        if len(self.targets) == 1:
            return self.targets[0]
        # Not for secrets: a draw that spreads load.
        drawn = random.random() * self._bounds[-1]  # noqa: S311
        return self.targets[min(bisect(self._bounds, drawn), len(self.targets) - 1)]

    def main(self) -> VersionTarget:
        """The version that metadata shows: the greatest share, then the highest number."""
        version = main_version(self.model.release)
        return next((target for target in self.targets if target.version == version), self.targets[-1])


class Caller:
    """The holder of a token: its key, and the models it may use."""

    __slots__ = ("allowed", "expires_at", "is_unlimited", "key", "token_sha256")

    def __init__(self, key: KeyRoute, token_sha256: str = "") -> None:
        self.key = key
        self.token_sha256 = token_sha256
        self.expires_at = key.expires_at
        self.is_unlimited = key.models is None and key.calls is None
        """Whether every model may be called."""
        self.allowed: set[str] = set()
        """References that were seen to be callable."""

    def may_call(self, name: str, model: ModelRoute | None) -> bool:
        """Whether a model may be called; None: there is none of this name."""
        key = self.key
        if key.models is not None and not any(fnmatchcase(name, pattern) for pattern in key.models):
            return False
        return all(side is None or _covers(side, name, model) for side in (key.calls, key.bounds))

    def may_see(self, name: str, model: ModelRoute | None) -> bool:
        """Whether the caller may know that there is such a model."""
        key = self.key
        return _covers(key.sees, name, model) and (key.bounds is None or _covers(key.bounds, name, model))


def _covers(scopes: Iterable[CallScope], name: str, model: ModelRoute | None) -> bool:
    project, visibility = ("", "private") if model is None else (model.project, model.visibility)
    return any(
        (not scope.project or scope.project == project)
        and _OPENNESS[visibility] >= _OPENNESS[scope.visibility]
        and fnmatchcase(name, scope.model)
        for scope in scopes
    )


class Table:
    """One generation of the routing state, with lookups prepared.

    Generations share what did not change, also what was looked up before: only what a change concerns is dropped. The
    object itself is new for each generation: anything worked out with an earlier one has to be looked up again."""

    def __init__(self) -> None:
        self.generation = 0
        self.models: dict[str, ModelRoute] = {}
        self.callers: dict[str, Caller] = {}
        """Authorization header → caller, filled by authentication."""
        self._shards: dict[str, dict[str, KeyRoute]] = {}
        self._key_by_id: dict[str, KeyRoute] = {}
        self._routes: dict[str, Route] = {}
        self._references: dict[str, list[str]] = {}
        """Model → the references to it among `_routes`."""

    def changed(self, change: RoutingChange) -> "Table":
        """The next generation. It takes this one's content over, which is not to be used for anything new from here on."""
        following = copy(self)
        following.generation = change.generation
        following._change_models(change.models)
        following._change_keys(change.keys)
        return following

    def key(self, token_sha256: str) -> KeyRoute | None:
        """The key whose token has this SHA-256; None when it is not known, or was revoked."""
        shard = self._shards.get(token_sha256[:SHARD_DIGITS])
        return None if shard is None else shard.get(token_sha256)

    def key_by_id(self, id: str) -> KeyRoute | None:
        """The key with this id; None when it is not known, or was revoked."""
        return self._key_by_id.get(id)

    def find(self, text: str) -> Route:
        """Where a reference leads. Raises ProblemError (not_found), also for what is no reference."""
        route = self._routes.get(text)
        if route is None:
            route = self._look_up(text)
            self._routes[text] = route
            self._references.setdefault(route.name, []).append(text)
        return route

    def redaction_before_choice(self, text: str) -> Redaction | None:
        """Return the redaction for a request that failed before a version was chosen: everything, if any version
        of the model that it names has something to hide."""
        model = self.models.get(text.partition("@")[0].partition(":")[0])
        hides = model is not None and any(version.recording.redact for version in model.versions.values())
        return Withheld() if hides else None

    def _change_models(self, models: dict[str, ModelRoute | None]) -> None:
        if models:  # one of them may have moved to another project
            for caller in self.callers.values():
                if caller.key.calls is not None:
                    caller.allowed.clear()
        for name, model in models.items():
            for text in self._references.pop(name, ()):
                del self._routes[text]
            if model is None:
                self.models.pop(name, None)
            else:
                self.models[name] = model

    def _change_keys(self, shards: dict[str, dict[str, KeyRoute]]) -> None:
        for shard in shards:
            for key in self._shards.pop(shard, {}).values():
                self._key_by_id.pop(key.id, None)
        for shard, keys in shards.items():
            self._shards[shard] = keys
            self._key_by_id.update({key.id: key for key in keys.values()})
        if shards:
            for header, caller in list(self.callers.items()):
                if caller.token_sha256[:SHARD_DIGITS] in shards and self.key(caller.token_sha256) != caller.key:
                    del self.callers[header]

    def _look_up(self, text: str) -> Route:
        try:
            reference = parse_reference(text)
        except InvalidReference as error:
            raise ProblemError("not_found", str(error)) from None
        name = reference.name
        model = self.models.get(name)
        if model is None:
            raise ProblemError("not_found", f"There is no model {name!r}.", hint="`unshelf models` lists the models.")
        if reference.alias is not None:
            version = model.aliases.get(reference.alias)
            if version is None:
                raise ProblemError("not_found", f"The model {name!r} has no alias {reference.alias!r}.")
            return self._single(name, model, version)
        if reference.version is not None:
            return self._single(name, model, reference.version)
        shares = [share for share in model.release if share.percent > 0 and share.version in model.versions]
        if not shares:
            versions = ", ".join(f"{name}:{version}" for version in sorted(model.versions)[-5:])
            raise ProblemError(
                "not_found", f"No version of {name!r} is live.",
                hint=f"Release one (`unshelf release {name} VERSION`) or call a version: {versions}.",
            )  # fmt: skip
        targets = [self._target(name, model, share.version) for share in shares]
        return Route(name, model, targets, [share.percent for share in shares])

    def _single(self, name: str, model: ModelRoute, version: int) -> Route:
        if version not in model.versions:
            raise ProblemError(
                "not_found", f"The model {name!r} has no version {version}.", hint=f"`unshelf show {name}` lists its versions."
            )  # fmt: skip
        return Route(name, model, [self._target(name, model, version)], [100.0])

    def _target(self, name: str, model: ModelRoute, version: int) -> VersionTarget:
        route = model.versions[version]
        paused = model.paused or route.paused or route.elsewhere
        return VersionTarget(name, version, route, paused, redaction_of(route), _marks(route.signature.outputs))


def _marks(outputs: Columns | Tensors | None) -> bytes:
    """The member of a native answer that names the outputs whose texts are base64."""
    if not isinstance(outputs, Columns):
        return b""
    names = [column.name for column in outputs.columns if column.type == "bytes"]
    return b'"base64":%b,' % msgspec.json.encode(names) if names else b""


class RoutingWatcher:
    """Keeps the last good table, and takes over changes as soon as they are published."""

    def __init__(self, run_folder: Path, changed: Callable[[Table, RoutingChange], None]) -> None:
        self.table = Table()
        self.loaded = False
        self._watch = RoutingWatch(run_folder, self._apply)
        self._changed = changed

    def load(self) -> None:
        """Take over what is there, before anything is served."""
        self._watch.load()

    async def watch(self) -> None:
        """Take over changes, until cancelled."""
        await self._watch.watch()

    def is_stale(self) -> bool:
        """Whether something was published that the table does not have yet."""
        return self._watch.is_stale()

    async def catch_up(self) -> None:
        """Return when the table has all that was published before. Control publishes before it confirms a change: a request
        that waits for this before it is refused is never refused for something that was just confirmed."""
        await self._watch.catch_up()

    def _apply(self, change: RoutingChange) -> None:
        self.table = self.table.changed(change)
        self.loaded = True
        self._changed(self.table, change)
