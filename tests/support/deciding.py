"""Situations for tests of decisions, and acts that only note what they were asked to do."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.alerting import AlertWorld
from unshelf.contracts.errors import Forbidden, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import Reference
from unshelf.contracts.routing import Share
from unshelf.develop.starting.starters import Started
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.decisions.acts import AlertActs
from unshelf.monitor.decisions.reading import SituationReader
from unshelf.monitor.decisions.service import DecisionService
from unshelf.monitor.decisions.situation import Retraining, Situation, VersionState
from unshelf.monitor.retraining.collection import CollectionQuery

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
PIPELINE = Retraining(kind="pipeline", target="p1", name="train-churn")


def situation(**fields: Any) -> Situation:
    """A situation at noon; the problem began an hour before."""
    return Situation(
        **{
            "moment": NOON, "alert": "a1", "kind": "inputs_drifted", "severity": "warning", "advised": "update",
            "model": "churn", "since": NOON - timedelta(hours=1), "ratio": 1.5, "columns": ("income",), **fields,
        }
    )  # fmt: skip


def version(number: int, **fields: Any) -> VersionState:
    """A version that gets no traffic."""
    return VersionState(**{"number": number, "percent": 0.0, "created_at": NOON - timedelta(days=9), **fields})


VERSIONS = (version(1), version(2, percent=100), version(3))


@dataclass
class NotedActs:
    """Releases, pauses and starts that only note what they were asked to do."""

    done: list[tuple[Any, ...]] = field(default_factory=list)
    error: UnshelfError | None = None
    """What every act raises; None: it goes well."""

    def roll_back(self, name: str, actor: Actor) -> list[Share]:
        """Note a rollback to version 1."""
        self._note("rollback", name, actor.label)
        return [Share(version=1, percent=100.0)]

    def release(self, name: str, version: int, percent: float, actor: Actor) -> list[Share]:
        """Note a release."""
        self._note("release", name, version, actor.label)
        return [Share(version=version, percent=percent)]

    def set_paused(self, text: str, actor: Actor, *, paused: bool) -> Reference:
        """Note a pause."""
        self._note("pause", text, paused, actor.label)
        return Reference(text)

    def require(self, actor: Actor, kind: str, target: str) -> str:
        """Return the project of everything that can be started: risk."""
        if not actor.may(Permission.JOBS_RUN, project_scope("risk")):
            raise Forbidden("You may run nothing in risk.")
        return "risk"

    def start(self, kind: str, target: str, *, actor_id: str, actor_label: str, key: str) -> Started:
        """Note a start."""
        self._note("start", kind, target, actor_label)
        return Started(name="run1")

    def begin(self, actor: Actor, model: str, dataset: str, query: CollectionQuery) -> Any:
        """Note a collection."""
        self._note("collect", model, dataset, query.labels, actor.label)

    def acts(self) -> AlertActs:
        """These as the acts of alerts."""
        return AlertActs(releases=self, pausing=self, starters=self, collections=self)

    def _note(self, *what: Any) -> None:
        if self.error is not None:
            raise self.error
        self.done.append(what)


class FixedSituations(SituationReader):
    """Gives the same situation for every alert, apart from its id and its finding."""

    def __init__(self, found: Situation) -> None:
        self.found = found

    def read(self, alert: Alert) -> Situation:
        """Return it."""
        return replace(self.found, alert=alert.id, kind=alert.finding.kind, severity=alert.finding.severity)


def deciding(world: AlertWorld, noted: NotedActs, **fields: Any) -> DecisionService:
    """Decisions about churn, which has three versions, something to go back to, and a pipeline that trains it."""
    usual = {"versions": VERSIONS, "before": (Share(version=1, percent=100.0),), "retrainings": (PIPELINE,)}
    reader = FixedSituations(situation(**{**usual, **fields}))
    return DecisionService(
        world.database, world.events, alerts=world.alerts, answers=world.answers, reader=reader, acts=noted.acts()
    )
