"""The alert about connections that a model is refused."""

from datetime import timedelta

import pytest

from unshelf.contracts.network.reasons import BY_POLICY, NOT_GRANTED
from unshelf.contracts.protocols.host import RefusedConnection
from unshelf.manage.egress.networks import VersionNetwork
from unshelf.monitor.alerts.alert import Finding
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.egress_alerts import EGRESS_REFUSED, EgressAlerts

DATABASE, PAGES = "db.example.org:5432", "pages.example.org:443"


def refused(place: str, *, version: int = 1, reason: str = NOT_GRANTED) -> RefusedConnection:
    return RefusedConnection(model="iris", version=version, place=place, reason=reason, count=3)


class World:
    """One model, whose version 1 may reach nothing at first."""

    def __init__(self, alerts: AlertService, quiet: timedelta = timedelta(days=1)) -> None:
        self.networks = {1: VersionNetwork(access="none")}
        self.alerts = alerts
        self.egress = EgressAlerts(alerts, lambda _: self.networks, lambda _: "ada", quiet=quiet)

    def grant(self, *allow: str) -> None:
        self.networks[1] = VersionNetwork(access="none", allow=allow)

    @property
    def findings(self) -> list[Finding]:
        return [alert.finding for alert in self.alerts.open_of(EGRESS_REFUSED)]


@pytest.fixture
def world(alerts: AlertService) -> World:
    return World(alerts)


def test_the_owner_learns_once_what_was_refused_and_which_line_grants_it(world: World) -> None:
    for place in (DATABASE, PAGES, DATABASE):
        world.egress.note(refused(place))
    (found,) = world.findings
    assert (found.model, found.owner, found.severity, found.action) == ("iris", "ada", "warning", "update")
    assert found.summary == f"Connections of iris were refused: to {DATABASE}, {PAGES}."
    assert f"`unshelf network iris --allow {DATABASE} --allow {PAGES}`" in found.advice
    assert found.evidence["line"] == f'[network] allow = ["{DATABASE}", "{PAGES}"]'


def test_it_is_over_when_all_is_granted_and_tells_of_less_when_some_is(world: World) -> None:
    world.egress.note(refused(DATABASE))
    world.egress.note(refused(PAGES))
    world.grant(DATABASE)
    world.egress.look()
    assert [found.summary for found in world.findings] == [f"Connections of iris were refused: to {PAGES}."]
    world.grant(DATABASE, "*.example.org:443")
    world.egress.look()
    assert world.findings == []


def test_it_is_over_when_nothing_was_refused_for_a_while(alerts: AlertService) -> None:
    world = World(alerts, quiet=timedelta(0))
    world.egress.note(refused(DATABASE))
    assert len(world.findings) == 1
    world.egress.look()
    assert world.findings == []


def test_it_is_over_when_the_version_is_gone_or_has_the_whole_network(world: World) -> None:
    for after in ({}, {1: VersionNetwork(access="full")}):
        world.grant()
        world.egress.note(refused(DATABASE))
        assert len(world.findings) == 1
        world.networks = dict(after)
        world.egress.look()
        assert world.findings == []


def test_what_the_operator_refuses_stays_though_it_is_granted_and_is_the_operators_to_change(world: World) -> None:
    world.grant(DATABASE)
    world.egress.note(refused(DATABASE, reason=BY_POLICY))
    world.egress.look()
    (found,) = world.findings
    assert "UNSHELF_EGRESS_ALLOW" in found.advice
    assert "line" not in found.evidence


@pytest.mark.parametrize(
    "other",
    [
        refused(DATABASE, version=0),
        refused("*"),
        refused("what a program made up"),
        refused(DATABASE, version=9),
        refused(DATABASE, reason="Connection refused"),
    ],
    ids=["a check", "all others", "no place", "a version that is gone", "a place that is down"],
)
def test_other_refusals_are_no_alert(world: World, other: RefusedConnection) -> None:
    world.egress.note(other)
    assert world.findings == []


def test_a_late_refusal_of_a_worker_that_is_about_to_be_replaced_is_no_alert(world: World) -> None:
    world.grant(DATABASE)
    world.egress.note(refused(DATABASE))
    assert world.findings == []


def test_places_are_bounded(world: World) -> None:
    for number in range(50):
        world.egress.note(refused(f"host{number}.example.org:443"))
    (found,) = world.findings
    assert len(found.evidence["refused"]) == 20
