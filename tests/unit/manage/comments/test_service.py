"""Comments: bad texts are refused before anything is written; an edit mentions only those who are new."""

from pathlib import Path

import pytest

from tests.support.subjects import SubjectWorld, member, subject_world
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.manage.comments.service import CommentService
from unshelf.manage.watching.service import WatchService

CARL = member("carl", "risk")


def comments_of(world: SubjectWorld) -> CommentService:
    watching = WatchService(world.database, world.events, world.subjects, lambda actor: actor)
    return CommentService(
        world.database, world.events, subjects=world.subjects, watching=watching, find_user=lambda session, name: f"id-{name}",
    )  # fmt: skip


def test_an_edit_mentions_only_those_who_are_new(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        comments = comments_of(world)
        comment = comments.add(CARL, "model", "churn", "@ana look")
        comments.edit(CARL, "model", "churn", id=comment.id, text="@ana and @ben look")
        assert [each.after for each in world.events.newest(limit=2).items] == [
            {"comment": comment.id, "mentions": ["id-ben"]}, {"comment": comment.id, "mentions": ["id-ana"]},
        ]  # fmt: skip


def test_a_text_that_can_be_no_comment_changes_nothing(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        comments = comments_of(world)
        with pytest.raises(InvalidInput):
            comments.add(CARL, "model", "churn", " ")
        comment = comments.add(CARL, "model", "churn", "one")
        with pytest.raises(InvalidInput):
            comments.edit(CARL, "model", "churn", id=comment.id, text="")
        with pytest.raises(NotFound):
            comments.texts(CARL, "model", "churn", id="none")
        assert [each.text for each in comments.list_of(CARL, "model", "churn", limit=9).items] == ["one"]
