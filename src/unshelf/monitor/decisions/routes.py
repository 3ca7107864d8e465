"""Decision cards over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.decisions.schemas import AlertCard, AlertDecisionView, DecisionRequest, decision_view
from unshelf.monitor.decisions.service import DecisionService

_READ = [requires(Permission.ALERTS_READ, anywhere=True, hides=True)]
_ANSWER = [requires(Permission.ALERTS_MANAGE, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")


def router(decisions: DecisionService) -> ApiRouter:
    """`/alerts/{id}/card` and `/alerts/{id}/decisions`."""
    routes = ApiRouter(tags=["alerts"])

    @routes.get("/alerts/{id}/card", responses=_MISSING, dependencies=_READ)
    def show_alert_card(id: str, actor: CurrentActor) -> AlertCard:
        """Show what one may do about an alert, ranked, with the reasons, and what was chosen so far."""
        return AlertCard.of(decisions.card(actor, id))

    @routes.post(
        "/alerts/{id}/decisions",
        responses=problem_answers("not_found", "conflict", "quota_exceeded"),
        status_code=201,
        dependencies=_ANSWER,
    )
    def decide_alert(id: str, wanted: DecisionRequest, actor: CurrentActor) -> AlertDecisionView:
        """Carry out an option of the card, and keep who chose it and why. It takes the right that the option takes."""
        return decision_view(
            decisions.decide(
                actor, id, wanted.choice, reason=wanted.reason, version=wanted.version, target=wanted.target
            )
        )

    return routes
