"""Search on SQLite: hits are shown with all that a list needs."""

from pathlib import Path

from tests.support.actors import actor
from tests.support.search import Searching
from tests.support.subjects import subject_world


def test_a_hit_has_its_place_its_tags_and_a_snippet(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        searching = Searching(world)
        searching.write("churn", "Customers who leave the bank.")
        searching.tags.add_tag(actor(), "model", "churn", "gold")
        searching.index.refresh()
        page = searching.search.find(actor(), "leave", limit=9)
        hit = page.hits[0]
        assert (hit.kind, hit.project, hit.model, hit.owner, hit.page) == (
            "model",
            "risk",
            "churn",
            "ana",
            "/models/churn",
        )
        assert (hit.tags, hit.snippet) == (["gold"], "Customers who leave the bank.")
        assert (page.total, page.is_exact, page.next_cursor) == (1, True, None)
