"""Policies about alerts over HTTP."""

from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.policies.schemas import AlertPolicyList, AlertPolicyRequest, AlertPolicyView
from unshelf.monitor.policies.service import PolicyService

_READ = [requires(Permission.ALERTS_READ, anywhere=True, hides=True)]
_ANSWER = [requires(Permission.ALERTS_MANAGE, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")


def router(policies: PolicyService) -> ApiRouter:
    """`/alert-policies`."""
    routes = ApiRouter(tags=["alerts"])

    @routes.get("/alert-policies", dependencies=[requires(Permission.ALERTS_READ, anywhere=True)])
    def list_alert_policies(
        actor: CurrentActor,
        model: Annotated[str | None, Query(description="Only those that answer alerts of this model.")] = None,
        project: Annotated[str | None, Query(description="Only those of this project.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> AlertPolicyList:
        """List the policies that one may see, the newest first."""
        page = policies.list_for(actor, model=model, project=project, limit=limit, cursor=cursor)
        return AlertPolicyList(policies=page.map(AlertPolicyView.model_validate), next_cursor=page.next_cursor)

    @routes.post(
        "/alert-policies",
        responses=problem_answers("not_found", "conflict", "runs_elsewhere"),
        status_code=201,
        dependencies=_ANSWER,
    )
    def set_alert_policy(wanted: AlertPolicyRequest, actor: CurrentActor) -> AlertPolicyView:
        """Have something done about alerts without anybody. It needs the rights of who sets it, for as long as it stands."""
        return AlertPolicyView.model_validate(policies.create(actor, wanted.order()))

    @routes.get("/alert-policies/{id}", responses=_MISSING, dependencies=_READ)
    def show_alert_policy(id: str, actor: CurrentActor) -> AlertPolicyView:
        """Show a policy, and what it did last."""
        return AlertPolicyView.model_validate(policies.show(actor, id))

    @routes.delete("/alert-policies/{id}", responses=_MISSING, status_code=204, dependencies=_ANSWER)
    def delete_alert_policy(id: str, actor: CurrentActor) -> None:
        """Delete a policy: from then on nothing is done without anybody."""
        policies.delete(actor, id)

    return routes
