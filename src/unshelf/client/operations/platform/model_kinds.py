"""Kinds about data, models, and how they are watched."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from unshelf.client.operations.platform.kind import (
    API,
    Installation,
    Item,
    PlatformKind,
    call,
    change_by,
    place_path,
    readable,
    replace_by,
)

_MONITOR_FIELDS = ("version", "window", "reference", "columns", "threshold", "thresholds", "severity", "paused")


def _secrets(of: Installation) -> Iterator[Item]:
    for secret in readable(of.listed("/secrets", "secrets")):
        on = f"model:{secret['model']}" if secret["model"] else f"project:{secret['project']}"
        yield {"on": on, "name": secret["name"]}


def _connections(of: Installation) -> Iterator[Item]:
    for data in of.listed("/data", "data"):
        if data["kind"] == "connection":
            found = of.http.get(f"{API}/data/{quote(data['name'], safe='')}")["connection"]
            yield {**data, "kind": found["kind"], "settings": found["settings"]}


def _networks(of: Installation) -> Iterator[Item]:
    for model in of.models():
        for network in readable(of.listed(f"/models/{quote(model, safe='')}/network", "versions")):
            yield {**network, "model": model, "allow": sorted(network["allow"])}


def _change_network(of: Installation, before: Item, after: Item) -> None:
    old: set[str] = set(before["allow"])
    new: set[str] = set(after.get("allow", old))
    body: dict[str, Any] = {"allow": sorted(new - old), "remove": sorted(old - new)}
    if after.get("access", before["access"]) != before["access"]:
        body["access"] = after["access"]
    reference = quote(f"{before['model']}:{before['version']}", safe="")
    of.http.send("PATCH", f"{API}/models/{reference}/network", body)


def _monitors(of: Installation) -> Iterator[Item]:
    yield from readable(of.listed("/monitors", "monitors"))


def _support(of: Installation) -> Iterator[Item]:
    places = [*(f"project:{name}" for name in of.projects()), *(f"model:{name}" for name in of.models())]
    for on in places:
        own = of.http.get(f"{API}{place_path(on)}/support")["own"]
        if any(value is not None for value in own.values()):
            yield {"on": on, **own}


def _set_support(of: Installation, item: Item) -> None:
    body = {name: item.get(name) for name in ("level", "owner", "escalate_to", "escalate_after")}
    of.http.send("PUT", f"{API}{place_path(item['on'])}/support", body)


def _webhooks(of: Installation) -> Iterator[Item]:
    for project in of.projects():
        for hook in readable(of.listed(f"/projects/{quote(project, safe='')}/webhooks", "webhooks")):
            yield {**hook, "project": project, "kinds": sorted(hook["kinds"]), "_id": hook["id"]}


def _with_id(listing: Iterator[Item]) -> Iterator[Item]:
    for each in listing:
        yield {**each, "_id": each["id"]}


_CONNECTION = call("PUT", "/data/{name}/connection", "project", "kind", "settings", "description")
_POLICY = call(
    "POST",
    "/alert-policies",
    "project",
    "model",
    "name",
    "kinds",
    "severity",
    "act",
    "hours",
    "start_kind",
    "start_target",
)

MODEL_KINDS = (
    PlatformKind(name="secrets", key=("on", "name"), fields={}, listed=_secrets, create=None),
    PlatformKind(
        name="connections", key=("name",), fields={"project": None, "kind": None, "settings": {}, "description": ""},
        listed=_connections, create=_CONNECTION, change=replace_by(_CONNECTION), remove=call("DELETE", "/data/{name}"),
    ),
    PlatformKind(
        name="networks", key=("model", "version"), fields={"access": None, "allow": []}, listed=_networks, create=None,
        change=_change_network, exported=lambda network: network["source"] == "changed",
    ),
    PlatformKind(
        name="monitors", key=("model", "name"), fields={"kind": None, **dict.fromkeys(_MONITOR_FIELDS)}, listed=_monitors,
        create=call("POST", "/models/{model}/monitors", "name", "kind", *_MONITOR_FIELDS),
        change=change_by("PATCH", "/models/{model}/monitors/{name}", *_MONITOR_FIELDS),
        remove=call("DELETE", "/models/{model}/monitors/{name}"), exported=lambda monitor: monitor["source"] != "default",
    ),
    PlatformKind(
        name="support", key=("on",), fields=dict.fromkeys(("level", "owner", "escalate_to", "escalate_after")),
        listed=_support, create=_set_support, change=replace_by(_set_support),
        remove=lambda of, item: _set_support(of, {"on": item["on"]}),
    ),
    PlatformKind(
        name="webhooks", key=("project", "url"), fields={"format": "unshelf", "kinds": []}, listed=_webhooks,
        create=call("POST", "/projects/{project}/webhooks", "url", "format", "kinds"),
        change=change_by("PATCH", "/webhooks/{_id}", "format", "kinds"), remove=call("DELETE", "/webhooks/{_id}"),
    ),
    PlatformKind(
        name="alert_policies", key=("project", "model", "name"),
        fields={"kinds": [], "severity": "critical", "act": None, "hours": 24, "start_kind": None, "start_target": None},
        listed=lambda of: readable(_with_id(of.listed("/alert-policies", "policies"))), create=_POLICY,
        remove=call("DELETE", "/alert-policies/{_id}"),
    ),
    PlatformKind(
        name="schedules", key=("project", "name"),
        fields={"kind": "job", "target": None, "cron": None, "time_zone": "UTC", "catch_up": "skip", "state": "active"},
        listed=lambda of: readable(_with_id(of.listed("/schedules", "schedules"))),
        create=call("POST", "/schedules", "name", "kind", "target", "cron", "time_zone", "catch_up"),
        change=change_by("PATCH", "/schedules/{_id}", "cron", "time_zone", "catch_up", "target", "state"),
        remove=call("DELETE", "/schedules/{_id}"),
    ),
)  # fmt: skip
"""In the order in which they are made."""
