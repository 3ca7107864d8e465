"""Monitors as alert rules: one a monitor, by model, in YAML."""

from dataclasses import replace

from unshelf.monitor.exports.prometheus import as_yaml, rules_of
from unshelf.monitor.monitors.defaults import default_monitors


def test_each_monitor_that_is_not_paused_is_a_rule_with_its_severity_and_link() -> None:
    monitors = default_monitors("credit", "critical")
    found = rules_of([*monitors[1:], replace(monitors[0], paused=True)], "https://unshelf.example.org")
    platform, credit = found["groups"]
    assert [each["alert"] for each in platform["rules"]][:2] == ["UnshelfDown", "UnshelfHostDown"]
    assert credit["name"] == "unshelf-credit"
    rules = {each["labels"]["monitor"]: each for each in credit["rules"]}
    assert set(rules) == {"outputs", "quality", "volume", "errors", "latency"}
    errors = rules["errors"]
    assert (errors["labels"]["severity"], errors["for"]) == ("critical", "5m")
    assert "> 0.005" in errors["expr"]
    assert errors["annotations"]["dashboard"] == "https://unshelf.example.org/monitors/credit/errors"
    assert "dashboard" not in rules_of(monitors)["groups"][1]["rules"][0]["annotations"]


def test_values_are_written_as_yaml() -> None:
    text = as_yaml({"groups": [{"name": "a", "rules": [{"expr": 'x{y="1"} > 2', "n": 1}]}]})
    assert text == 'groups:\n  - name: "a"\n    rules:\n      - expr: "x{y=\\"1\\"} > 2"\n        n: 1'
