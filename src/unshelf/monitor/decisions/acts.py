"""Acts of decisions and policies: the platform's own doors to rollback, release, pause and whatever starts a retraining."""

from dataclasses import dataclass
from typing import Protocol

from unshelf.contracts.errors import Conflict
from unshelf.contracts.references import Reference
from unshelf.contracts.routing import Share
from unshelf.develop.starting.starters import Started
from unshelf.foundation.access.actors import Actor
from unshelf.monitor.retraining.collection import COLLECTED_SINCE, Collection, CollectionQuery


class ReleaseActs(Protocol):
    """The service of releases."""

    def roll_back(self, name: str, actor: Actor) -> list[Share]:
        """Go back to the release before the present one."""

    def release(self, name: str, version: int, percent: float, actor: Actor) -> list[Share]:
        """Give a version its share."""


class Pausing(Protocol):
    """The service that pauses models."""

    def set_paused(self, text: str, actor: Actor, *, paused: bool) -> Reference:
        """Pause or resume a model."""


class StartAgain(Protocol):
    """The kinds of thing that can be started again."""

    def require(self, actor: Actor, kind: str, target: str) -> str:
        """Return the project of a thing that the actor may start again."""

    def start(self, kind: str, target: str, *, actor_id: str, actor_label: str, key: str) -> Started:
        """Start something with the rights that an actor has now."""


class Collecting(Protocol):
    """The service that makes datasets of predictions."""

    def begin(self, actor: Actor, model: str, dataset: str, query: CollectionQuery) -> Collection:
        """Begin a collection."""


@dataclass(frozen=True, kw_only=True)
class AlertActs:
    """Acts on models, each of which returns a sentence on what came of it. Permissions are the caller's to check."""

    releases: ReleaseActs
    pausing: Pausing
    starters: StartAgain
    collections: Collecting

    def roll_back(self, actor: Actor, model: str) -> str:
        """Roll a model back. Raises Conflict where there is nothing to go back to."""
        return f"Now live: {_words(self.releases.roll_back(model, actor))}."

    def release(self, actor: Actor, model: str, version: int) -> str:
        """Give a version all traffic."""
        return f"Now live: {_words(self.releases.release(model, version, 100.0, actor))}."

    def pause(self, actor: Actor, model: str) -> str:
        """Pause a model."""
        self.pausing.set_paused(model, actor, paused=True)
        return f"{model} is paused: callers get 503 until it is resumed."

    def collect(self, actor: Actor, model: str, dataset: str, *, labels: bool) -> str:
        """Begin to make a dataset of what a model predicted lately. Raises Forbidden, and Conflict for a name that is taken."""
        self.collections.begin(actor, model, dataset, CollectionQuery(since=COLLECTED_SINCE, labels=labels))
        return f"The predictions of the last 30 days are being collected as {dataset}."

    def start(self, kind: str, target: str, *, actor_id: str, actor_label: str, key: str) -> str:
        """Start something with the rights that an actor has now. Raises Conflict with the reason where it does not start."""
        started = self.starters.start(kind, target, actor_id=actor_id, actor_label=actor_label, key=key)
        if started.name is None:
            raise Conflict(f"Nothing was started: {started.error}")
        return f"Started {kind} {started.name}."


def _words(shares: list[Share]) -> str:
    return ", ".join(f"version {share.version} ({share.percent:g} %)" for share in shares) or "no version"
