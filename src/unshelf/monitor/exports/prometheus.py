"""Monitors as alert rules of Prometheus, in YAML that `promtool check rules` takes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from unshelf.monitor.exports.queries import query_of
from unshelf.monitor.monitors.monitor import Monitor, MonitorKind

_WORDS: dict[MonitorKind, tuple[str, str]] = {
    "inputs": ("UnshelfInputsDrifted", "Inputs of {model} have drifted"),
    "outputs": ("UnshelfOutputsDrifted", "Outputs of {model} have drifted"),
    "quality": ("UnshelfDataDamaged", "Data that {model} is asked about is damaged"),
    "volume": ("UnshelfVolumeUnusual", "{model} is asked far more or less than a week ago"),
    "errors": ("UnshelfErrorsHigh", "Too many requests to {model} fail"),
    "latency": ("UnshelfLatencyHigh", "Answers of {model} take too long"),
    "performance": ("UnshelfPerformanceLow", "Answers of {model} are worse than wanted"),
}
_PLATFORM: tuple[tuple[str, str, str, str, str], ...] = (
    ("UnshelfDown", "absent(unshelf_host_up)", "2m", "critical", "Unshelf can't be reached"),
    ("UnshelfHostDown", "unshelf_host_up == 0", "2m", "critical", "The host of Unshelf does not answer"),
    ("UnshelfRecordingFailing", "unshelf_recording_working == 0", "1m", "critical", "A gateway can't record predictions"),
    ("UnshelfPredictionsLost", "increase(unshelf_predictions_lost_total[10m]) > 0", "0m", "critical", "Predictions could not be recorded"),
    ("UnshelfLoopFailing", "increase(unshelf_loop_failures_total[15m]) >= 3", "0m", "warning", "Background work keeps failing"),
)  # fmt: skip
"""Alerts about the platform: name, expression, for how long, severity, summary."""


def rules_of(monitors: Sequence[Monitor], address: str = "") -> dict[str, Any]:
    """Return the rule groups of monitors, one a model, after that of the platform. `address`: this server's, for links; empty: none."""
    groups = [{"name": "unshelf", "rules": [_platform(each, address) for each in _PLATFORM]}]
    by_model: dict[str, list[dict[str, Any]]] = {}
    for monitor in monitors:
        if not monitor.paused:
            by_model.setdefault(monitor.model, []).append(_rule(monitor, address))
    groups += [{"name": f"unshelf-{model}", "rules": rules} for model, rules in by_model.items()]
    return {"groups": groups}


def as_yaml(value: Any, depth: int = 0) -> str:
    """Return plain values as YAML: mappings and lists by indentation, texts and numbers as in JSON, which YAML takes."""
    pad = "  " * depth
    if isinstance(value, Mapping):
        lines = []
        for name, inner in value.items():
            if isinstance(inner, Mapping | list):
                lines.append(f"{pad}{name}:\n{as_yaml(inner, depth + 1)}")
            else:
                lines.append(f"{pad}{name}: {json.dumps(inner, ensure_ascii=False)}")
        return "\n".join(lines)
    if isinstance(value, list):
        return "\n".join(f"{pad}- {as_yaml(each, depth + 1).lstrip()}" for each in value)
    return f"{pad}{json.dumps(value, ensure_ascii=False)}"


def _rule(monitor: Monitor, address: str) -> dict[str, Any]:
    name, words = _WORDS[monitor.kind]
    annotations = {
        "summary": words.format(model=monitor.model),
        "description": f"The monitor {monitor.name} of {monitor.model}: threshold {monitor.threshold:g}, window {monitor.window}.",
    }
    if address:
        annotations["dashboard"] = f"{address}/monitors/{monitor.model}/{monitor.name}"
    return {
        "alert": name, "expr": query_of(monitor).alarm, "for": "5m" if monitor.window == "hour" else "0m",
        "labels": {"severity": monitor.severity, "model": monitor.model, "monitor": monitor.name}, "annotations": annotations,
    }  # fmt: skip


def _platform(rule: tuple[str, str, str, str, str], address: str) -> dict[str, Any]:
    name, expression, during, severity, summary = rule
    annotations = {"summary": f"{summary}.", **({"dashboard": f"{address}/alerts"} if address else {})}
    return {
        "alert": name, "expr": expression, "for": during, "labels": {"severity": severity}, "annotations": annotations,
    }  # fmt: skip
