"""Tags and properties over HTTP. `kind` and `name` of an address name a subject: `/subjects/model/credit-risk`."""

from typing import Annotated, Any

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.subjects import SubjectFacts
from unshelf.foundation.web.guard import CurrentActor, requires_subject, requires_token
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.tags.schemas import (
    PropertyRequest,
    PropertyShown,
    SubjectDetail,
    SubjectList,
    SubjectShown,
    TagShown,
    UsedTags,
    UsedTagShown,
)
from unshelf.manage.tags.service import TagService
from unshelf.manage.tags.values import condition_of

_ON_SUBJECT = "/subjects/{kind}/{name}"
_MOST_CONDITIONS = 10


def router(tags: TagService) -> ApiRouter:
    """`/subjects`, `/tags`, and the tags and properties of each subject."""
    routes = ApiRouter(tags=["subjects"])

    @routes.get("/tags", dependencies=[requires_token()])
    def list_tags(
        actor: CurrentActor,
        kind: Annotated[str | None, Query(max_length=32, description="Those of subjects of this kind alone.")] = None,
        prefix: Annotated[str, Query(max_length=64, description="Those that begin so.")] = "",
        limit: Limit = 1000,
        cursor: Cursor = None,
    ) -> UsedTags:
        """List the tags of all subjects that the actor may see, by name."""
        page = tags.used(actor, kind=kind, prefix=prefix, limit=limit, cursor=cursor)
        return UsedTags(tags=page.map(UsedTagShown.model_validate), next_cursor=page.next_cursor)

    @routes.get("/subjects", dependencies=[requires_token()])
    def list_subjects(
        actor: CurrentActor,
        *,
        kind: Annotated[str | None, Query(max_length=32, description="Those of this kind alone.")] = None,
        tag: Annotated[
            list[str] | None, Query(max_length=_MOST_CONDITIONS, description="A tag that they have; all of several.")
        ] = None,
        property: Annotated[
            list[str] | None,
            Query(
                max_length=_MOST_CONDITIONS,
                description="`NAME` or `NAME=VALUE`: a property that they have; all of several.",
            ),
        ] = None,
        limit: Limit = 1000,
        cursor: Cursor = None,
    ) -> SubjectList:
        """List the subjects with all these tags and properties that the actor may see, by kind and name."""
        page = tags.find(
            actor, kind=kind, tags=tag or [], properties=[condition_of(text) for text in property or []], limit=limit,
            cursor=cursor,
        )  # fmt: skip
        shown = page.map(lambda facts: SubjectShown.model_validate(_plain(facts)))
        return SubjectList(subjects=shown, next_cursor=page.next_cursor)

    @routes.get(_ON_SUBJECT, responses=problem_answers("not_found"), dependencies=[requires_subject()])
    def show_subject(kind: str, name: str, actor: CurrentActor) -> SubjectDetail:
        """Show a subject with its tags and properties."""
        facts, its_tags, its_properties = tags.describe(actor, kind, name)
        return SubjectDetail.model_validate(_plain(facts) | {"tags": its_tags, "properties": its_properties})

    _add_changes(routes, tags)
    return routes


def _add_changes(routes: ApiRouter, tags: TagService) -> None:
    may_change = [requires_subject(Permission.COMMENTS_WRITE)]

    @routes.put(
        _ON_SUBJECT + "/tags/{tag}", responses=problem_answers("not_found", "conflict"), dependencies=may_change
    )
    def add_tag(kind: str, name: str, tag: str, actor: CurrentActor) -> TagShown:
        """Give a subject a tag; doing it twice is fine."""
        return TagShown.model_validate(tags.add_tag(actor, kind, name, tag))

    @routes.delete(
        _ON_SUBJECT + "/tags/{tag}", responses=problem_answers("not_found"), status_code=204, dependencies=may_change
    )
    def remove_tag(kind: str, name: str, tag: str, actor: CurrentActor) -> None:
        """Take a tag from a subject."""
        tags.remove_tag(actor, kind, name, tag)

    @routes.put(
        _ON_SUBJECT + "/properties/{property}",
        responses=problem_answers("not_found", "conflict"),
        dependencies=may_change,
    )
    def set_property(
        kind: str, name: str, property: str, wanted: PropertyRequest, actor: CurrentActor
    ) -> PropertyShown:
        """Set a property of a subject, in place of the value it may have."""
        return PropertyShown.model_validate(
            tags.set_property(actor, kind, name, property=property, value=wanted.value, type=wanted.type)
        )

    @routes.delete(
        _ON_SUBJECT + "/properties/{property}",
        responses=problem_answers("not_found"),
        status_code=204,
        dependencies=may_change,
    )
    def remove_property(kind: str, name: str, property: str, actor: CurrentActor) -> None:
        """Remove a property of a subject."""
        tags.remove_property(actor, kind, name, property)


def _plain(facts: SubjectFacts) -> dict[str, Any]:
    subject = facts.subject
    return {
        "kind": subject.kind, "name": subject.name, "title": facts.title, "project": subject.project,
        "model": subject.model, "page": facts.page,
    }  # fmt: skip
