"""Search spaces as people write them on the command line: depth=3,5,7  rate=0.001..1:log  size=10..50:10."""

from typing import Any

import typer

from unshelf.client.errors import UnshelfError

_HINT = "Write depth=3,5,7, rate=0.001..1, rate=0.001..1:log, or size=10..50:10 (with a step)."


def space_from(texts: list[str]) -> dict[str, Any]:
    """Return the space that these describe. Raises BadParameter, which names the part that can't be read."""
    space: dict[str, Any] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not name or not values:
            raise typer.BadParameter(f"{text!r} names no values. {_HINT}", param_hint="--param")
        if name in space:
            raise typer.BadParameter(f"{name!r} is given twice.", param_hint="--param")
        space[name] = _range(text, values) if ".." in values else [_value(each) for each in values.split(",")]
    return space


def _range(text: str, values: str) -> dict[str, Any]:
    ends, _, option = values.partition(":")
    low, _, high = ends.partition("..")
    found: dict[str, Any] = {"low": _number(text, low), "high": _number(text, high)}
    if option == "log":
        found["log"] = True
    elif option:
        found["step"] = _number(text, option)
    return found


def _number(text: str, part: str) -> int | float:
    value = _value(part)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise typer.BadParameter(f"{part!r} in {text!r} is no number. {_HINT}", param_hint="--param")
    return value


def _value(text: str) -> str | int | float | bool | None:
    """Read a value as JSON would, and what is no JSON as text."""
    words: dict[str, bool | None] = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def best_line(sweep: dict[str, Any]) -> str:
    """Return a sentence on the best trial so far."""
    best = sweep["best"]
    if best is None:
        return "Nothing was reached yet."
    chosen = ", ".join(f"{name}={value}" for name, value in best["parameters"].items())
    return f"Best {sweep['objective']}: {best['value']:.6g} with {chosen} (trial {best['number']})."


def must_have_ended_well(sweep: dict[str, Any]) -> None:
    """Raise UnshelfError for a sweep that failed or was cancelled."""
    if sweep["state"] in ("failed", "cancelled"):
        raise UnshelfError(f"The sweep {sweep['state']}: {sweep['reason']}")
