"""Durations and moments as people write them on the command line: 30m, 12h, 90d, 2027-03-31."""

import re
from datetime import datetime, timedelta, timezone

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


def moment_of(text: str | None, option: str) -> str | None:
    """Return a moment in ISO 8601 for a day, a time, or how long ago it was; None for None. Raises BadParameter.

    A time without its zone is one of this machine's."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))  # Python 3.10 does not know the Z
    except ValueError:
        try:
            ago = seconds_of(text, option) or 0.0
            moment = datetime.now(timezone.utc) - timedelta(seconds=ago)
        except (typer.BadParameter, OverflowError):
            raise typer.BadParameter(
                f"{text!r} is no moment; write 2027-03-31, 2027-03-31T12:00:00Z, or 7d for seven days ago.",
                param_hint=option,
            ) from None
    return moment.astimezone(timezone.utc).isoformat()
