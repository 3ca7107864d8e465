"""Queries of monitors name only metrics that there are, with the monitor's own threshold, window and version."""

import re
from pathlib import Path
from typing import Any

import pytest

from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.exposition import exposition
from unshelf.monitor.exports.grafana import dashboard_of
from unshelf.monitor.exports.prometheus import as_yaml, rules_of
from unshelf.monitor.exports.queries import query_of
from unshelf.monitor.monitors.defaults import default_monitors
from unshelf.monitor.monitors.monitor import Monitor

_NAME = re.compile(r"unshelf_\w+")
_TYPES = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)


def exported(tmp_path: Path) -> set[str]:
    """The names of all series of a platform that answers."""
    text, _ = exposition(Counters(tmp_path, 0), [], [], {}, allowed=lambda _: True, accept="")
    found = set()
    for name, kind in _TYPES.findall(text.decode()):
        found |= {f"{name}{ending}" for ending in (("_bucket", "_count", "_sum") if kind == "histogram" else ("",))}
    return found


def test_every_metric_of_rules_and_panels_is_one_that_gateways_export(tmp_path: Path) -> None:
    known, monitors = exported(tmp_path), default_monitors("credit", "standard")
    rules = as_yaml(rules_of(monitors))
    panels = [each["targets"][0]["expr"] for each in dashboard_of(monitors)["panels"] if "targets" in each]
    named = set(_NAME.findall(rules)) | set(_NAME.findall(" ".join(panels)))
    assert {"unshelf_requests_total", "unshelf_request_seconds_bucket", "unshelf_monitor_alarm"} <= named
    assert named <= known


@pytest.mark.parametrize(
    ("kind", "options", "parts"),
    [
        ("errors", {"threshold": 0.05}, ['{model="m"}[1h]', 'status=~"5.."', "> 0.05", ">= 30"]),
        (
            "latency",
            {"threshold": 300.0, "window": "day", "version": 3},
            ['{model="m",version="3"}[1d]', "> 300", "0.95"],
        ),
        ("volume", {"threshold": 4.0}, ["offset 1w", "* 4 <", "> sum by"]),
        ("inputs", {}, ['unshelf_monitor_alarm{model="m",monitor="n"} == 1']),
    ],
)
def test_each_kind_asks_with_its_own_numbers(kind: Any, options: dict[str, Any], parts: list[str]) -> None:
    given: dict[str, Any] = {"window": "hour", "threshold": 0.1, **options}
    alarm = query_of(Monitor(model="m", name="n", kind=kind, **given)).alarm
    for part in parts:
        assert part in alarm, part


def test_names_are_escaped() -> None:
    monitor = Monitor(model='a"b\\', name="n", kind="inputs", window="day", threshold=0.1)
    assert 'model="a\\"b\\\\"' in query_of(monitor).value
