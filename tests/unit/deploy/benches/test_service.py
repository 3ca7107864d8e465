"""The door to benches: what can't be measured is refused with the reason, and each sees those of their projects."""

from typing import Any

import pytest

from tests.unit.deploy.benches.conftest import BenchShop
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.deploy.benches.bench import BenchOrder


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rows": 0}, "number of rows of a request is 1 to 10000, got 0"), ({"callers": 300}, "number of callers is 1 to 256"),
        ({"seconds": 100.0}, "time of a measurement is 0.1 to 60"), ({"data": "orders"}, "data://"),
        ({"data": "data://lake/2026"}, "no connection|no dataset|There is no"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused(shop: BenchShop, fields: dict[str, Any], said: str) -> None:
    with pytest.raises((InvalidInput, NotFound), match=said):
        shop.begin(**fields)


def test_tiers_and_versions_that_there_are_not_are_named(shop: BenchShop) -> None:
    with pytest.raises(NotFound, match="huge"):
        shop.begin(tiers=["huge"])
    with pytest.raises(NotFound):
        shop.begin(reference="other")


def test_a_paused_version_is_not_measured(shop: BenchShop) -> None:
    shop.version.paused = True
    with pytest.raises(Conflict, match="credit is paused"):
        shop.begin()


def test_the_same_key_begins_one_bench(shop: BenchShop) -> None:
    first = shop.begin(key="k" * 16)
    assert shop.begin(key="k" * 16) == first
    with pytest.raises(Conflict, match="same key"):
        shop.service.begin(shop.jobs.people["ben"], BenchOrder(reference="credit", key="k" * 16))


def test_a_tier_with_less_memory_than_the_check_took_says_so(shop: BenchShop) -> None:
    shop.version.version.checks = type(shop.version.version.checks)(
        python="3.12", load_seconds=0.1, memory_bytes=3 << 29, signature=shop.version.version.checks.signature
    )
    lines = shop.service.show(shop.ana, shop.begin()).tiers
    assert [line.state for line in lines] == ["unfit", "waiting", "unfit"]
    assert lines[0].reason == "Too little memory: the version took 1.5 GiB in its check, the tier has 1 GiB."


def test_viewers_see_benches_contributors_end_them_and_others_know_of_none(shop: BenchShop) -> None:
    id = shop.begin()
    people = shop.jobs
    assert [each.id for each in shop.service.list_for(people.vic, limit=10).items] == [id]
    assert [each.id for each in shop.service.list_for(people.vic, model="credit", version=2, limit=10).items] == []
    with pytest.raises(Forbidden):
        shop.service.cancel(people.vic, id)
    assert not shop.service.list_for(people.eve, limit=10).items
    for act in (shop.service.show, shop.service.cancel, shop.service.delete):
        with pytest.raises(NotFound):
            act(people.eve, id)
    with pytest.raises(Conflict, match="not over"):
        shop.service.delete(people.ben, id)
    assert shop.service.cancel(people.ben, id).state == "cancelled"
    assert shop.service.cancel(people.ben, id).reason == "ben cancelled it."
    shop.service.delete(people.ben, id)
    assert not shop.service.list_for(people.vic, limit=10).items


def test_cancelling_ends_the_job_and_the_next_bench_has_its_turn(shop: BenchShop) -> None:
    first, second = shop.begin(), shop.begin()
    shop.step()
    shop.service.cancel(shop.ana, first)
    job = shop.service.show(shop.ana, first).tiers[0].job
    assert job is not None and shop.jobs.row(job).cancelled_by == "ana"
    shop.step()
    assert shop.service.show(shop.ana, second).state == "measuring"
