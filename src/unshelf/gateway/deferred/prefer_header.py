"""The Prefer header (RFC 7240), as far as it is about being answered later."""

import re

import msgspec

LONGEST_WAIT = 60.0
"""Seconds; a longer wait is this one."""
_MOST_CHARACTERS = 1000
"""Length of the header that is parsed: finding that a quote never ends takes the square of it."""
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 -- a grammar's word
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PREFERENCE = re.compile(rf"\s*({_TOKEN})(?:\s*=\s*({_TOKEN}|{_QUOTED}))?\s*")
_SEPARATED = re.compile(rf"(?:[^,\"]|{_QUOTED})+")
_DIGITS = re.compile(r"[0-9]{1,9}")


class RespondAsync(msgspec.Struct, frozen=True):
    """The caller prefers an answer later to waiting longer than `wait` seconds."""

    wait: float = 0.0


def respond_async(header: str) -> RespondAsync | None:
    """Parse the respond-async preference of a Prefer header; None when it is not there.

    As the RFC has it: names in any case, the first of a name counts, and what can't be read or is not known is passed over."""
    preferences: dict[str, str] = {}
    for part in _SEPARATED.findall(header[:_MOST_CHARACTERS]):
        match = _PREFERENCE.match(part)
        if match is None:
            continue
        name, value = match[1].lower(), match[2] or ""
        preferences.setdefault(name, value[1:-1] if value.startswith('"') else value)
    if "respond-async" not in preferences:
        return None
    wait = preferences.get("wait", "")
    return RespondAsync(min(float(wait), LONGEST_WAIT) if _DIGITS.fullmatch(wait) else 0.0)
