"""The decision card, and a decision that was made, as values."""

from dataclasses import dataclass
from datetime import datetime

from unshelf.monitor.decisions.option import CardOption
from unshelf.monitor.decisions.situation import Situation
from unshelf.monitor.decisions.tables import AlertDecisionRow


@dataclass(frozen=True, kw_only=True)
class AlertDecision:
    """A decision about an alert."""

    id: str
    choice: str
    score: int | None
    """The score that the option had then; None: it was none of the card's."""
    reason: str
    outcome: str
    policy: str | None
    """The name of the policy that chose; None: somebody did."""
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class DecisionCard:
    """Options of an alert, the one that most speaks for first, and what was chosen so far."""

    situation: Situation
    project: str | None
    """The project of the model; None: it is the installation's alert."""
    may_answer: bool
    """Whether the actor may answer the alert."""
    options: tuple[CardOption, ...]
    """Empty: the alert is over."""
    allowed: tuple[bool, ...]
    """Whether the actor may do each of these."""
    decisions: tuple[AlertDecision, ...]
    """The newest first."""


def decision_of(row: AlertDecisionRow) -> AlertDecision:
    """The decision of a row."""
    return AlertDecision(
        id=row.id, choice=row.choice, score=row.score, reason=row.reason, outcome=row.outcome, policy=row.policy,
        by=row.by, at=row.at,
    )  # fmt: skip
