"""Quotas over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires, requires_token
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.quotas.accounts import AccountKind
from unshelf.manage.quotas.resources import QuotaLimits
from unshelf.manage.quotas.schemas import OwnQuota, QuotaDetail, QuotaList, QuotaRequest
from unshelf.manage.quotas.service import QuotaService


def router(quotas: QuotaService) -> ApiRouter:
    """`/quotas`, one's own, and that of a project."""
    routes = ApiRouter(tags=["quotas"])

    @routes.get("/quotas", dependencies=[requires(Permission.PLATFORM_READ)])
    def list_quotas() -> QuotaList:
        """List the quotas that were set, with what is used of each."""
        return QuotaList(quotas=[QuotaDetail.model_validate(each) for each in quotas.of_all()])

    @routes.get("/quotas/mine", dependencies=[requires_token()])
    def show_own_quota(actor: CurrentActor) -> OwnQuota:
        """Show the actor's own quota with what is used of it: by a key, that of the user who answers for it."""
        found = quotas.of_person(actor)
        return OwnQuota(quota=None if found is None else QuotaDetail.model_validate(found))

    @routes.get(
        "/projects/{project}/quota",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.PROJECT_READ, project_from="project")],
    )
    def show_project_quota(project: str) -> QuotaDetail:
        """Show the quota of a project with what is used of it."""
        return QuotaDetail.model_validate(quotas.of_project(project))

    _add_changes(routes, quotas)
    return routes


def _add_changes(routes: ApiRouter, quotas: QuotaService) -> None:
    fails = problem_answers("not_found")
    may_manage = [requires(Permission.QUOTAS_MANAGE)]

    @routes.put("/quotas/{account}/{name}", responses=fails, dependencies=may_manage)
    def set_quota(account: AccountKind, name: str, wanted: QuotaRequest, actor: CurrentActor) -> QuotaDetail:
        """Set the quota of a project, a user or the installation (`*`), in place of an earlier one; `*` of projects or users: of each
        that has none of its own."""
        limits = QuotaLimits(**wanted.model_dump())
        return QuotaDetail.model_validate(quotas.set(actor, account, name, limits))

    @routes.delete("/quotas/{account}/{name}", responses=fails, status_code=204, dependencies=may_manage)
    def remove_quota(account: AccountKind, name: str, actor: CurrentActor) -> None:
        """Remove a quota, with the increases that were granted."""
        quotas.remove(actor, account, name)
