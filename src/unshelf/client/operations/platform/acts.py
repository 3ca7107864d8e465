"""Acts that kinds of a platform file have in common: calls of routes with an item's fields."""

import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from unshelf.client.operations.platform.kind import API, Act, Change, Installation, Item
from unshelf.contracts.errors import Forbidden


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


def make_again_for(names: tuple[str, ...], change: Change, remove: Act, create: Act) -> Change:
    """Return a change that removes a thing and makes it again where one of these fields, which no route changes, is another."""

    def act(installation: Installation, before: Item, after: Item) -> Any:
        if all(after.get(name, before.get(name)) == before.get(name) for name in names):
            return change(installation, before, after)
        remove(installation, before)
        return create(installation, {**before, **after})

    return act


def sets(before: Item, after: Item, name: str) -> tuple[list[str], list[str]]:
    """Return what a list gains and what it loses, each in order; a file that does not name it changes nothing."""
    old = set(before.get(name) or ())
    new = set(after.get(name, old))
    return sorted(new - old), sorted(old - new)


def filled(path: str, item: Item) -> str:
    """Fill in fields, quoted for an address."""
    names = [name for _, name, _, _ in string.Formatter().parse(path) if name]
    return path.format(**{name: quote(str(item[name]), safe="") for name in names})


def place_path(on: str) -> str:
    """Return the path of `installation`, `project:NAME` or `model:NAME`."""
    kind, _, name = on.partition(":")
    return "" if kind == "installation" else f"/{kind}s/{quote(name, safe='')}"


def places(of: Installation) -> list[str]:
    """Return all projects and models as places."""
    return [*(f"project:{name}" for name in of.projects()), *(f"model:{name}" for name in of.models())]


def readable(listing: Iterator[Item]) -> Iterator[Item]:
    """Yield a list, or nothing of one that the caller may not read."""
    try:
        yield from listing
    except Forbidden:
        return


def with_id(listing: Iterator[Item]) -> Iterator[Item]:
    """Yield items that are changed by their id."""
    for each in listing:
        yield {**each, "_id": each["id"]}
