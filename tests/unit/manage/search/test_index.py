"""The index on SQLite: a change is found once it is made anew, and never half."""

from pathlib import Path

import pytest
from sqlalchemy import delete, select

from tests.support.actors import actor
from tests.support.search import Searching
from tests.support.subjects import SubjectWorld, subject_world
from unshelf.manage.search.tables import IndexedKindRow, StaleRow


def test_a_change_that_is_taken_back_is_not_marked(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        searching = Searching(world)
        searching.index.refresh()
        with pytest.raises(ZeroDivisionError), world.database.transaction() as session:
            searching.index.mark(session, "model", ["churn"])
            raise ZeroDivisionError
        searching.index.refresh()
        assert searching.search.find(actor(), "churn", limit=9).hits == []


def test_a_rebuild_makes_everything_anew_and_twice_is_fine(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        searching = Searching(world)
        for _ in range(2):
            assert searching.index.rebuild() == 4
            assert searching.index.rebuild() == 4
            searching.index.refresh()
        assert [hit.name for hit in searching.search.find(actor(), "churn", limit=9).hits] == ["churn"]
        assert searching.search.find(actor(), "", limit=9).total == 4


def test_kinds_that_an_older_home_never_indexed_are_marked_once(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        searching = Searching(world)
        searching.index.start()
        searching.index.refresh()
        assert searching.search.find(actor(), "", limit=9).total == 4
        with world.database.transaction() as session:
            session.execute(delete(IndexedKindRow).where(IndexedKindRow.kind == "model"))
        searching.index.start()
        assert _stale(world) == {"churn", "iris", "open"}
        searching.index.refresh()
        searching.index.start()
        assert _stale(world) == set()


def _stale(world: SubjectWorld) -> set[str]:
    with world.database.read() as session:
        return set(session.scalars(select(StaleRow.name)))
