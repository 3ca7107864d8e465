"""Kinds of things that a platform file names: how each is listed, made, changed and removed over the API."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from unshelf.client.http import Http
from unshelf.client.operations.platform.shapes import FieldShape
from unshelf.contracts.errors import NotFound

Item = dict[str, Any]
"""A thing by its fields. Those that begin with `_` are for changing it, and in no file."""
API = "/api/v1"


class Installation:
    """The installation that is read and changed."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self._names: dict[str, list[str]] = {}

    def listed(self, path: str, name: str, **asked: Any) -> Iterator[Item]:
        """Yield the items of all pages of a list; of one that is not there, none."""
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
    key: Mapping[str, FieldShape]
    """The fields by which one is known."""
    fields: Mapping[str, FieldShape]
    """The other fields."""
    listed: Listing
    create: Act | None
    """None: a file can't make one; the plan says that it is missing."""
    remedy: str = ""
    """The way to get one that is missing, with its fields in braces."""
    change: Change | None = None
    """None: it is removed and made again."""
    remove: Act | None = None
    """None: it is never removed."""
    fault: Callable[[Item], str] = field(default=lambda _: "")
    """Says why a thing can't be, of fields that fit each; empty: it can, as far as is known before it is made."""
    exported: Callable[[Item], bool] = field(default=lambda _: True)
    """Whether a thing belongs into a file, and is removed where a file that names the kind does not name it."""

    @property
    def shapes(self) -> dict[str, FieldShape]:
        """The shapes of all its fields."""
        return {**self.key, **self.fields}

    def key_of(self, item: Item) -> tuple[str, ...]:
        """Return what one is known by."""
        return tuple("" if item.get(name) is None else str(item[name]) for name in self.key)
