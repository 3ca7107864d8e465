"""Collections over HTTP."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.monitor.retraining.collection import CollectionQuery
from unshelf.monitor.retraining.schemas import CollectionList, CollectionRequest, CollectionView
from unshelf.monitor.retraining.service import CollectionService

_READ = [requires(Permission.RECORDS_READ, anywhere=True)]
_MISSING = problem_answers("not_found")


def router(collections: CollectionService) -> ApiRouter:
    """`/collections`."""
    routes = ApiRouter(tags=["monitoring"])

    @routes.get("/collections", dependencies=_READ)
    def list_collections(
        actor: CurrentActor,
        model: Annotated[str | None, Query(max_length=64, description="Only those of this model.")] = None,
        dataset: Annotated[str | None, Query(max_length=64, description="Only those of this dataset.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> CollectionList:
        """List the collections of predictions, the newest first: where versions of datasets come from."""
        page = collections.list_for(actor, model=model, dataset=dataset, limit=limit, cursor=cursor)
        return CollectionList(collections=page.map(CollectionView.model_validate), next_cursor=page.next_cursor)

    @routes.post(
        "/collections",
        responses=problem_answers("not_found", "conflict"),
        dependencies=_READ,
        status_code=HTTPStatus.ACCEPTED,
    )
    def begin_collection(wanted: CollectionRequest, actor: CurrentActor) -> CollectionView:
        """Have recorded predictions of a model, with their labels, become the next version of a dataset."""
        query = CollectionQuery(
            since=wanted.since, until=wanted.until, version=wanted.version, slice=wanted.slice, labels=wanted.labels
        )
        found = collections.begin(actor, wanted.model, wanted.dataset, query, key=wanted.key)
        return CollectionView.model_validate(found)

    @routes.get("/collections/{id}", responses=_MISSING, dependencies=_READ)
    def show_collection(id: str, actor: CurrentActor) -> CollectionView:
        """Show a collection, and what came of it."""
        return CollectionView.model_validate(collections.show(actor, id))

    @routes.post(
        "/collections/{id}/again",
        responses=problem_answers("not_found", "conflict"),
        dependencies=_READ,
        status_code=HTTPStatus.ACCEPTED,
    )
    def collect_again(id: str, actor: CurrentActor) -> CollectionView:
        """Collect by the same query once more: of what is recorded and labelled by now."""
        return CollectionView.model_validate(collections.again(actor, id))

    return routes
