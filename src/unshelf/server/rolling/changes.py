"""The difference between the settings in force and those that a change brings."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from unshelf.server.settings import Settings

FIXED = (
    "home", "host", "port", "grpc_port", "database", "blobs", "s3_endpoint", "predictions", "launcher", "identity",
)  # fmt: skip
"""Settings that say where the server is and where its state lies. With another value it is another server."""
_SECRET = frozenset({"database", "smtp_password", "oidc_client_secret", "backup_passphrase"})
_SHOWN_CHARACTERS = 200
_PREFIX = "UNSHELF_"
_NEAR = 0.88
"""Likeness from which a name counts as another one, written wrongly."""
_INJECTED = re.compile(r"_SERVICE_(HOST|PORT)|_PORT(_|$)")


class SettingChange(msgspec.Struct, frozen=True, kw_only=True):
    """A setting with another value."""

    name: str
    """The environment variable that sets it."""
    before: str
    """The value in force, as JSON; empty: it is a secret."""
    after: str

    def __str__(self) -> str:
        return f"{self.name}: {self.before} → {self.after}" if self.before else f"{self.name} (a secret)"


def values_of(settings: Settings, *, given: bool = False) -> dict[str, Any]:
    """Return the settings by name, as JSON has them; `given`: without those that are the defaults."""
    return settings.model_dump(mode="json", fallback=msgspec.to_builtins, exclude_unset=given)


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[SettingChange]:
    """List the settings that change, by name. A setting that the program in force does not know is none of them."""
    return [
        SettingChange(name=variable_of(name), before=_shown(name, before[name]), after=_shown(name, value))
        for name, value in sorted(after.items())
        if name in before and before[name] != value
    ]


def fixed_among(changes: list[SettingChange]) -> list[str]:
    """Return the names of those that can't change while the server runs."""
    fixed = {variable_of(name) for name in FIXED}
    return [change.name for change in changes if change.name in fixed]


def unknown_among(variables: Iterable[str]) -> list[tuple[str, str]]:
    """List the variables that set nothing, each with the nearest one that does (empty: none is near)."""
    known = sorted(map(variable_of, Settings.model_fields))
    return [
        (name, next(iter(get_close_matches(name, known, 1, _NEAR)), ""))
        for name in variables
        if name.startswith(_PREFIX) and name not in known
    ]


def misspelled(variables: Iterable[str]) -> list[tuple[str, str]]:
    """List the variables that are surely meant to be a setting, and set nothing, each with that setting's.

    Others named UNSHELF_… are no mistake: those of commands, and of a Kubernetes service that has this name."""
    return [(name, near) for name, near in unknown_among(variables) if near and not _INJECTED.search(name)]


def variable_of(name: str) -> str:
    """Return the environment variable that sets a setting."""
    return f"UNSHELF_{name.upper()}"


def _shown(name: str, value: Any) -> str:
    if name in _SECRET:
        return ""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
