"""Parts that act on subjects of every wing."""

from dataclasses import dataclass

from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.activity import routes as activity_routes
from unshelf.manage.activity.service import ActivityService
from unshelf.manage.comments import routes as comments_routes
from unshelf.manage.comments.service import CommentService
from unshelf.manage.search import routes as search_routes
from unshelf.manage.search.index import SearchIndex
from unshelf.manage.search.service import SearchService
from unshelf.manage.tags import routes as tags_routes
from unshelf.manage.tags.service import TagService
from unshelf.manage.watching import routes as watching_routes
from unshelf.manage.watching.service import WatchService
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.manage import ManageParts


@dataclass(frozen=True, kw_only=True)
class SubjectParts:
    """Parts that act on subjects of every wing."""

    tags: TagService
    watching: WatchService
    comments: CommentService
    index: SearchIndex
    routers: list[ApiRouter]


def build_subjects(base: BaseParts, manage: ManageParts) -> SubjectParts:
    """Build what acts on subjects; each wing registers its kinds itself."""
    database, events, subjects = base.database, base.events, base.subjects
    tags = TagService(database, events, subjects)
    watching = WatchService(database, events, subjects, manage.people.identity.current)
    comments = CommentService(
        database, events, subjects=subjects, watching=watching,
        find_user=lambda session, name: manage.holders.find(session, "user", name),
    )  # fmt: skip
    routers = [
        tags_routes.router(tags),
        comments_routes.router(comments),
        watching_routes.router(watching),
        activity_routes.router(ActivityService(database, subjects)),
    ]
    index = SearchIndex(database, events, subjects=subjects, sources=base.search_sources)
    routers.append(search_routes.router(SearchService(database, subjects), index))
    return SubjectParts(tags=tags, watching=watching, comments=comments, index=index, routers=routers)
