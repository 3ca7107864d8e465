"""Checks of versions over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.deploy.checks.schemas import CheckDetail, CheckList, CheckRequest
from unshelf.deploy.checks.service import CheckService, WantedCheck
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter


def router(checks: CheckService) -> ApiRouter:
    """`/models/{ref}/checks`."""
    routes = ApiRouter(tags=["models"])

    @routes.post(
        "/models/{ref}/checks",
        status_code=201,
        responses=problem_answers("not_found", "too_many_requests", "unavailable"),
        dependencies=[requires(Permission.MODEL_CHECK, model_from="ref")],
    )
    def run_check(ref: str, wanted: CheckRequest, actor: CurrentActor) -> CheckDetail:
        """Ask a version for rows of the caller's own, one at a time, and keep what came of it. Nothing else changes."""
        asked = WantedCheck(
            data=wanted.data,
            rows=wanted.rows,
            most_rows=wanted.most_rows,
            label=wanted.label or "",
            output=wanted.output or "",
        )
        return CheckDetail.model_validate(checks.run(actor, ref, asked))

    @routes.get(
        "/models/{ref}/checks",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_INSPECT, model_from="ref")],
    )
    def list_checks(ref: str, limit: Limit = 20, cursor: Cursor = None) -> CheckList:
        """List the checks of a version that people ran with data of their own, the newest first."""
        page = checks.list_of(ref, limit=limit, cursor=cursor)
        return CheckList(checks=page.map(CheckDetail.model_validate), next_cursor=page.next_cursor)

    return routes
