"""Watches over HTTP: each caller's own."""

from unshelf.foundation.web.guard import CurrentActor, requires_subject, requires_token
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.watching.schemas import Watches, WatchRequest, WatchShown
from unshelf.manage.watching.service import WatchService


def router(watching: WatchService) -> ApiRouter:
    """`/watches` and `/subjects/{kind}/{name}/watch`."""
    routes = ApiRouter(tags=["subjects"])

    @routes.get("/watches", dependencies=[requires_token()])
    def list_watches(actor: CurrentActor, limit: Limit = 1000, cursor: Cursor = None) -> Watches:
        """List what the caller watches."""
        page = watching.list_of(actor, limit=limit, cursor=cursor)
        return Watches(watches=page.map(WatchShown.model_validate), next_cursor=page.next_cursor)

    @routes.put(
        "/subjects/{kind}/{name}/watch", responses=problem_answers("not_found"), dependencies=[requires_subject()]
    )
    def watch_subject(kind: str, name: str, wanted: WatchRequest, actor: CurrentActor) -> WatchShown:
        """Follow a subject, or mute it."""
        return WatchShown.model_validate(watching.follow(actor, kind, name, muted=wanted.muted))

    @routes.delete(
        "/subjects/{kind}/{name}/watch",
        responses=problem_answers("not_found"),
        status_code=204,
        dependencies=[requires_subject()],
    )
    def unwatch_subject(kind: str, name: str, actor: CurrentActor) -> None:
        """End the watch; doing it twice is fine."""
        watching.unfollow(actor, kind, name)

    return routes
