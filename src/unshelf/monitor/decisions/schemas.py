"""Decision cards on the wire."""

from datetime import datetime
from typing import Self

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.monitor.alerts.alert import Action
from unshelf.monitor.decisions.decision import AlertDecision, DecisionCard
from unshelf.monitor.decisions.option import CardOption, OptionName, Verdict


class ScoreReasonView(AnswerModel):
    """A reason for an option, or against it."""

    points: int
    """The points that it adds, or takes."""
    say: str
    """A sentence."""


class CardOptionView(AnswerModel):
    """Something that one may do about an alert."""

    name: OptionName
    """rollback: the release before; replace: another version; retrain: start what makes one; collect: data for it; update: by hand."""
    action: Action
    """The kind of action: update, pause, replace, repair or ignore."""
    title: str
    """The act and its object, such as `Roll back to version 1`."""
    effect: str
    """A sentence: what happens then, and how it is undone."""
    score: int
    """How much speaks for it, 0 to 100: the sum of the points of its reasons."""
    verdict: Verdict
    """The score in a word: strong from 55 points on, possible from 25 on, weak below."""
    reasons: list[ScoreReasonView]
    """The reasons that make the score, and nothing else does."""
    command: str
    """The one command; empty: there is none."""
    version: int | None
    """The version that `replace` makes live; null: for other options."""
    target: str | None
    """The thing that `retrain` starts, or the dataset that `collect` adds to; null: for other options."""
    may: bool
    """Whether the actor may do it."""

    @classmethod
    def shown(cls, option: CardOption, *, may: bool) -> Self:
        """The wire shape of an option."""
        return cls(
            name=option.name, action=option.action, title=option.title, effect=option.effect, score=option.score,
            verdict=option.verdict, command=option.command, version=option.version, target=option.target, may=may,
            reasons=[ScoreReasonView(points=each.points, say=each.say) for each in option.reasons],
        )  # fmt: skip


class AlertDecisionView(AnswerModel):
    """A decision about an alert."""

    id: str
    """The id, which sorts by time."""
    choice: str
    """The option that was chosen."""
    score: int | None
    """The score that it had then; null: a policy chose."""
    reason: str
    """Why, in the words of who chose."""
    outcome: str
    """A sentence: what came of it."""
    policy: str | None
    """The name of the policy that chose; null: somebody did."""
    by: str
    """The label of who chose."""
    at: datetime
    """When it was chosen."""


class CardVersion(AnswerModel):
    """A version, as far as it matters to the decision."""

    version: int
    """The version's number."""
    percent: float
    """The share of the traffic that it gets now."""
    created_at: datetime
    """When it was deployed."""
    requests: int
    """Requests of the last week."""
    failed: int
    """Requests of these that were answered with a status of 500 or more."""


class AlertCard(AnswerModel):
    """The decision card of an alert."""

    alert: str
    """The alert's id."""
    project: str | None
    """The project of the model; null: it is the installation's alert."""
    may_answer: bool
    """Whether the actor may answer it: acknowledge, snooze, assign and decide."""
    since: datetime
    """When the problem began."""
    released_at: datetime | None
    """When the release of the model changed last; null: it never had one, or it is no model's alert."""
    requests_an_hour: float | None
    """Requests of the last day in an hour; null: not known."""
    versions: list[CardVersion]
    """The versions of the model."""
    options: list[CardOptionView]
    """Options, the one that most speaks for first; empty: the alert is over."""
    decisions: list[AlertDecisionView]
    """Decisions so far, the newest first."""

    @classmethod
    def of(cls, card: DecisionCard) -> Self:
        """The wire shape of a card."""
        situation = card.situation
        return cls(
            alert=situation.alert, project=card.project, may_answer=card.may_answer, since=situation.since,
            released_at=situation.released_at, requests_an_hour=situation.requests_an_hour,
            versions=[
                CardVersion(
                    version=each.number, percent=each.percent, created_at=each.created_at, requests=each.requests,
                    failed=each.failed,
                )
                for each in situation.versions
            ],
            options=[CardOptionView.shown(option, may=may) for option, may in zip(card.options, card.allowed, strict=True)],
            decisions=[decision_view(each) for each in card.decisions],
        )  # fmt: skip


class DecisionRequest(RequestModel):
    """A choice of an option of the card."""

    choice: OptionName
    """The option."""
    reason: str = Field(default="", max_length=2000)
    """Why, for those who look later."""
    version: int | None = Field(default=None, ge=1)
    """The version that `replace` makes live; null: the one that the card names."""
    target: str | None = Field(default=None, max_length=200)
    """The thing that `retrain` starts; null: the first one of the card."""


def decision_view(decision: AlertDecision) -> AlertDecisionView:
    """Show a decision."""
    return AlertDecisionView.model_validate(decision)
