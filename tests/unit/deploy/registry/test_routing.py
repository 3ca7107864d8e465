"""The routing state as it follows from the registry's rows."""

import json
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from tests.support.deploying import ANA, Deploying
from unshelf.contracts.routing import RequestLimits, Share
from unshelf.deploy.registry.routing import WarmList
from unshelf.deploy.registry.tables import VersionRow
from unshelf.manage.limits import Limits
from unshelf.manage.quotas.resources import QuotaLimits
from unshelf.manage.tiers.tables import TierRow


def test_a_model_has_its_versions_aliases_and_shares(deploying: Deploying) -> None:
    for content in (b"1", b"2"):
        deploying.register("iris", content)
    deploying.registry.set_alias("iris", "champion", 2, ANA)
    deploying.registry.set_limits("iris", Limits(rate=5), ANA)
    with deploying.database.transaction() as session:
        deploying.ledger.replace(session, "iris", [Share(version=1, percent=100.0)], ANA)
        route = deploying.routes.build(session, ["iris"])["iris"]
    assert (list(route.versions), route.aliases, route.paused) == ([1, 2], {"champion": 2}, False)
    assert route.release == [Share(version=1, percent=100.0)]
    assert route.limits == RequestLimits(rate=5.0)
    version = route.versions[1]
    assert (version.environment, version.batchable, version.fork_safe) == ("e1", True, False)
    assert version.batching.max_rows == 64


def test_a_model_knows_whether_a_quota_of_what_runs_covers_it(deploying: Deploying) -> None:
    deploying.projects.create(ANA, "risk")
    deploying.register("iris")
    deploying.register("loans", project="risk")
    published: list[str] = []
    deploying.quotas.on_change(lambda _session: published.append("marked"), lambda: published.append("published"))

    def covered() -> list[str]:
        with deploying.database.read() as session:
            routes = deploying.routes.build(session, ["iris", "loans"])
        return [name for name, route in sorted(routes.items()) if route.has_quota]

    deploying.quotas.set(ANA, "project", "risk", QuotaLimits(disk_bytes=1))
    assert covered() == [], "what is stored does not run"
    deploying.quotas.set(ANA, "project", "risk", QuotaLimits(cores=1))
    assert (covered(), published) == (["loans"], ["marked", "published"] * 2)
    deploying.quotas.set(ANA, "user", "*", QuotaLimits(replicas=1))
    assert covered() == ["iris", "loans"]
    deploying.quotas.remove(ANA, "user", "*")
    deploying.quotas.remove(ANA, "project", "risk")
    assert covered() == []


def test_a_version_has_the_price_of_its_tier_and_a_change_of_it_reaches_its_part(deploying: Deploying) -> None:
    deploying.register("iris")
    with deploying.database.transaction() as session:
        assert deploying.routes.build(session, ["iris"])["iris"].versions[1].price == 0.0
        session.add(TierRow(name="small", price=Decimal("0.4"), currency="EUR", restricted=False))
        session.flush()
        route = deploying.routes.build(session, ["iris"])["iris"].versions[1]
    assert (route.price, route.currency) == (0.4, "EUR")


def test_models_that_were_removed_or_never_were_have_no_route(deploying: Deploying) -> None:
    deploying.register("iris")
    deploying.register("gone")
    deploying.registry.remove("gone", ANA)
    with deploying.database.read() as session:
        assert deploying.routes.names(session) == ["iris"]
        assert list(deploying.routes.build(session, ["gone", "iris", "nothing"])) == ["iris"]


@pytest.mark.parametrize(
    ("proved", "batchable", "most"), [(None, False, 1), (1, False, 1), (32, True, 32), (4096, True, 1024)]
)
def test_no_larger_batch_is_made_than_was_proved_and_none_by_a_check_of_before(
    deploying: Deploying, proved: int | None, batchable: bool, most: int
) -> None:
    deploying.register("iris")
    with deploying.database.transaction() as session:
        row = session.scalars(select(VersionRow)).one()
        checks = {name: value for name, value in json.loads(row.checks).items() if name != "batch_rows"}
        row.checks = json.dumps(checks if proved is None else {**checks, "batch_rows": proved})
    with deploying.database.read() as session:
        version = deploying.routes.build(session, ["iris"])["iris"].versions[1]
    assert (version.batchable, version.batching.max_rows) == (batchable, most)


def test_a_version_without_a_signature_is_a_fault(deploying: Deploying) -> None:
    deploying.register("iris")
    checks = '{"python": "3.11.7", "load_seconds": 1, "memory_bytes": 1}'
    with deploying.database.transaction() as session:
        session.execute(update(VersionRow).values(checks=checks))
    with deploying.database.read() as session, pytest.raises(ValueError, match="iris:1"):
        deploying.routes.build(session, ["iris"])


def warm(deploying: Deploying, built: WarmList) -> dict[str, list[str]]:
    with deploying.database.read() as session:
        assert built.names(session) == [""]
        return built.build(session, [""])[""]


def test_environments_are_warm_with_the_modules_of_versions_that_may_be_forked(deploying: Deploying) -> None:
    """Given versions that come and go, then the warm list follows, also where it has read some of them before."""
    built = WarmList()
    assert warm(deploying, built) == {}
    deploying.register("iris", b"1", environment="e1", fork_safe=True)
    deploying.register("wine", b"2", environment="e2", fork_safe=False)
    assert warm(deploying, built) == {"e1": ["json", "module_of_e1"]}
    deploying.register("wine", b"3", environment="e2", fork_safe=True)
    assert warm(deploying, built) == {"e1": ["json", "module_of_e1"], "e2": ["json", "module_of_e2"]}
    deploying.registry.remove("iris", ANA)
    assert warm(deploying, built) == {"e2": ["json", "module_of_e2"]} == warm(deploying, WarmList())
