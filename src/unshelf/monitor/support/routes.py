"""Support of models and projects over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.support.schemas import SupportRequest, SupportView
from unshelf.monitor.support.service import SupportService

_MISSING = problem_answers("not_found")


def router(support: SupportService) -> ApiRouter:
    """`/models/{name}/support` and `/projects/{project}/support`."""
    routes = ApiRouter(tags=["alerts"])

    @routes.get("/models/{name}/support", responses=_MISSING, dependencies=[requires(Permission.ALERTS_READ, "name")])
    def show_model_support(name: str) -> SupportView:
        """Show how much a model matters, and who hears of its alerts."""
        return SupportView.of(support.show("model", name))

    @routes.put("/models/{name}/support", responses=_MISSING, dependencies=[requires(Permission.ALERTS_MANAGE, "name")])
    def set_model_support(name: str, wanted: SupportRequest, actor: CurrentActor) -> SupportView:
        """Say how much a model matters, and who hears of its alerts."""
        return SupportView.of(support.set(actor, "model", name, wanted.wanted()))

    @routes.get(
        "/projects/{project}/support",
        responses=_MISSING,
        dependencies=[requires(Permission.PROJECT_READ, project_from="project")],
    )
    def show_project_support(project: str) -> SupportView:
        """Show how much the models of a project matter, unless they say otherwise."""
        return SupportView.of(support.show("project", project))

    @routes.put(
        "/projects/{project}/support",
        responses=_MISSING,
        dependencies=[requires(Permission.PROJECT_MANAGE, project_from="project")],
    )
    def set_project_support(project: str, wanted: SupportRequest, actor: CurrentActor) -> SupportView:
        """Say how much the models of a project matter, and who hears of their alerts."""
        return SupportView.of(support.set(actor, "project", project, wanted.wanted()))

    return routes
