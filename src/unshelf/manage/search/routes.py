"""Search over HTTP."""

from typing import Annotated

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires, requires_token
from unshelf.foundation.web.paging import Cursor
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.search.index import SearchIndex
from unshelf.manage.search.schemas import FacetValue, HitShown, RebuildStarted, SearchResults
from unshelf.manage.search.service import SearchService

_MOST_RESULTS = 100


def router(search: SearchService, index: SearchIndex) -> ApiRouter:
    """`/search`."""
    routes = ApiRouter(tags=["subjects"])

    @routes.get("/search", dependencies=[requires_token()])
    def search_everything(
        actor: CurrentActor,
        q: Annotated[
            str,
            Query(
                max_length=1000,
                description="Words and filters: `drift kind:model project:risk owner:ana tag:gold property:cost=3 after:2026-01-01`.",
            ),
        ] = "",
        limit: Annotated[int, Query(ge=1, le=_MOST_RESULTS, description="The most results of a page.")] = 20,
        cursor: Cursor = None,
    ) -> SearchResults:
        """Search everything that the actor may see."""
        found = search.find(actor, q, limit=limit, cursor=cursor)
        return SearchResults(
            results=list(map(HitShown.model_validate, found.hits)), total=found.total, is_exact=found.is_exact,
            facets={
                name: [FacetValue(value=value, count=count) for value, count in values]
                for name, values in found.facets.items()
            },
            next_cursor=found.next_cursor,
        )  # fmt: skip

    @routes.post("/search/rebuild", status_code=202, dependencies=[requires(Permission.PLATFORM_MANAGE)])
    def rebuild_search() -> RebuildStarted:
        """Make the whole index anew, in the background; until that is done it answers as it is."""
        return RebuildStarted(documents=index.rebuild())

    return routes
