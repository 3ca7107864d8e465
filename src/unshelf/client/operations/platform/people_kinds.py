"""Kinds about people and projects."""

from collections.abc import Iterator
from urllib.parse import quote

from unshelf.client.operations.platform import acts
from unshelf.client.operations.platform.kind import API, Installation, Item, PlatformKind
from unshelf.client.operations.platform.shapes import one_of, place, text, texts


def _users(of: Installation) -> Iterator[Item]:
    for user in acts.readable(of.listed("/users", "users")):
        if user["status"] != "deactivated":
            yield user


def _groups(of: Installation) -> Iterator[Item]:
    for group in of.listed("/groups", "groups"):
        shown = of.http.get(f"{API}/groups/{quote(group['name'], safe='')}")
        yield {**group, "members": sorted(member["name"] for member in shown["members"])}


def _make_group(of: Installation, item: Item) -> None:
    of.http.send("POST", f"{API}/groups", {"name": item["name"], "description": item.get("description") or ""})
    _set_members(of, {"name": item["name"], "members": []}, item)


def _set_members(of: Installation, before: Item, after: Item) -> None:
    path = f"{API}/groups/{quote(before['name'], safe='')}/members"
    gained, lost = acts.sets(before, after, "members")
    for user in gained:
        of.http.send("PUT", f"{path}/{quote(user, safe='')}")
    for user in lost:
        of.http.send("DELETE", f"{path}/{quote(user, safe='')}")


def _members(of: Installation) -> Iterator[Item]:
    for on in ("installation", *acts.places(of)):
        for member in acts.readable(of.listed(f"{acts.place_path(on)}/members", "members")):
            yield {**member, "on": on, "_id": member["id"]}


def _is_kept(member: Item) -> bool:
    """Whether it was granted here, and for good: what ends is nothing to keep in a file."""
    return member["source"] == "local" and member["expires_at"] is None and member["kind"] in ("user", "group")


def _grant(of: Installation, item: Item) -> None:
    body = {name: item[name] for name in ("kind", "name", "role")}
    of.http.send("POST", f"{API}{acts.place_path(item['on'])}/members", body)


PEOPLE_KINDS = (
    PlatformKind(
        name="users", key={"name": text(needed=True)}, fields={"full_name": text(""), "email": text("")}, listed=_users,
        create=acts.call("POST", "/users", "name", "full_name", "email"),
        change=acts.change_by("PATCH", "/users/{name}", "full_name", "email"),
    ),
    PlatformKind(
        name="groups", key={"name": text(needed=True)},
        fields={"description": text("", only_made=True), "members": texts([])},
        listed=lambda of: acts.readable(_groups(of)), create=_make_group, change=_set_members,
        remove=acts.call("DELETE", "/groups/{name}"),
    ),
    PlatformKind(
        name="projects", key={"name": text(needed=True)},
        fields={
            "title": text(""), "description": text(""),
            "priority": one_of("low", "normal", "high", "urgent", default="normal"),
        },
        listed=lambda of: (each for each in of.listed("/projects", "projects") if not each["archived_at"]),
        create=acts.call("POST", "/projects", "name", "title", "description", "priority"),
        change=acts.change_by("PATCH", "/projects/{name}", "title", "description", "priority"),
    ),
    PlatformKind(
        name="members",
        key={
            "on": place(installation=True), "kind": one_of("user", "group", needed=True),
            "name": text(needed=True), "role": text(needed=True),
        },
        fields={}, listed=_members, create=_grant, remove=acts.call("DELETE", "/members/{_id}"), exported=_is_kept,
    ),
)  # fmt: skip
"""In the order in which they are made: each may need those before it."""
