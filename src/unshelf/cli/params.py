"""NAME=VALUE as it is written on the command line: parameters, variables, settings, credentials."""

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import typer

from unshelf.client.errors import InvalidInput


def finite(value: float | None) -> float | None:
    """Refuse `nan` and `inf` as the number of an option: JSON has none, and a limit would arrive as no limit."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no number that can be kept")
    return value


def read_pairs(texts: Iterable[str] | None, what: str) -> dict[str, str]:
    """Read NAME=VALUE. `what`: the pairs, as a message names them. Raises InvalidInput, which never shows a value."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InvalidInput(f"{what} are written NAME=VALUE.")
        if name in found:
            raise InvalidInput(f"{what}: {name[:80]!r} is given twice.")
        found[name] = value
    return found


def read_parameters(texts: Iterable[str] | None) -> dict[str, Any]:
    """Read NAME=VALUE, where a value that is no JSON is a text. Raises InvalidInput."""
    return {name: _json_or_text(value) for name, value in read_pairs(texts, "Parameters").items()}


def read_params(texts: Sequence[str] | None) -> dict[str, Any] | None:
    """Read parameters of a prediction likewise; None: there is none. Raises InvalidInput."""
    return read_parameters(texts) or None


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
