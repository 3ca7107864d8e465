"""Tags and properties as values, and the rules for their names and values."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args
from urllib.parse import urlsplit

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.references import NAME_RULE, is_name

PropertyType = Literal["text", "number", "boolean", "date", "link"]
PropertyValue = bool | int | float | str
TYPES: tuple[str, ...] = get_args(PropertyType)
MOST_CHARACTERS = 2000
MOST_A_SUBJECT = 100
"""Tags that a subject may have, and properties."""


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag of a subject."""

    tag: str
    set_at: datetime
    set_by: str


@dataclass(frozen=True, kw_only=True)
class Property:
    """A property of a subject."""

    name: str
    type: PropertyType
    value: PropertyValue
    set_at: datetime
    set_by: str


@dataclass(frozen=True, kw_only=True)
class UsedTag:
    """A tag, and how many subjects have it."""

    tag: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A property that subjects must have: with this value, or with any."""

    name: str
    value: str | None


def check_name(what: Literal["tag", "property"], name: str) -> None:
    """Raise InvalidInput for a text that may name no tag or property."""
    if not is_name(name):
        raise InvalidInput(f"{name[:80]!a} may be no {what}: {NAME_RULE}.")


def typed(value: PropertyValue, wanted: PropertyType | None) -> tuple[PropertyType, PropertyValue]:
    """Return the type of a property and its value in that type; without a wanted type, the one that the value has.

    Raises InvalidInput for a value that is not of the type."""
    kind = wanted or _type_of(value)
    is_text = isinstance(value, str)
    if kind == "boolean" and not isinstance(value, bool):
        raise InvalidInput(f"{_shown(value)} is no boolean.", hint="Give true or false.")
    if kind == "number" and (isinstance(value, (bool, str)) or not math.isfinite(value)):
        raise InvalidInput(f"{_shown(value)} is no number.")
    if kind in ("text", "link", "date") and not is_text:
        raise InvalidInput(f"{_shown(value)} is no {kind}.", hint="Give it as text, in quotation marks.")
    if isinstance(value, str):
        _check_text(value, kind)
    return kind, value


def as_text(value: PropertyValue) -> str:
    """Return a value as the text that filters compare: `true`, `3`, `0.25`, `2026-01-31`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def condition_of(text: str) -> Condition:
    """Read a filter on a property, `NAME` or `NAME=VALUE`. Raises InvalidInput."""
    name, separator, value = text.partition("=")
    check_name("property", name)
    return Condition(name=name, value=value if separator else None)


def _type_of(value: PropertyValue) -> PropertyType:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _check_text(value: str, kind: PropertyType) -> None:
    if not value.strip() or len(value) > MOST_CHARACTERS:
        raise InvalidInput(f"A {kind} has 1 to {MOST_CHARACTERS} characters, not {len(value)}.")
    if kind == "date":
        try:
            if date.fromisoformat(value).isoformat() == value:
                return
        except ValueError:
            pass
        raise InvalidInput(f"{_shown(value)} is no date.", hint="Write it as YYYY-MM-DD: 2026-01-31.")
    if kind == "link" and not _is_link(value):
        raise InvalidInput(f"{_shown(value)} is no link.", hint="Give an address that begins with https:// or http://.")


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text
    except ValueError:
        return False


def _shown(value: object) -> str:
    return ascii(value)[:80]
