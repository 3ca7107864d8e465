"""Shapes of fields in a platform file: what each may hold, and what it is where nobody says so."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ON = ("installation", "project:NAME", "model:NAME")


@dataclass(frozen=True, kw_only=True)
class FieldShape:
    """A field."""

    expected: str
    """The values that fit, in words."""
    fits: Callable[[Any], bool]
    default: Any = None
    """The value where nobody says any; None: there is none."""
    needed: bool = False
    """Whether a thing can't be made without it."""
    only_made: bool = False
    """Whether it is set when the thing is made, and not changed by a file after that."""


def text(default: str | None = None, *, needed: bool = False, only_made: bool = False) -> FieldShape:
    """Return the shape of a text."""
    return FieldShape(
        expected="a text", fits=lambda value: isinstance(value, str) and (bool(value) or not needed), default=default,
        needed=needed, only_made=only_made,
    )  # fmt: skip


def one_of(*values: str, default: str | None = None, needed: bool = False) -> FieldShape:
    """Return the shape of one of these words."""
    return FieldShape(
        expected=f"one of {', '.join(values)}", fits=lambda value: value in values, default=default, needed=needed
    )


def place(*, installation: bool = False) -> FieldShape:
    """Return the shape of `project:NAME` or `model:NAME`, perhaps also `installation`."""
    return FieldShape(
        expected=" or ".join(ON if installation else ON[1:]),
        fits=lambda value: _is_place(value, installation),
        needed=True,
    )


def whole(default: int | None = None, *, needed: bool = False) -> FieldShape:
    """Return the shape of a whole number that is not negative."""
    return FieldShape(expected="a whole number", fits=_is_whole, default=default, needed=needed)


def number(default: float | None = None, *, needed: bool = False) -> FieldShape:
    """Return the shape of a number. Prices are exact on the wire, so a text of digits is one too."""
    return FieldShape(expected="a number", fits=_is_number, default=default, needed=needed)


def flag(default: bool | None = None) -> FieldShape:
    """Return the shape of true or false."""
    return FieldShape(expected="true or false", fits=lambda value: isinstance(value, bool), default=default)


def texts(default: list[str] | None = None, *, needed: bool = False) -> FieldShape:
    """Return the shape of a list of texts."""
    return FieldShape(
        expected='a list of texts, such as ["a", "b"]', fits=lambda value: _is_list(value, lambda each: isinstance(each, str)),
        default=default, needed=needed,
    )  # fmt: skip


def wholes(default: list[int] | None = None) -> FieldShape:
    """Return the shape of a list of whole numbers."""
    return FieldShape(
        expected="a list of whole numbers", fits=lambda value: _is_list(value, _is_whole), default=default
    )


def table(default: dict[str, Any] | None = None, *, needed: bool = False) -> FieldShape:
    """Return the shape of a table, such as `{folder = "x"}`."""
    return FieldShape(
        expected='a table, such as {name = "value"}', fits=lambda value: isinstance(value, dict) and _is_finite(value), default=default,
        needed=needed,
    )  # fmt: skip


def _is_place(value: Any, installation: bool) -> bool:
    if value == "installation":
        return installation
    kind, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
    return kind in ("project", "model") and bool(name)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        try:
            return math.isfinite(float(value))
        except ValueError:
            return False
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_finite(value: Any) -> bool:
    """Whether all numbers in a value are finite: TOML has `nan` and `inf`, JSON has not, and they would arrive as nothing."""
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _is_list(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(fits, value))
