"""Kinds of things that a platform file names: how each is listed, made, changed and removed over the API."""

import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from unshelf.client.http import Http
from unshelf.contracts.errors import Forbidden, NotFound

Item = dict[str, Any]
"""A thing by its fields. Those that begin with `_` are for changing it, and in no file."""
API = "/api/v1"


class Installation:
    """The installation that is read and changed."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self._names: dict[str, list[str]] = {}

    def listed(self, path: str, name: str, **asked: Any) -> Iterator[Item]:
        """Yield the items of all pages of a list; of one that the caller may not see, or that is not there, none."""
        try:
            answer = self.http.get(f"{API}{path}", **asked)
        except NotFound:
            return
        yield from answer[name]
        while answer.get("next_cursor"):
            answer = self.http.get(f"{API}{path}", **asked, cursor=answer["next_cursor"])
            yield from answer[name]

    def projects(self) -> list[str]:
        """Return the names of the projects that are not archived."""
        if "projects" not in self._names:
            found = self.listed("/projects", "projects")
            self._names["projects"] = [each["name"] for each in found if not each.get("archived_at")]
        return self._names["projects"]

    def models(self) -> list[str]:
        """Return the names of the models."""
        if "models" not in self._names:
            self._names["models"] = [each["name"] for each in self.listed("/models", "models")]
        return self._names["models"]


Listing = Callable[[Installation], Iterator[Item]]
Act = Callable[[Installation, Item], Any]
Change = Callable[[Installation, Item, Item], Any]
"""Takes the item as it is, and as it should be."""


@dataclass(frozen=True, kw_only=True)
class PlatformKind:
    """A kind."""

    name: str
    """Name of its tables in the file."""
    key: tuple[str, ...]
    """The fields by which one is known."""
    fields: Mapping[str, Any]
    """The other fields, each with what it is where nobody says so; None: there is no such value."""
    listed: Listing
    create: Act | None
    """None: a file can't make one; the plan says that it is missing."""
    change: Change | None = None
    """None: it is removed and made again."""
    remove: Act | None = None
    """None: it is never removed."""
    exported: Callable[[Item], bool] = field(default=lambda _: True)
    """Whether a thing belongs into a file, and is removed where a file that names the kind does not name it."""

    def key_of(self, item: Item) -> tuple[str, ...]:
        """Return what one is known by."""
        return tuple(str(item.get(name) or "") for name in self.key)


def call(method: str, path: str, *names: str) -> Act:
    """Return an act that sends these fields of an item; `{field}` in the path is the item's."""

    def act(installation: Installation, item: Item) -> Any:
        body = {name: item[name] for name in names if item.get(name) is not None}
        return installation.http.send(method, API + filled(path, item), body if names or method == "POST" else None)

    return act


def change_by(method: str, path: str, *names: str) -> Change:
    """Return a change that sends these fields as they should be, where the file names them."""

    def change(installation: Installation, before: Item, after: Item) -> Any:
        body = {name: after[name] for name in names if name in after}
        return installation.http.send(method, API + filled(path, {**before, **after}), body)

    return change


def replace_by(act: Act) -> Change:
    """Return a change that puts the whole thing anew: fields that the file does not name stay."""
    return lambda installation, before, after: act(installation, {**before, **after})


def filled(path: str, item: Item) -> str:
    """Fill in fields, quoted for an address."""
    names = [name for _, name, _, _ in string.Formatter().parse(path) if name]
    return path.format(**{name: quote(str(item[name]), safe="") for name in names})


def place_path(on: str) -> str:
    """Return the path of `installation`, `project:NAME` or `model:NAME`."""
    kind, _, name = on.partition(":")
    return "" if kind == "installation" else f"/{kind}s/{quote(name, safe='')}"


def readable(listing: Iterator[Item]) -> Iterator[Item]:
    """Yield a list, or nothing of one that the caller may not read."""
    try:
        yield from listing
    except Forbidden:
        return
