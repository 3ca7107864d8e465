"""Budgets over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.budgets.schemas import BudgetList, BudgetRequest, BudgetView
from unshelf.manage.budgets.service import BudgetService

_READ = [requires(Permission.PROJECT_READ, otherwise=Permission.USAGE_READ, anywhere=True, hides=True)]
_CHANGE = [requires(Permission.PROJECT_MANAGE, otherwise=Permission.QUOTAS_MANAGE, anywhere=True, hides=True)]
_MISSING = problem_answers("not_found")


def router(budgets: BudgetService) -> ApiRouter:
    """`/budgets`; `*` stands for the installation."""
    routes = ApiRouter(tags=["usage"])

    @routes.get("/budgets", dependencies=_READ)
    def list_budgets(actor: CurrentActor) -> BudgetList:
        """List the budgets that one may see, with what was spent of each this month."""
        return BudgetList(budgets=[BudgetView.model_validate(each) for each in budgets.list_for(actor)])

    @routes.get("/budgets/{project}", responses=_MISSING, dependencies=_READ)
    def show_budget(project: str, actor: CurrentActor) -> BudgetView:
        """Show the budget of a project, or of the installation (`*`)."""
        return BudgetView.model_validate(budgets.show(actor, project))

    @routes.put("/budgets/{project}", responses=_MISSING, dependencies=_CHANGE)
    def set_budget(project: str, wanted: BudgetRequest, actor: CurrentActor) -> BudgetView:
        """Set the budget of a project, or of the installation (`*`), in place of an earlier one."""
        found = budgets.set(actor, project, amount=wanted.amount, thresholds=wanted.thresholds, stops=wanted.stops)
        return BudgetView.model_validate(found)

    @routes.delete("/budgets/{project}", responses=_MISSING, status_code=204, dependencies=_CHANGE)
    def remove_budget(project: str, actor: CurrentActor) -> None:
        """Remove a budget."""
        budgets.remove(actor, project)

    return routes
