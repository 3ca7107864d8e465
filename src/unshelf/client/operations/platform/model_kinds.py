"""Kinds about environments, models and the data that programs read."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from unshelf.client.operations.platform import acts
from unshelf.client.operations.platform.kind import API, Installation, Item, PlatformKind
from unshelf.client.operations.platform.shapes import flag, number, one_of, place, table, text, texts, whole

_LIMITS = ("rate", "burst", "concurrency")
_CONNECTION = acts.call("PUT", "/data/{name}/connection", "project", "kind", "settings", "description")
_BINDING = acts.call("PUT", "/data/{name}/binding", "project", "target", "description")


def _environments(of: Installation) -> Iterator[Item]:
    for each in acts.readable(of.listed("/environments/names", "environments", curated="true")):
        if each["project"] is None:
            yield of.http.get(f"{API}/environments/names/{quote(each['name'], safe='')}")


def _change_environment(of: Installation, before: Item, after: Item) -> None:
    path = f"{API}/environments/names/{quote(before['name'], safe='')}"
    said = {name: after[name] for name in ("notes", "is_default") if after.get(name, before[name]) != before[name]}
    if said:
        of.http.send("PATCH", path, said)
    access = {name: before[name] for name in ("restricted", "groups", "projects")}
    wanted = {name: after.get(name, value) for name, value in access.items()}
    if wanted != access:
        of.http.send("PUT", f"{path}/access", wanted)


def _models(of: Installation) -> Iterator[Item]:
    for name in of.models():
        path = f"{API}/models/{quote(name, safe='')}"
        shown = of.http.get(path)
        origins = of.http.get(f"{path}/origins")["origins"]
        yield {**shown, "name": name, "origins": sorted(origins), **(shown["limits"] or dict.fromkeys(_LIMITS))}


def _change_model(of: Installation, before: Item, after: Item) -> None:
    path = f"{API}/models/{quote(before['name'], safe='')}"
    for name in ("project", "visibility"):
        if after.get(name, before[name]) != before[name]:
            of.http.send("PUT", f"{path}/{name}", {name: after[name]})
    allow, remove = acts.sets(before, after, "origins")
    if allow or remove:
        of.http.send("PATCH", f"{path}/origins", {"allow": allow, "remove": remove})
    limits = {name: after.get(name, before[name]) for name in _LIMITS}
    if limits != {name: before[name] for name in _LIMITS}:
        of.http.send("PUT", f"{path}/limits", limits)


def _secrets(of: Installation) -> Iterator[Item]:
    for secret in acts.readable(of.listed("/secrets", "secrets")):
        on = f"model:{secret['model']}" if secret["model"] else f"project:{secret['project']}"
        yield {"on": on, "name": secret["name"]}


def _data(of: Installation, kind: str) -> Iterator[Item]:
    for data in acts.readable(of.listed("/data", "data")):
        if data["kind"] == kind:
            yield {**data, **of.http.get(f"{API}/data/{quote(data['name'], safe='')}")[kind]}


def _credentials(of: Installation) -> Iterator[Item]:
    for connection in _data(of, "connection"):
        for name in connection["credential_names"]:
            yield {"connection": connection["name"], "name": name}


def _put_in_project(put: Any) -> Any:
    def change(of: Installation, before: Item, after: Item) -> None:
        wanted = {**before, **after}
        if wanted["project"] != before["project"]:
            of.http.send("PUT", f"{API}/data/{quote(before['name'], safe='')}/project", {"project": wanted["project"]})
        put(of, wanted)

    return change


def _networks(of: Installation) -> Iterator[Item]:
    for model in of.models():
        for network in acts.readable(of.listed(f"/models/{quote(model, safe='')}/network", "versions")):
            yield {**network, "model": model, "allow": sorted(network["allow"])}


def _change_network(of: Installation, before: Item, after: Item) -> None:
    allow, remove = acts.sets(before, after, "allow")
    body: dict[str, Any] = {"allow": allow, "remove": remove}
    if after.get("access", before["access"]) != before["access"]:
        body["access"] = after["access"]
    reference = quote(f"{before['model']}:{before['version']}", safe="")
    of.http.send("PATCH", f"{API}/models/{reference}/network", body)


MODEL_KINDS = (
    PlatformKind(
        name="environments", key={"name": text(needed=True)},
        fields={
            "notes": text(""), "is_default": flag(False), "restricted": flag(False), "groups": texts([]),
            "projects": texts([]),
        },
        listed=_environments, create=None, change=_change_environment,
        remedy="Build it: `unshelf environments create {name} PACKAGE … --curated`, and apply again.",
    ),
    PlatformKind(
        name="models", key={"name": text(needed=True)},
        fields={
            "project": text(), "visibility": one_of("private", "internal", "public"), "origins": texts([]),
            "rate": number(), "burst": whole(), "concurrency": whole(),
        },
        listed=_models, create=None, change=_change_model,
        remedy="Deploy it: `unshelf deploy PATH --name {name}`, and apply again.",
    ),
    PlatformKind(
        name="secrets", key={"on": place(), "name": text(needed=True)}, fields={}, listed=_secrets, create=None,
        remedy="Set its value: `unshelf secrets set {name} --{on}`.",
    ),
    PlatformKind(
        name="connections", key={"name": text(needed=True)},
        fields={
            "project": text(needed=True), "kind": one_of("local", "s3", "sql", "https", needed=True),
            "settings": table({}, needed=True), "description": text(""),
        },
        listed=lambda of: _data(of, "connection"), create=_CONNECTION, change=_put_in_project(_CONNECTION),
        remove=acts.call("DELETE", "/data/{name}"),
    ),
    PlatformKind(
        name="credentials", key={"connection": text(needed=True), "name": text(needed=True)}, fields={},
        listed=_credentials, create=None,
        remedy="Set the value of {name}: `unshelf data connect {connection} … --credentials`.",
    ),
    PlatformKind(
        name="bindings", key={"name": text(needed=True)},
        fields={"project": text(needed=True), "target": text(needed=True), "description": text("")},
        listed=lambda of: _data(of, "binding"), create=_BINDING, change=_put_in_project(_BINDING),
        remove=acts.call("DELETE", "/data/{name}"),
    ),
    PlatformKind(
        name="networks", key={"model": text(needed=True), "version": whole(needed=True)},
        fields={"access": one_of("none", "full"), "allow": texts([])}, listed=_networks, create=None,
        change=_change_network, exported=lambda network: network["source"] == "changed",
        remedy="Networks are of versions that are deployed: deploy {model}:{version}, and apply again.",
    ),
)  # fmt: skip
"""In the order in which they are made."""
