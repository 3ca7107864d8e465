"""Comments over HTTP."""

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires_subject
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.comments.schemas import CommentRequest, Comments, CommentShown, CommentTexts, CommentTextShown
from unshelf.manage.comments.service import CommentService

_COMMENTS = "/subjects/{kind}/{name}/comments"


def router(comments: CommentService) -> ApiRouter:
    """`/subjects/{kind}/{name}/comments` and each comment below."""
    routes = ApiRouter(tags=["subjects"])
    may_write = [requires_subject(Permission.COMMENTS_WRITE)]
    not_found = problem_answers("not_found")

    @routes.get(_COMMENTS, responses=not_found, dependencies=[requires_subject()])
    def list_comments(kind: str, name: str, actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None) -> Comments:
        """List the comments on a subject, the oldest first."""
        page = comments.list_of(actor, kind, name, limit=limit, cursor=cursor)
        return Comments(comments=page.map(CommentShown.model_validate), next_cursor=page.next_cursor)

    @routes.post(_COMMENTS, responses=not_found, status_code=201, dependencies=may_write)
    def add_comment(kind: str, name: str, wanted: CommentRequest, actor: CurrentActor) -> CommentShown:
        """Comment on a subject."""
        return CommentShown.model_validate(comments.add(actor, kind, name, wanted.text))

    @routes.put(_COMMENTS + "/{id}", responses=not_found, dependencies=may_write)
    def edit_comment(kind: str, name: str, id: str, wanted: CommentRequest, actor: CurrentActor) -> CommentShown:
        """Give one's own comment another text."""
        return CommentShown.model_validate(comments.edit(actor, kind, name, id=id, text=wanted.text))

    @routes.delete(_COMMENTS + "/{id}", responses=not_found, status_code=204, dependencies=may_write)
    def delete_comment(kind: str, name: str, id: str, actor: CurrentActor) -> None:
        """Delete a comment; doing it twice is fine."""
        comments.delete(actor, kind, name, id=id)

    @routes.get(_COMMENTS + "/{id}/texts", responses=not_found, dependencies=[requires_subject()])
    def list_comment_texts(kind: str, name: str, id: str, actor: CurrentActor) -> CommentTexts:
        """Show all texts that a comment had."""
        texts = comments.texts(actor, kind, name, id=id)
        return CommentTexts(texts=list(map(CommentTextShown.model_validate, texts)))

    return routes
