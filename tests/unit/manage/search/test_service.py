"""Search on SQLite: hits are shown with all that a list needs."""

from pathlib import Path

from tests.support.actors import actor
from tests.support.search import Searching
from tests.support.subjects import subject_world
from unshelf.manage.search.service import facets_of


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


def test_all_kinds_are_counted_and_of_tags_the_most_frequent() -> None:
    """Given more kinds and tags than fit a list, then each kind is there, as a page's filter needs, and rare tags are left out."""
    rows = [
        (number, f"kind-{number % 25}", "ana", f"tag-{number % 25}", "risk", 0.0) for number in range(30)
    ]  # fmt: skip
    facets = facets_of(rows)
    assert len(facets["kind"]) == 25
    assert facets["kind"][:2] == [("kind-0", 2), ("kind-1", 2)]
    assert len(facets["tag"]) == 20
    assert facets["project"] == [("risk", 30)]
    assert facets_of([]) == {"kind": [], "project": [], "owner": [], "tag": []}
