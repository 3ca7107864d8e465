"""The door to scorings: what can't be scored or written is refused with the reason, and each sees those of their projects."""

from typing import Any

import pytest

from tests.unit.deploy.scorings.conftest import ScoringShop
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.deploy.scorings.scoring import ScoringOrder
from unshelf.deploy.scorings.tables import ScoringRow
from unshelf.develop.connections.service import WantedConnection


@pytest.fixture
def connected(shop: ScoringShop) -> ScoringShop:
    """A shop with a database, a bucket and a folder."""
    shop.jobs.connections._hosts = ["*.example.org"]
    for name, kind, settings in (
        ("warehouse", "sql", {"host": "db.example.org", "database": "sales"}),
        ("lake", "s3", {"bucket": "b", "endpoint": "https://s3.example.org"}),
        ("shared", "local", {"folder": "shared"}),
    ):
        wanted: Any = WantedConnection(kind=kind, settings=settings, credentials={})  # type: ignore[arg-type]
        shop.jobs.connections.set(shop.ana, name, wanted, project="risk", description=None)
    return shop


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"chunk": 0}, "chunk is 1 to"), ({"most_failed": -1}, "number of rows that may fail"), ({"tier": "huge"}, "no tier 'huge'"),
        ({"keep": ["a", "a"]}, "named once each"), ({"data": "orders"}, "data://"), ({"data": "data://orders"}, "no data 'orders'"),
        ({"out": "data://scored@3"}, "names a version"), ({"out": "data://absent/scores"}, "no data 'absent'"),
        ({"out": "data://shared/scores"}, "only read"), ({"out": "data://lake/scores.csv.gz"}, r"no \.gz file"),
        ({"out": "data://lake/scores.csv", "if_exists": "append"}, "added to one file"),
        ({"out": "data://warehouse/public.scores", "format": "csv"}, "has no format"), ({"files": []}, "data or uploaded files"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused(connected: ScoringShop, fields: dict[str, Any], said: str) -> None:
    with pytest.raises((InvalidInput, NotFound), match=said):
        connected.begin(**fields)


def test_the_place_of_the_results_says_their_format(connected: ScoringShop) -> None:
    for out, asked, format in (
        ("data://lake/scores.csv", "parquet", "csv"), ("data://lake/a.PARQUET", "csv", "parquet"), ("data://lake/scores", "csv", "csv"),
        ("data://warehouse/public.scores", "parquet", "parquet"), ("data://scored", "csv", "csv"), ("", "csv", "csv"),
    ):  # fmt: skip
        assert connected.service.show(connected.ana, connected.begin(out=out, format=asked)).format == format


def test_a_scoring_is_begun_again_as_it_was_but_for_what_is_said(connected: ScoringShop) -> None:
    first = connected.begin(out="data://warehouse/public.scores", if_exists="append", chunk=7)
    again = connected.service.again(connected.ana, first, key="k" * 16, changes={"chunk": 9})
    assert (again.parent, again.if_exists, again.chunk) == (first, "append", 9)
    with connected.jobs.database.transaction() as session:  # one that was begun before there was a choice
        row = session.get_one(ScoringRow, first)
        row.options = {name: value for name, value in row.options.items() if name != "if_exists"}
    assert connected.service.show(connected.ana, first).if_exists == "fail"
    assert connected.service.again(connected.ana, first, key="l" * 16).if_exists == "fail"
    with pytest.raises(InvalidInput, match="'speed' is nothing that a scoring has"):
        connected.service.again(connected.ana, first, key="m" * 16, changes={"speed": 1})


def test_a_paused_version_and_one_without_rows_of_its_own_are_not_scored(shop: ScoringShop) -> None:
    shop.version.paused = True
    with pytest.raises(Conflict, match="credit is paused"):
        shop.begin()
    shop.version.paused, shop.version.version.manifest = (
        False,
        type("M", (), {"output": "table", "runs_elsewhere": False})(),
    )
    with pytest.raises(InvalidInput, match="one answer for all rows"):
        shop.begin()


def test_the_same_key_begins_one_scoring(shop: ScoringShop) -> None:
    first = shop.begin(key="k" * 16)
    assert shop.begin(key="k" * 16) == first
    with pytest.raises(Conflict, match="same key"):
        shop.service.begin(shop.jobs.people["ben"], ScoringOrder(reference="credit", data="", key="k" * 16))


def test_viewers_see_scorings_contributors_end_them_and_others_know_of_none(shop: ScoringShop) -> None:
    id, people = shop.begin(), shop.jobs
    assert [each.id for each in shop.service.list_for(people.vic, limit=10).items] == [id]
    with pytest.raises(Forbidden):
        shop.service.cancel(people.vic, id)
    with pytest.raises(NotFound):
        shop.service.show(people.eve, id)
    with pytest.raises(Conflict, match="has not ended"):
        shop.service.delete(shop.ana, id)
    assert shop.service.cancel(shop.ana, id).state == "cancelled"
    shop.service.delete(shop.ana, id)
    with pytest.raises(NotFound):
        shop.service.show(shop.ana, id)
