"""Watches: one's own list, page by page; only what may be seen."""

from pathlib import Path

import pytest

from tests.support.subjects import SubjectWorld, member, person, subject_world
from unshelf.contracts.errors import NotFound
from unshelf.manage.watching.service import WatchService


def watching_of(world: SubjectWorld) -> WatchService:
    return WatchService(world.database, world.events, world.subjects, lambda actor: actor)


def test_watches_are_listed_page_by_page_and_only_one_s_own(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        watching, vera = watching_of(world), member("vera", "risk", "viewer")
        for kind, name in [("version", "churn:1"), ("project", "risk"), ("model", "churn")]:
            watching.follow(vera, kind, name)
        watching.follow(member("carl", "risk"), "model", "open")
        page = watching.list_of(vera, limit=2)
        assert [(each.kind, each.name) for each in page.items] == [("model", "churn"), ("project", "risk")]
        rest = watching.list_of(vera, limit=2, cursor=page.next_cursor)
        assert [(each.kind, each.muted) for each in rest.items] == [("version", False)]


def test_asking_again_changes_the_watch_in_place(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        watching, vera = watching_of(world), member("vera", "risk", "viewer")
        since = watching.follow(vera, "model", "churn").since
        assert watching.follow(vera, "model", "churn", muted=True).since == since
        assert [each.muted for each in watching.list_of(vera, limit=9).items] == [True]
        with pytest.raises(NotFound):
            watching.follow(person("sten"), "model", "churn")
