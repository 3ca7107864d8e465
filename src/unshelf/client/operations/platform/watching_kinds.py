"""Kinds about how models are watched, and who hears of it."""

from collections.abc import Iterator
from typing import get_args
from urllib.parse import quote

import msgspec

from unshelf.client.operations.platform import acts, starting_kinds
from unshelf.client.operations.platform.kind import API, Installation, Item, PlatformKind
from unshelf.client.operations.platform.shapes import flag, number, one_of, place, table, text, texts, whole
from unshelf.contracts.monitoring.columns import ModelFacts
from unshelf.contracts.monitoring.metrics import Better
from unshelf.contracts.monitoring.monitors import DeclaredMonitor, MonitorKind, Worse, declared_fault

_MONITOR = {
    "version": whole(), "window": text(), "reference": text(), "columns": texts(),
    "threshold": number(), "thresholds": table(), "severity": one_of("warning", "critical"), "paused": flag(),
    "metric": text(), "worse": one_of(*get_args(Worse)), "slice": text(), "relative": flag(), "least_labels": whole(), "estimated": flag(),
}  # fmt: skip
_POLICY = {
    "kinds": texts(needed=True), "severity": one_of("warning", "critical", default="critical"),
    "act": one_of("pause", "rollback", "start", needed=True), "hours": whole(24),
    "start_kind": one_of(*starting_kinds.STARTED), "start_target": text(),
}  # fmt: skip


def monitor_fault(item: Item) -> str:
    """Say why there can be no such monitor, whatever its model is, such as for an accuracy above 1; empty: there can."""
    if "kind" not in item:
        return ""
    fields = {name: item[name] for name in DeclaredMonitor.__struct_fields__ if name in item and name != "reference"}
    try:
        fault = declared_fault(msgspec.convert(fields, DeclaredMonitor, strict=False), ModelFacts())
    except msgspec.ValidationError as error:
        return f"{error}."
    return "" if fault is None else f"monitors: {item.get('name', '')}: {fault.said}."


def _metrics(of: Installation) -> Iterator[Item]:
    for model in of.models():
        path = f"/models/{quote(model, safe='')}/quality/metrics"
        for metric in acts.readable(of.listed(path, "metrics")):
            shown = of.http.get(f"{API}{path}/{quote(metric['name'], safe='')}")
            yield {**shown, "model": model, "code": shown["versions"][0]["code"]}


def _support(of: Installation) -> Iterator[Item]:
    for on in acts.places(of):
        own = of.http.get(f"{API}{acts.place_path(on)}/support")["own"]
        if any(value is not None for value in own.values()):
            yield {"on": on, **own}


def _set_support(of: Installation, item: Item) -> None:
    body = {name: item.get(name) for name in ("level", "owner", "escalate_to", "escalate_after")}
    of.http.send("PUT", f"{API}{acts.place_path(item['on'])}/support", body)


def _webhooks(of: Installation) -> Iterator[Item]:
    for project in of.projects():
        for hook in acts.readable(of.listed(f"/projects/{quote(project, safe='')}/webhooks", "webhooks")):
            yield {**hook, "project": project, "kinds": sorted(hook["kinds"]), "_id": hook["id"]}


def _policies(of: Installation) -> Iterator[Item]:
    for policy in acts.readable(of.listed("/alert-policies", "policies")):
        target = starting_kinds.name_of(of, policy["start_kind"], policy["start_target"])
        place = f"model:{policy['model']}" if policy["model"] else f"project:{policy['project']}"
        yield {**policy, "on": place, "kinds": sorted(policy["kinds"]), "start_target": target, "_id": policy["id"]}


def _set_policy(of: Installation, item: Item) -> None:
    kind, _, name = item["on"].partition(":")
    body = {field: item[field] for field in ("name", *_POLICY) if item.get(field) is not None}
    if item.get("start_target") is not None:
        project = name if kind == "project" else of.http.get(f"{API}/models/{quote(name, safe='')}")["project"]
        body["start_target"] = starting_kinds.id_of(of, project, item["start_kind"], item["start_target"])
    of.http.send("POST", f"{API}/alert-policies", {**body, kind: name})


_CREATE_MONITOR = acts.call("POST", "/models/{model}/monitors", "name", "kind", *_MONITOR)
_REMOVE_MONITOR = acts.call("DELETE", "/models/{model}/monitors/{name}")
_CHANGE_MONITOR = acts.change_by("PATCH", "/models/{model}/monitors/{name}", *_MONITOR)

_SET_METRIC = acts.call(
    "PUT", "/models/{model}/quality/metrics/{name}", "code", "function", "description", "better", "tier"
)

WATCHING_KINDS = (
    PlatformKind(
        name="metrics", key={"model": text(needed=True), "name": text(needed=True)},
        fields={
            "code": text(needed=True), "function": text(), "description": text(""),
            "better": one_of(*get_args(Better), default="neither"), "tier": text("small"),
        },
        listed=_metrics, create=_SET_METRIC, change=acts.replace_by(_SET_METRIC),
        remove=acts.call("DELETE", "/models/{model}/quality/metrics/{name}"),
    ),
    PlatformKind(
        name="monitors", key={"model": text(needed=True), "name": text(needed=True)},
        fields={"kind": one_of(*get_args(MonitorKind), needed=True), **_MONITOR},
        listed=lambda of: acts.readable(of.listed("/monitors", "monitors")), create=_CREATE_MONITOR,
        change=acts.make_again_for(("kind",), _CHANGE_MONITOR, _REMOVE_MONITOR, _CREATE_MONITOR),
        remove=_REMOVE_MONITOR, fault=monitor_fault, exported=lambda monitor: monitor["source"] != "default",
    ),
    PlatformKind(
        name="support", key={"on": place()},
        fields={
            "level": one_of("best-effort", "standard", "critical"), "owner": table(), "escalate_to": table(),
            "escalate_after": whole(),
        },
        listed=_support, create=_set_support, change=acts.replace_by(_set_support),
        remove=lambda of, item: _set_support(of, {"on": item["on"]}),
    ),
    PlatformKind(
        name="webhooks", key={"project": text(needed=True), "url": text(needed=True)},
        fields={"format": one_of("unshelf", "slack", default="unshelf"), "kinds": texts([])}, listed=_webhooks,
        create=acts.call("POST", "/projects/{project}/webhooks", "url", "format", "kinds"),
        change=acts.change_by("PATCH", "/webhooks/{_id}", "format", "kinds"),
        remove=acts.call("DELETE", "/webhooks/{_id}"),
    ),
    PlatformKind(
        name="alert_policies", key={"on": place(), "name": text(needed=True)}, fields=_POLICY, listed=_policies,
        create=_set_policy, remove=acts.call("DELETE", "/alert-policies/{_id}"),
    ),
)  # fmt: skip
"""In the order in which they are made."""
