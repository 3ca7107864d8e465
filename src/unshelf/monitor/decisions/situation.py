"""The situation that a decision is made in: the alert, the versions that there are, and what going back would bring."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from unshelf.contracts.routing import Share
from unshelf.monitor.alerts.alert import Action, Severity

LEAST_REQUESTS = 20
"""The requests that a version must have had for its share of failures to count."""


@dataclass(frozen=True, kw_only=True)
class VersionState:
    """A version, as far as it matters to the decision."""

    number: int
    percent: float
    """The share of the traffic that it gets now."""
    created_at: datetime
    is_paused: bool = False
    aliases: tuple[str, ...] = ()
    requests: int = 0
    """Requests of the last week."""
    failed: int = 0
    """Requests that the platform or the model could not answer: statuses of 500 and more."""

    @property
    def failure_rate(self) -> float | None:
        """The share of requests that failed, 0 to 1; None where there were too few to tell."""
        return self.failed / self.requests if self.requests >= LEAST_REQUESTS else None


@dataclass(frozen=True, kw_only=True)
class Retraining:
    """Something that makes a new version of the model."""

    kind: str
    """The kind of starter: `pipeline`."""
    target: str
    """The id by which it is started."""
    name: str


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Everything that options are ranked by."""

    moment: datetime
    alert: str
    """The alert's id."""
    kind: str
    """The alert's kind."""
    severity: Severity
    advised: Action
    """The action that the watcher recommends."""
    model: str | None
    since: datetime
    """When the problem began."""
    window: timedelta = timedelta(hours=1)
    """How long the window is in which it was found: the problem began somewhere in it, not before."""
    ratio: float | None = None
    """How many times its threshold the worst value is; None: it has no threshold."""
    columns: tuple[str, ...] = ()
    """The columns that the evidence names."""
    damaged: tuple[str, ...] = ()
    """Columns of these whose data are damaged, as another open alert of the model says."""
    version: int | None = None
    """The version that the problem is about; None: it is about the model, or the installation."""
    versions: tuple[VersionState, ...] = ()
    before: tuple[Share, ...] = ()
    """The shares that a rollback would bring; empty: there is nothing to go back to."""
    released_at: datetime | None = None
    """When the release changed last; None: never."""
    is_paused: bool = False
    is_elsewhere: bool = False
    """Whether the model runs on other infrastructure, so that nothing here changes what its callers get."""
    requests_an_hour: float | None = None
    """Requests of the last day in an hour; None: not known."""
    retrainings: tuple[Retraining, ...] = ()
    has_labels: bool = False
    """Whether the truth of any of its predictions is known."""
    ended_alone: int = 0
    """How many alerts of the same kind and model ended in the last 30 days without a decision."""

    @property
    def live(self) -> list[VersionState]:
        """The versions that get traffic, the greatest share first."""
        return sorted((each for each in self.versions if each.percent > 0), key=lambda each: -each.percent)

    @property
    def current(self) -> VersionState | None:
        """The version that the problem is about, else the live one with the greatest share."""
        named = next((each for each in self.versions if each.number == self.version), None)
        return named or next(iter(self.live), None)

    def find(self, number: int) -> VersionState | None:
        """Return a version by its number."""
        return next((each for each in self.versions if each.number == number), None)
