"""Networks of versions: shown, changed without a deploy, and published at once."""

import msgspec
import pytest

from tests.support.deploying import ANA, Deploying
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.deploy.registry.networks import NetworkService, WantedNetwork
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.refusals import RefusalLog
from unshelf.manage.egress.networks import VersionNetworks
from unshelf.manage.egress.refusals import EgressRefusals

DB, CACHE = "db.example.org:5432", "cache.example.org:6379"


@pytest.fixture
def refusals(deploying: Deploying) -> RefusalLog:
    return RefusalLog(deploying.database, deploying.events)


@pytest.fixture
def service(deploying: Deploying, refusals: RefusalLog) -> NetworkService:
    deploying.register("iris")
    deploying.register("iris")
    return service_with(deploying, refusals, ["*"])


def service_with(deploying: Deploying, refusals: RefusalLog, policy: list[str]) -> NetworkService:
    return NetworkService(
        database=deploying.database, publisher=deploying.publisher, audit=deploying.audit, bundles=deploying.bundles,
        networks=VersionNetworks(policy, "full"), refusals=EgressRefusals(deploying.database, deploying.host, refusals),
    )  # fmt: skip


def test_a_name_means_each_version_and_a_reference_one(service: NetworkService, deploying: Deploying) -> None:
    service.change("iris:2", WantedNetwork(access="none", allow=(DB,), reason="needs it"), ANA)
    shown = service.show("iris")
    assert {number: (each.access, each.allow) for number, each in shown.networks.items()} == {
        1: ("full", ()), 2: ("none", (DB,)),
    }  # fmt: skip
    assert list(service.show("iris:2").networks) == [2]
    with deploying.database.read() as session:
        routes = deploying.routes.build(session, ["iris"])["iris"].versions
    assert [(routes[number].network, routes[number].allow) for number in (1, 2)] == [("full", []), ("none", [DB])]
    assert deploying.actions()[-1] == "version.network_changed"


def test_grants_are_added_and_taken_away(service: NetworkService) -> None:
    service.change("iris:1", WantedNetwork(access="none", allow=(DB, CACHE)), ANA)
    found = service.change("iris:1", WantedNetwork(remove=(DB, "unknown.example.org:1")), ANA)
    assert found.networks[1].allow == (CACHE,)
    found = service.change("iris:1", WantedNetwork(access="none"), ANA)
    assert found.networks[1].allow == (CACHE,), "what is left out stays as it is"


def test_what_changes_nothing_leaves_no_event(service: NetworkService, deploying: Deploying) -> None:
    service.change("iris:1", WantedNetwork(access="none", allow=(DB,)), ANA)
    before = deploying.actions()
    service.change("iris:1", WantedNetwork(allow=(DB,)), ANA)
    assert deploying.actions() == before


def test_a_version_with_the_whole_network_is_bounded_first(service: NetworkService) -> None:
    with pytest.raises(Conflict, match="whole network") as refused:
        service.change("iris", WantedNetwork(allow=(DB,)), ANA)
    assert "--access none" in refused.value.hint


def test_what_can_t_be_granted_is_refused(service: NetworkService, deploying: Deploying, refusals: RefusalLog) -> None:
    with pytest.raises(InvalidInput, match="no port"):
        service.change("iris", WantedNetwork(access="none", allow=("db.example.org",)), ANA)
    bounded = service_with(deploying, refusals, ["*.example.org"])
    for change in (WantedNetwork(access="full"), WantedNetwork(access="none", allow=("db.example.com:5432",))):
        with pytest.raises(Forbidden):
            bounded.change("iris", change, ANA)
    with pytest.raises(NotFound):
        service.show("iris:9")


def test_versions_of_before_are_named_until_they_are_bounded(service: NetworkService) -> None:
    (check,) = service.checks()
    assert check.state == "warn" and "2 versions of before" in check.detail and "iris:1, iris:2" in check.detail
    service.change("iris", WantedNetwork(access="none"), ANA)
    assert service.checks() == []


def test_what_was_refused_of_late_is_shown_by_version(service: NetworkService, refusals: RefusalLog) -> None:
    for place in (DB, CACHE, "*"):
        refusals.note_egress(model_subject("version", "iris:2", "iris"), place, reason="it is not granted")
    refusals.flush(everything=True)
    assert service.show("iris").refused == {1: [], 2: [CACHE, DB]}


def test_a_manifest_that_says_something_is_no_version_of_before(deploying: Deploying, service: NetworkService) -> None:
    manifest = deploying.manifest(b"other")
    said = msgspec.json.encode(manifest)
    assert b'"network":' not in said, "the query of `checks` looks for it"
