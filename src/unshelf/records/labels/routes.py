"""Labels over HTTP."""

from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.records.labels.label import LabelSent
from unshelf.records.labels.schemas import (
    LabelPage,
    LabelRequest,
    LabelsAddedView,
    LabelsRequest,
    LabelSummaryView,
    LabelView,
)
from unshelf.records.labels.service import LabelService

Model = Annotated[str, Query(max_length=64, description="The model that predicted.")]


def router(labels: LabelService) -> ApiRouter:
    """`/labels`."""
    routes = ApiRouter(tags=["monitoring"])

    @routes.post(
        "/labels",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.LABELS_WRITE, anywhere=True)],
    )
    def add_labels(sent: LabelsRequest, actor: CurrentActor) -> LabelsAddedView:
        """Send the truth about predictions: up to 10,000 labels, all of which are stored or none.

        A later label of the same prediction and row, or the same key, corrects the earlier one; both are kept."""
        added = labels.add(actor, sent.model, [_sent(label) for label in sent.labels], source=sent.source)
        return LabelsAddedView.model_validate(added)

    @routes.get(
        "/labels",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.RECORDS_READ, anywhere=True)],
    )
    def list_labels(
        actor: CurrentActor,
        model: Model,
        *,
        prediction_id: Annotated[str, Query(max_length=200)] = "",
        key: Annotated[str, Query(max_length=200)] = "",
        history: bool = False,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        cursor: str | None = None,
    ) -> LabelPage:
        """List the labels of a model, those received last first. `history`: also those that were corrected."""
        page = labels.list_for(
            actor, model, prediction_id=prediction_id, key=key, history=history, limit=limit, cursor=cursor
        )
        return LabelPage(labels=page.map(LabelView.model_validate), next_cursor=page.next_cursor)

    @routes.get(
        "/labels/summary",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.RECORDS_READ, anywhere=True)],
    )
    def summarize_labels(actor: CurrentActor, model: Model) -> LabelSummaryView:
        """Show how many labels a model has, and how many of them found their prediction."""
        return LabelSummaryView.model_validate(labels.summary(actor, model))

    return routes


def _sent(label: LabelRequest) -> LabelSent:
    key = None if label.key is None else str(label.key)
    return LabelSent(prediction_id=label.prediction_id, key=key, row=label.row, value=label.value, at=label.at)
