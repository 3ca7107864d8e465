"""Alerts about background work: raised by a loop that keeps failing, over when that loop works."""

import pytest

from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.loop_alerts import LOOP_FAILING, LoopAlerts


@pytest.fixture
def loops(alerts: AlertService) -> LoopAlerts:
    return LoopAlerts(alerts)


def open_alert(alerts: AlertService) -> Alert:
    (alert,) = alerts.open_of(LOOP_FAILING)
    return alert


def test_a_loop_that_keeps_failing_is_one_alert_with_the_last_evidence(alerts: AlertService, loops: LoopAlerts) -> None:
    loops.failing("tidy", 3, "OSError: full")
    first = open_alert(alerts)
    loops.failing("tidy", 4, "x" * 1000)
    alert = open_alert(alerts)
    assert (alert.id, alert.finding.action, alert.finding.model) == (first.id, "repair", None)
    assert alert.finding.evidence == {"loop": "tidy", "failures_in_a_row": 4, "error": "x" * 500}


def test_the_alert_is_over_once_its_own_loop_works(alerts: AlertService, loops: LoopAlerts) -> None:
    loops.working("tidy")
    loops.failing("tidy", 3, "OSError: full")
    loops.working("watch")
    assert open_alert(alerts).finding.evidence["loop"] == "tidy"
    loops.working("tidy")
    assert alerts.open_of(LOOP_FAILING) == []


def test_a_loop_that_fails_again_is_another_alert(alerts: AlertService, loops: LoopAlerts) -> None:
    loops.failing("tidy", 3, "")
    first = open_alert(alerts)
    loops.working("tidy")
    loops.failing("tidy", 3, "")
    assert open_alert(alerts).id != first.id
