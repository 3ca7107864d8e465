"""Alerts of monitors: one a kind and model, by the worst of what is in alarm."""

from tests.support.actors import actor
from tests.support.monitored import asked
from tests.unit.monitor.monitors.conftest import BEGIN, MODEL, Stage
from unshelf.monitor.monitors.alerting import KINDS, versions_watched
from unshelf.monitor.monitors.defaults import default_monitor
from unshelf.monitor.monitors.service import MonitorChange

ADMIN = actor("admin", id="admin", name="admin")


def test_several_monitors_of_a_kind_are_one_alert_led_by_the_gravest(stage: Stage) -> None:
    stage.monitors.add(ADMIN, MODEL, "age-drift", "inputs", MonitorChange(columns=("age",), severity="critical"))
    stage.count(BEGIN, asked(300, 1, shift=15))
    stage.watch.look()
    [finding] = stage.shown("inputs_drifted")
    assert (finding.severity, finding.evidence["monitor"]) == ("critical", "age-drift")
    assert finding.evidence["also"] == [{"monitor": "inputs", "version": 1}]


def test_many_columns_are_named_in_a_few_words(stage: Stage) -> None:
    stage.count(BEGIN, asked(300, 1, shift=15, region="east"))
    stage.watch.look()
    [finding] = stage.shown("inputs_drifted")
    assert finding.summary == "Inputs of credit:1 have drifted from the baseline: region, age."
    assert len(finding.advice) <= 500 and len(finding.summary) <= 500


def test_versions_that_are_watched() -> None:
    monitor = default_monitor(MODEL, "inputs", "standard")
    assert versions_watched(monitor, [1, 2]) == [1, 2]
    assert versions_watched(default_monitor(MODEL, "volume", "standard"), [1, 2]) == [None]
    assert len(set(KINDS.values())) == len(KINDS)
