"""Durations as people write them on the command line: 30m, 12h, 90d."""

import re

import typer

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds_of(text: str | None, option: str) -> float | None:
    """Return the seconds; None for None. Raises BadParameter, which names the option."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no time; write 30m, 12h or 90d.", param_hint=option)
    return float(found[1]) * _UNITS[found[2]]
