"""Templates: texts with places for values, such as `The price is {prediction:,.0f} €.`

A place is `{NAME}` or `{NAME:FORM}`. A name is looked up in a dictionary as it stands, so nothing of a value is ever reached by it: no
attribute, no item, no call. FORM is `,` (thousands), `.2` (digits) and one of `f` (fixed), `%` (percent), `d` (whole), `e` (scientific),
`g` (as short as possible), each of which may be missing. `{{` and `}}` are braces."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_NAMES = 200
"""The most values of an answer that have a name."""
_MOST_TEXT = 500
_DEPTH = 3
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}:]*)(?::([^{}]*))?\}|[{}]")
_FORM = re.compile(r"(,?)(?:\.([0-9]{1,2}))?([f%deg]?)")
_DASH = "–"
_GENERAL = 6
_LARGEST_WHOLE = 2**53


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place for a value in a template."""

    name: str
    form: str


def parse(template: str) -> list[str | Place]:
    """Cut a template into texts and places. Raises ValueError, with a sentence, for one that can't be read."""
    pieces: list[str | Place] = []
    end = 0
    for match in _PIECE.finditer(template):
        pieces.append(template[end : match.start()])
        end = match.end()
        if match[0] in ("{{", "}}"):
            pieces.append(match[0][0])
        elif match[1] is None:
            raise ValueError(
                f"the brace at character {match.start() + 1} has no partner; write {match[0] * 2} for a brace"
            )
        else:
            pieces.append(_place(match[1].strip(), (match[2] or "").strip(), match.start() + 1))
    pieces.append(template[end:])
    return [piece for piece in pieces if piece != ""]


def render(template: str, values: Mapping[str, Any]) -> str:
    """Fill a template that can be read; a value that there is not is a dash."""
    return "".join(
        piece if isinstance(piece, str) else _formatted(values.get(piece.name), piece.form) for piece in parse(template)
    )


def names_in(template: str) -> list[str]:
    """Return the names of a template's places, in order. Raises ValueError as `parse`."""
    return [piece.name for piece in parse(template) if isinstance(piece, Place)]


def values_of(prediction: Any) -> dict[str, Any]:
    """Name the plain values of an answer: `prediction`, or, of an object or a list, each member by its name: `scores.cheap`, `0`.

    `prediction` is then the first of them."""
    found: dict[str, Any] = {}
    _add(found, "", prediction, _DEPTH)
    if "prediction" not in found and found:
        found = {"prediction": next(iter(found.values())), **found}
    return found


def _add(found: dict[str, Any], name: str, value: Any, depth: int) -> None:
    if len(found) >= MOST_NAMES:
        return
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if members is None:
        found[name or "prediction"] = value
    elif depth:
        for key, member in members:
            _add(found, f"{name}.{key}" if name else str(key), member, depth - 1)


def _place(name: str, form: str, at: int) -> Place:
    if not name:
        raise ValueError(f"the place at character {at} has no name, as in {{prediction}}")
    if _FORM.fullmatch(form) is None:
        raise ValueError(
            f"{form[:20]!a} at character {at} is no form of a number; write, for example, :.2f, :,.0f or :.1%"
        )
    return Place(name=name, form=form)


def _formatted(value: Any, form: str) -> str:
    if value is None:
        return _DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value, form)
    text = str(value)
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]} …"


def _number(value: int | float, form: str) -> str:
    match = _FORM.fullmatch(form)
    if match is None or not math.isfinite(value):
        return _DASH if math.isnan(value) else f"{value:g}"
    comma, digits, kind = match.groups()
    if isinstance(value, int) and abs(value) > _LARGEST_WHOLE:
        return format(value, comma) if kind in ("", "d") else format(float(value), f"{comma}.{digits or _GENERAL}g")
    if kind == "d":
        return format(round(value), f"{comma}d")
    if kind == "" and isinstance(value, int):
        return format(value, f"{comma}d") if digits is None else format(value, f"{comma}.{digits}f")
    if kind == "" and digits is not None:
        return format(value, f"{comma}.{digits}f")
    if kind in ("", "g"):
        return format(value, f"{comma}.{digits or _GENERAL}g")
    return format(value, f"{comma}.{digits or ('2' if kind == 'f' else '0' if kind == '%' else str(_GENERAL))}{kind}")
