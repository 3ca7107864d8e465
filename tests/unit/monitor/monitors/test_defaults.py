"""Usual monitors: one of each kind, stricter where more is promised."""

from unshelf.monitor.monitors.defaults import KINDS, default_monitors, default_threshold


def test_each_kind_has_one_by_its_name() -> None:
    assert [(each.name, each.kind, each.source) for each in default_monitors("m", "standard")] == [
        (kind, kind, "default") for kind in KINDS
    ]


def test_more_is_asked_of_what_is_critical() -> None:
    for kind in ("errors", "latency"):
        strict, usual, loose = (default_threshold(kind, level) for level in ("critical", "standard", "best-effort"))  # type: ignore[arg-type]
        assert strict < usual < loose
    severities = {each.name: each.severity for each in default_monitors("m", "critical")}
    assert severities["errors"] == severities["latency"] == "critical"
    assert severities["inputs"] == "warning"
    assert {each.severity for each in default_monitors("m", "standard")} == {"warning"}
