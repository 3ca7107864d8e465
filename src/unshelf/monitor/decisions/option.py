"""An option of the decision card: what one may do about an alert, how much speaks for it, and why."""

from dataclasses import dataclass
from typing import Literal

from unshelf.contracts.permissions import Permission
from unshelf.monitor.alerts.alert import Action

OptionName = Literal["rollback", "replace", "retrain", "collect", "update", "pause", "repair", "ignore"]
"""rollback: the release before; replace: another version; retrain: start what makes a new one; collect: make a dataset of what was
predicted, to train on; update: deploy a new one by hand."""
Verdict = Literal["strong", "possible", "weak"]
_STRONG, _POSSIBLE = 55, 25


@dataclass(frozen=True, kw_only=True)
class ScoreReason:
    """A reason for an option, or against it."""

    points: int
    """The points that it adds, or takes."""
    say: str
    """A sentence."""


@dataclass(frozen=True, kw_only=True)
class CardOption:
    """One option."""

    name: OptionName
    action: Action
    """The kind of action: update, pause, replace, repair or ignore."""
    title: str
    """The act and its object: `Roll back to version 1`."""
    effect: str
    """A sentence: what happens then, and how it is undone."""
    reasons: tuple[ScoreReason, ...]
    command: str
    """The one command; empty: there is none."""
    permission: Permission
    """The permission that it takes, on the model or, of what is started, on its project."""
    version: int | None = None
    """The version that `replace` makes live."""
    target: str | None = None
    """The thing that `retrain` starts, or the dataset that `collect` adds to."""

    @property
    def score(self) -> int:
        """How much speaks for it, 0 to 100: the sum of its points."""
        return max(0, min(100, sum(reason.points for reason in self.reasons)))

    @property
    def verdict(self) -> Verdict:
        """The score in a word."""
        if self.score >= _STRONG:
            return "strong"
        return "possible" if self.score >= _POSSIBLE else "weak"
