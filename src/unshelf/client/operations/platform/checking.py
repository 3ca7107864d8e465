"""Checks of a platform file before anything is changed: names, values, and what its things refer to."""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from unshelf.client.operations.platform.kind import Installation, Item, PlatformKind
from unshelf.contracts.errors import Forbidden, UnshelfError

Document = dict[str, list[Item]]
"""Kind → its things."""
Place = Callable[[str, int, str], str]
"""Takes a kind, the index of one of its things and a field, and returns where in the file that is: `line 12`."""


def number_of(kind: str, index: int, _field: str) -> str:
    """Return the place of a thing in a document that was not read from a file."""
    return f"{kind} number {index + 1}"


def check_document(kinds: Sequence[PlatformKind], document: dict[str, Any], place: Place) -> None:
    """Raise UnshelfError for what is no kind, no field, no value of a field, left out, or twice there."""
    known = {kind.name: kind for kind in kinds}
    for name, items in document.items():
        if name not in known:
            raise _wrong(f"{place(name, 0, '')}: [[{name}]] is nothing that a platform file has.", name, list(known))
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise _wrong(f"{place(name, 0, '')}: write each of {name} as a table of its own: [[{name}]].", "", [])
        _check_items(known[name], items, place)


def check_needed(kind: PlatformKind, index: int, item: Item, place: Place) -> None:
    """Raise UnshelfError for a thing that can't be made, since it lacks a field."""
    for name, shape in kind.shapes.items():
        if shape.needed and item.get(name) is None:
            raise _wrong(
                f"{place(kind.name, index, '')}: {kind.name} {' '.join(kind.key_of(item))} is not there, and can't be made "
                f"without {name}.",
                "", [], hint=f"Add `{name} = …`, {shape.expected}.",
            )  # fmt: skip


def check_references(
    installation: Installation, kinds: Sequence[PlatformKind], document: Document, place: Place
) -> None:
    """Raise UnshelfError where a thing names a project, a person, a group or a role that is neither there nor in the file.

    Models, jobs and the like are not looked for: they come later, and the next `apply` makes what waits for them."""
    names = _Names(installation, document)
    for kind in kinds:
        for index, item in enumerate(document.get(kind.name, [])):
            for field, referred, name in _references(kind, item):
                known = names.of(referred)
                if known is not None and name not in known:
                    raise _wrong(
                        f"{place(kind.name, index, field)}: there is no {referred[:-1]} {name!r}, and the file has none.",
                        name, sorted(known), hint="" if referred == "roles" else f"Add it as [[{referred}]], or mend the name.",
                    )  # fmt: skip


class _Names:
    """Names that are there or in the file."""

    def __init__(self, installation: Installation, document: Document) -> None:
        self._installation = installation
        self._document = document
        self._known: dict[str, set[str] | None] = {}

    def of(self, kind: str) -> set[str] | None:
        """Return the names of a kind; None: the caller may not see them all, so that nothing is known to be missing."""
        if kind not in self._known:
            try:
                there = {each["name"] for each in self._installation.listed(f"/{kind}", kind)}
                self._known[kind] = there | {str(item.get("name")) for item in self._document.get(kind, [])}
            except Forbidden:
                self._known[kind] = None
        return self._known[kind]


def _references(kind: PlatformKind, item: Item) -> Iterator[tuple[str, str, str]]:
    """Yield field, kind and name of each thing that an item refers to."""
    where, _, name = str(item.get("on", "")).partition(":")
    if where == "project":
        yield "on", "projects", name
    if isinstance(item.get("project"), str):
        yield "project", "projects", item["project"]
    if item.get("account") == "project":
        yield "name", "projects", item["name"]
    holder = item.get("kind")
    if kind.name in ("members", "tier_rights") and holder in ("user", "group", "role", "project"):
        yield "name", f"{holder}s", item["name"]
    if kind.name == "goals" and item.get("owner"):
        yield "owner", "users", item["owner"]
    if kind.name == "members":
        yield "role", "roles", item["role"]
    if kind.name == "groups":
        yield from (("members", "users", user) for user in item.get("members", []))


def _check_items(kind: PlatformKind, items: list[Item], place: Place) -> None:
    keys: dict[tuple[str, ...], int] = {}
    for index, item in enumerate(items):
        for name, value in item.items():
            if name not in kind.shapes:
                raise _wrong(f"{place(kind.name, index, name)}: {kind.name} have no {name!r}.", name, list(kind.shapes))
            if not kind.shapes[name].fits(value):
                raise _wrong(
                    f"{place(kind.name, index, name)}: {name} of {kind.name} is {kind.shapes[name].expected}, not {value!r}.",
                    str(value), [],
                )  # fmt: skip
        for name in kind.key:
            if item.get(name) is None:
                raise _wrong(
                    f"{place(kind.name, index, '')}: {kind.name} are known by {', '.join(kind.key)}; {name} is left out.",
                    "", [], hint=f"Add `{name} = …`, {kind.key[name].expected}.",
                )  # fmt: skip
        if said := kind.fault(item):
            raise _wrong(f"{place(kind.name, index, '')}: {said}", "", [])
        key = kind.key_of(item)
        if key in keys:
            first = place(kind.name, keys[key], "")
            raise _wrong(
                f"{place(kind.name, index, '')}: {kind.name} {' '.join(key)} is there twice, first at {first}.", "", []
            )
        keys[key] = index


def _wrong(detail: str, name: str, known: list[str], hint: str = "") -> UnshelfError:
    near = get_close_matches(name, known, 1)
    said = f"Did you mean {near[0]!r}?" if near else hint or (f"Known are {', '.join(known)}." if known else "")
    return UnshelfError(detail, code="invalid_input", hint=said)
