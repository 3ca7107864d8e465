"""A policy: what the platform does about alerts of a kind without asking anybody. There is none unless somebody sets one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NoReturn

from unshelf.contracts.errors import InvalidInput, RunsElsewhere
from unshelf.monitor.alerts.alert import Alert, Severity
from unshelf.monitor.alerts.steps import rank

PolicyAct = Literal["pause", "rollback", "start"]
"""pause the model; roll it back; start something that makes a new version."""
StartKind = Literal["pipeline", "job", "scoring", "collection"]
"""The kinds of thing that a policy starts."""
HOURS = range(1, 24 * 7 + 1)
MOST_KINDS = 20


@dataclass(frozen=True, kw_only=True)
class PolicyOrder:
    """A policy to set."""

    name: str
    project: str | None = None
    """The project of whose models it answers alerts; None: that of the model."""
    model: str | None = None
    kinds: tuple[str, ...]
    severity: Severity = "critical"
    act: PolicyAct
    start_kind: StartKind | None = None
    start_target: str | None = None
    hours: int = 24


@dataclass(frozen=True, kw_only=True)
class AlertPolicy:
    """A policy that is set."""

    id: str
    name: str
    project: str
    model: str | None
    """None: every model of the project."""
    kinds: tuple[str, ...]
    severity: Severity
    """The least severity that it answers."""
    act: PolicyAct
    start_kind: StartKind | None
    start_target: str | None
    hours: int
    """The hours within which it acts once on a model."""
    created_at: datetime
    created_by: str
    actor_id: str
    last_at: datetime | None = None
    """When it acted last; None: it did not yet."""
    last_model: str | None = None
    last_outcome: str = ""
    last_error: str = ""

    def answers(self, alert: Alert, project: str) -> bool:
        """Whether it is about an alert: raised after it was set, open, neither snoozed nor ignored."""
        found, life = alert.finding, alert.life
        return (
            found.model is not None
            and (self.project == project if self.model is None else self.model == found.model)
            and found.kind in self.kinds
            and rank(found.severity) >= rank(self.severity)
            and alert.raised_at >= self.created_at
            and alert.resolved_at is None
            and life.ignored is None
            and life.snoozed_until is None
        )


def refuse_elsewhere(model: str) -> NoReturn:
    """Raise RunsElsewhere, with what a policy can do about such a model."""
    raise RunsElsewhere(
        f"{model} runs on other infrastructure: nothing here can pause it or roll it back.",
        hint="A policy can start what makes a new version or its data: act start with a pipeline, job, scoring or collection.",
    )


def check_policy(wanted: PolicyOrder) -> None:
    """Raise InvalidInput for what can be no policy."""
    if (wanted.model is None) == (wanted.project is None):
        raise InvalidInput(
            "A policy is about a model, or about a project with all its models.", hint="Name one of them."
        )
    if not wanted.kinds or len(wanted.kinds) > MOST_KINDS or any(not 0 < len(kind) <= 64 for kind in wanted.kinds):
        raise InvalidInput(
            f"A policy names 1 to {MOST_KINDS} kinds of alert.",
            hint="Such as errors_high; docs/concepts/alerts.md has them all.",
        )
    if (wanted.act == "start") != (wanted.start_kind is not None and wanted.start_target is not None):
        raise InvalidInput(
            "A policy that starts something names its kind and target, and no other one does.",
            hint="Such as act start, start_kind pipeline, and the pipeline's id as start_target.",
        )
    if wanted.hours not in HOURS:
        raise InvalidInput(f"A policy acts once within {HOURS[0]} to {HOURS[-1]} hours.")
