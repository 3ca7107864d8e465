"""References: how a person or a URL names a model (`NAME`), one version of it (`NAME:3`) or an alias (`NAME@champion`)."""

import re

import msgspec

NAME_RULE = (
    "1 to 64 characters: lower-case letters, digits, '-', '_' and '.', first and last a letter or digit, no '..'"
)
ALIAS_RULE = "1 to 64 characters: letters, digits, '-', '_' and '.', first a letter or digit"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,62}(?<![._-])|[a-z0-9]")
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")


class InvalidReference(ValueError):
    """The text names no model; the message says which rule it breaks."""


class Reference(msgspec.Struct, frozen=True):
    """A parsed reference: at most one of `version` and `alias` is set; neither means "by release"."""

    name: str
    version: int | None = None
    alias: str | None = None

    def __str__(self) -> str:
        if self.version is not None:
            return f"{self.name}:{self.version}"
        return f"{self.name}@{self.alias}" if self.alias is not None else self.name


def is_name(text: str) -> bool:
    """Whether `text` may name a model. Such a name is safe in a path, a URL and a metric label."""
    return _NAME.fullmatch(text) is not None


def is_alias(text: str) -> bool:
    """Whether `text` may be an alias."""
    return _ALIAS.fullmatch(text) is not None


def parse_version(text: str) -> int:
    """A version number from its text; raises InvalidReference."""
    if _VERSION.fullmatch(text) is None:
        raise InvalidReference(f"{_shown(text)} is no version number; versions are 1, 2, 3 …")
    return int(text)


def parse_reference(text: str) -> Reference:
    """Read `NAME`, `NAME:3` or `NAME@alias`; raises InvalidReference, which says what is wrong."""
    if "@" in text:
        name, _, alias = text.partition("@")
        if not is_alias(alias):
            raise InvalidReference(f"{_shown(alias)} is no alias: {ALIAS_RULE}")
        reference = Reference(name, alias=alias)
    elif ":" in text:
        name, _, version = text.partition(":")
        reference = Reference(name, version=parse_version(version))
    else:
        reference = Reference(text)
    if not is_name(reference.name):
        raise InvalidReference(f"{_shown(reference.name)} is no model name: {NAME_RULE}")
    return reference


def _shown(text: str) -> str:
    """A foreign text, short and harmless enough to stand in a message."""
    return ascii(text if len(text) <= 80 else text[:77] + "...")
