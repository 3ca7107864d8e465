"""Search on every database: the same words find the same things, for those who may see them, and after a crash too."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.actors import actor
from tests.support.search import Searching
from tests.support.subjects import SubjectWorld, member, person
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.events.event import model_subject
from unshelf.manage.search.service import SearchPage
from unshelf.server.backends import load_backend
from unshelf.server.wiring import control

ADMIN = actor(name="admin")
OLGA = member("olga", "risk", "owner")
STEN = person("sten")


@pytest.fixture
def found_in(database_url: str) -> Iterator[Searching]:
    assert control.build_control  # importing it is what makes every wing's tables known
    database: Database = load_backend("database", database_url)(database_url)
    migrate(database)
    world = SubjectWorld(database)
    world.project("risk")
    for name, project in [("credit-risk", "risk"), ("churn_v2", "risk"), ("iris", "default"), ("rückstand", "risk")]:
        world.model(name, project)
    searching = Searching(world)
    searching.write("credit-risk", "Probability of default of a loan; drift is watched.")
    searching.write(
        "churn_v2", "Who leaves. Credit cards, 24x7, naïve café model 1e5 3.14 a.b.c x@y.z 'quoted' & | ! :*"
    )
    searching.write("iris", "Flowers and their leaves.")
    searching.write("rückstand", "Zahlungsrückstände")
    searching.index.rebuild()
    searching.index.refresh()
    yield searching
    database.dispose()


def names(page: SearchPage) -> list[str]:
    return [hit.name for hit in page.hits]


def ask(searching: Searching, text: str, who: Actor = ADMIN) -> list[str]:
    return names(searching.search.find(who, text, limit=100))


CASES: list[tuple[str, list[str] | None]] = [
    ("loan", ["credit-risk"]), ("LOAN default", ["credit-risk"]), ("loan flowers", []), ("lea", ["churn_v2", "iris"]),
    ("leav ", []), ("leav*  ", ["churn_v2", "iris"]), ("cafe naive", ["churn_v2"]), ("CAFÉ", ["churn_v2"]), ("24x7", ["churn_v2"]),
    ("1e5 ", ["churn_v2"]), ("3.14 ", ["churn_v2"]), ("a.b.c ", ["churn_v2"]), ("x@y.z ", ["churn_v2"]), ("quoted' ", ["churn_v2"]),
    ("churn v2", ["churn_v2"]), ("churn_v2", ["churn_v2"]), ("churn-v2 ", ["churn_v2"]), ("ruckstand", ["rückstand"]),
    ("Zahlungsrückst", ["rückstand"]), ("& | !", None), ("credit-risk:3", []), ("'; drop table", []), ('"', None), ("zzz", []),
    ("kind:model", ["churn_v2", "credit-risk", "iris", "rückstand"]), ("kind:model project:risk lea", ["churn_v2"]),
    ("kind:project risk", ["risk"]), ("owner:ana iri", ["iris"]), ("owner:ben", []), ("kind:model kind:project def", None),
]  # fmt: skip


def test_words_and_filters_find_the_same_everywhere(found_in: Searching) -> None:
    for text, expected in CASES:
        found = sorted(ask(found_in, text))
        assert expected is None or found == expected, text


def test_a_hit_in_the_name_comes_before_one_in_the_text(found_in: Searching) -> None:
    assert ask(found_in, "credit") == ["credit-risk", "churn_v2"]
    found_in.write("iris", "credit " * 30)
    found_in.index.refresh()
    assert ask(found_in, "credit")[0] == "credit-risk"


def test_nothing_is_found_or_counted_that_one_may_not_see(found_in: Searching) -> None:
    found_in.world.alert("credit-risk")
    found_in.world.alert(None)
    found_in.index.refresh()
    assert len(ask(found_in, "")) == 8
    page = found_in.search.find(OLGA, "", limit=1)
    assert page.total == 5
    assert page.facets["kind"] == [("model", 3), ("alert", 1), ("project", 1)]
    assert page.facets["project"] == [("risk", 5)]
    nothing = found_in.search.find(STEN, "", limit=9)
    assert (nothing.hits, nothing.total, nothing.facets["owner"]) == ([], 0, [])
    assert ask(found_in, "", actor("predict", ["ir*"], id="k2")) == ["iris"]
    with found_in.world.database.transaction() as session:
        place_model(session, "iris", "risk", "internal")
        moved = model_subject("model", "iris", "iris", project="risk")
        found_in.world.events.record(session, ADMIN, "model.moved", moved)
    assert ask(found_in, "", STEN) == ["iris"]
    assert ask(found_in, "project:risk iris", ADMIN) == ["iris"]


def test_tags_and_properties_are_words_filters_and_facets(found_in: Searching) -> None:
    found_in.tags.add_tag(OLGA, "model", "credit-risk", "gold")
    found_in.tags.add_tag(OLGA, "model", "credit-risk", "new")
    found_in.tags.add_tag(OLGA, "model", "churn_v2", "gold")
    found_in.tags.set_property(OLGA, "model", "churn_v2", property="cost", value=4711)
    found_in.index.refresh()
    assert sorted(ask(found_in, "gold")) == ["churn_v2", "credit-risk"]
    assert (
        ask(found_in, "4711")
        == ask(found_in, "property:cost=4711")
        == ask(found_in, "tag:gold property:cost")
        == ["churn_v2"]
    )
    assert ask(found_in, "tag:gold tag:new") == ["credit-risk"]
    assert found_in.search.find(OLGA, "tag:gold", limit=1).facets["tag"] == [("gold", 2), ("new", 1)]
    found_in.tags.remove_tag(OLGA, "model", "credit-risk", "gold")
    found_in.index.refresh()
    assert ask(found_in, "gold") == ["churn_v2"]


def test_pages_follow_one_another(found_in: Searching) -> None:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = found_in.search.find(ADMIN, "kind:model", limit=3, cursor=cursor)
        found += names(page)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert (sorted(found), page.total) == (["churn_v2", "credit-risk", "iris", "rückstand"], 4)


def test_dates_bound_what_is_found(found_in: Searching) -> None:
    tomorrow, today = (now() + timedelta(days=1)).date().isoformat(), now().date().isoformat()
    assert ask(found_in, f"kind:model after:{tomorrow}") == []
    assert len(ask(found_in, f"kind:model after:{today} before:{tomorrow}")) == 4


def test_what_a_crash_left_undone_is_done_after_it(found_in: Searching) -> None:
    """Given a change whose document was not made, another index over the same database makes it."""
    found_in.tags.add_tag(OLGA, "model", "churn_v2", "urgent")
    assert ask(found_in, "urgent") == []
    after = Searching(found_in.world)
    after.texts = found_in.texts
    after.index.refresh()
    assert ask(after, "urgent") == ["churn_v2"]


def test_what_is_removed_is_not_found_and_a_rebuild_leaves_out_what_is_gone(found_in: Searching) -> None:
    alert = found_in.world.alert("iris", "skew")
    found_in.index.refresh()
    assert ask(found_in, "kind:alert iris drifts") == [alert]
    with found_in.world.database.transaction() as session:
        found_in.world.subjects.removed(session, "model", ["iris"])
    assert found_in.index.rebuild() == 7
    found_in.index.refresh()
    assert sorted(ask(found_in, "kind:model")) == [
        "churn_v2",
        "credit-risk",
        "iris",
        "rückstand",
    ]  # still in the registry
    assert ask(found_in, "kind:alert iris drifts") == [alert]
