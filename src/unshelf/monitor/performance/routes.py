"""Quality over HTTP."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.performance.quality import Step
from unshelf.monitor.performance.schemas import QualityView
from unshelf.monitor.performance.service import QualityService, question_of
from unshelf.records.selection import SINCE_RULE, parse_since

Moment = Annotated[str, Query(max_length=40, description=SINCE_RULE)]


def router(quality: QualityService, address: Callable[[str], tuple[str, int | None]]) -> ApiRouter:
    """`/models/{ref}/quality`. `address` finds the model and the version, None: all, of a reference, and raises NotFound."""
    routes = ApiRouter(tags=["monitoring"])

    @routes.get(
        "/models/{ref}/quality",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.RECORDS_READ, "ref")],
    )
    def show_quality(
        ref: str,
        actor: CurrentActor,
        *,
        since: Moment = "",
        until: Moment = "",
        by: Step | None = None,
        slice: Annotated[str, Query(max_length=200, description="Only the slices of this input.")] = "",
    ) -> QualityView:
        """Show how good predictions were, as far as their labels have arrived: measures with intervals, over time, by version and slice.

        Unless given: the last thirty days, in steps that suit the range."""
        model, version = address(ref)
        asked = question_of(model, version, parse_since(since), parse_since(until), by=by, slice=slice)
        return QualityView.model_validate(quality.show(actor, asked))

    return routes
