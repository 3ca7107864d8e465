"""Alerts about the machine: raised with what doctor finds, with its remedy, and over when it finds it no more."""

import pytest

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.machine import CheckState, MachineCheck
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.machine_alerts import ALERTED, MachineAlerts


def check(name: str, state: CheckState) -> MachineCheck:
    return MachineCheck(name=name, state=state, detail=f"of {name}", hint="Do this.")


@pytest.mark.parametrize("name", sorted(ALERTED))
def test_each_is_raised_with_its_remedy_and_over_when_it_is_well(alerts: AlertService, name: str) -> None:
    found: list[MachineCheck] = [check(name, "fail"), check("git", "fail")]
    watch = MachineAlerts(alerts, lambda: found)
    watch.look()
    (alert,) = alerts.open_of(f"machine_{name}")
    assert (alert.finding.severity, alert.finding.advice) == ("critical", "Do this.")
    assert f"of {name}" in alert.finding.summary
    assert alerts.open_of("machine_git") == []
    found[0] = check(name, "warn")
    watch.look()
    assert [each.finding.severity for each in alerts.open_of(f"machine_{name}")] == (
        ["warning"] if ALERTED[name] == "warn" else []
    )
    found.clear()
    watch.look()
    assert alerts.open_of(f"machine_{name}") == []


def test_a_host_that_does_not_answer_changes_nothing_and_is_asked_again_soon(alerts: AlertService) -> None:
    def away() -> list[MachineCheck]:
        raise Unavailable("The host does not answer.")

    MachineAlerts(alerts, lambda: [check("disk", "fail")]).look()
    watch = MachineAlerts(alerts, away)
    assert watch.look() < watch.loop().every
    assert len(alerts.open_of("machine_disk")) == 1
