"""Kinds about people, projects and what they may use."""

from collections.abc import Iterator
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

_LIMITS = ("cores", "memory_bytes", "gpus", "disk_bytes", "replicas")


def _groups(of: Installation) -> Iterator[Item]:
    for group in of.listed("/groups", "groups"):
        shown = of.http.get(f"{API}/groups/{quote(group['name'], safe='')}")
        yield {**group, "members": sorted(member["name"] for member in shown["members"])}


def _make_group(of: Installation, item: Item) -> None:
    of.http.send("POST", f"{API}/groups", {"name": item["name"], "description": item.get("description") or ""})
    _set_members(of, {"name": item["name"], "members": []}, item)


def _set_members(of: Installation, before: Item, after: Item) -> None:
    path = f"{API}/groups/{quote(before['name'], safe='')}/members"
    old: set[str] = set(before["members"])
    new: set[str] = set(after.get("members", old))
    for user in sorted(new - old):
        of.http.send("PUT", f"{path}/{quote(user, safe='')}")
    for user in sorted(old - new):
        of.http.send("DELETE", f"{path}/{quote(user, safe='')}")


def _members(of: Installation) -> Iterator[Item]:
    places = [*(f"project:{name}" for name in of.projects()), *(f"model:{name}" for name in of.models())]
    for on in ("installation", *places):
        for member in readable(of.listed(f"{place_path(on)}/members", "members")):
            yield {**member, "on": on, "_id": member["id"]}


def _is_kept(member: Item) -> bool:
    """Whether it was granted here, and for good: what ends is nothing to keep in a file."""
    return member["source"] == "local" and member["expires_at"] is None and member["kind"] in ("user", "group")


def _grant(of: Installation, item: Item) -> None:
    body = {name: item[name] for name in ("kind", "name", "role")}
    of.http.send("POST", f"{API}{place_path(item['on'])}/members", body)


def _rights(of: Installation) -> Iterator[Item]:
    for tier in of.listed("/tiers", "tiers"):
        for right in readable(of.listed(f"/tiers/{quote(tier['name'], safe='')}/rights", "rights")):
            yield {**right, "kind": right["holder_kind"], "name": right["holder"], "_id": right["id"]}


def _quotas(of: Installation) -> Iterator[Item]:
    for quota in readable(of.listed("/quotas", "quotas")):
        if quota["limits"] is not None and not quota["is_default"]:
            yield {"account": quota["kind"], "name": quota["name"], **quota["limits"]}


def _prices(of: Installation) -> Iterator[Item]:
    for resource, price in of.http.get(f"{API}/prices")["resources"].items():
        yield {"resource": resource, "price": price}


def _set_price(of: Installation, _before: Item, item: Item) -> None:
    of.http.send("PATCH", f"{API}/prices", {item["resource"]: item["price"]})


_QUOTA = call("PUT", "/quotas/{account}/{name}", *_LIMITS)
_BUDGET = call("PUT", "/budgets/{project}", "amount", "thresholds", "stops")
_TIER = call("PUT", "/tiers/{name}", "price", "currency", "restricted")

PEOPLE_KINDS = (
    PlatformKind(
        name="users", key=("name",), fields={"full_name": "", "email": ""},
        listed=lambda of: readable(each for each in of.listed("/users", "users") if each["status"] != "deactivated"),
        create=call("POST", "/users", "name", "full_name", "email"),
        change=change_by("PATCH", "/users/{name}", "full_name", "email"),
    ),
    PlatformKind(
        name="groups", key=("name",), fields={"description": "", "members": []}, listed=lambda of: readable(_groups(of)),
        create=_make_group, change=_set_members, remove=call("DELETE", "/groups/{name}"),
    ),
    PlatformKind(
        name="projects", key=("name",), fields={"title": "", "description": "", "priority": "normal"},
        listed=lambda of: (each for each in of.listed("/projects", "projects") if not each["archived_at"]),
        create=call("POST", "/projects", "name", "title", "description", "priority"),
        change=change_by("PATCH", "/projects/{name}", "title", "description", "priority"),
    ),
    PlatformKind(
        name="members", key=("on", "kind", "name", "role"), fields={}, listed=_members, create=_grant,
        remove=call("DELETE", "/members/{_id}"), exported=_is_kept,
    ),
    PlatformKind(
        name="tiers", key=("name",), fields={"price": None, "restricted": False}, listed=lambda of: of.listed("/tiers", "tiers"),
        create=None, change=replace_by(_TIER),
    ),
    PlatformKind(
        name="tier_rights", key=("tier", "kind", "name"), fields={}, listed=_rights,
        create=call("POST", "/tiers/{tier}/rights", "kind", "name"), remove=call("DELETE", "/tiers/{tier}/rights/{_id}"),
        exported=lambda right: right["expires_at"] is None,
    ),
    PlatformKind(
        name="quotas", key=("account", "name"), fields=dict.fromkeys(_LIMITS), listed=_quotas, create=_QUOTA,
        change=replace_by(_QUOTA), remove=call("DELETE", "/quotas/{account}/{name}"),
    ),
    PlatformKind(
        name="prices", key=("resource",), fields={"price": 0.0}, listed=lambda of: readable(_prices(of)), create=None,
        change=_set_price,
    ),
    PlatformKind(
        name="budgets", key=("project",), fields={"amount": None, "thresholds": [50, 80, 100], "stops": "nothing"},
        listed=lambda of: of.listed("/budgets", "budgets"), create=_BUDGET, change=replace_by(_BUDGET),
        remove=call("DELETE", "/budgets/{project}"),
    ),
)  # fmt: skip
"""In the order in which they are made: each may need those before it."""
