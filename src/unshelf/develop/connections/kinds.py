"""Kinds of connections: the settings and credentials that each takes."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.data import ConnectionKind
from unshelf.contracts.references import is_data_path

_MOST_CHARACTERS = 4096
_SSL_MODES = ("disable", "prefer", "require", "verify-full")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Settings and credentials of a kind of connection."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    has_host: bool = True


KINDS: dict[ConnectionKind, Kind] = {
    "local": Kind(required=("folder",), optional=("prefix",), has_host=False),
    "s3": Kind(
        required=("bucket",), optional=("prefix", "endpoint", "region"),
        credentials=("access_key_id", "secret_access_key", "session_token"),
    ),
    "sql": Kind(required=("host", "database"), optional=("port", "sslmode"), credentials=("user", "password")),
    "https": Kind(required=("url",), credentials=("user", "password", "token")),
}  # fmt: skip
"""Kind → its settings; docs/concepts/data.md explains each."""


def check_connection(kind: ConnectionKind, settings: Mapping[str, str], credentials: Mapping[str, str]) -> None:
    """Raise InvalidInput for settings and credentials that the kind does not take, or that can't be."""
    rule = KINDS[kind]
    _check_names(f"a connection of the kind {kind}", settings, (*rule.required, *rule.optional))
    _check_names(f"the credentials of a connection of the kind {kind}", credentials, rule.credentials)
    missing = [name for name in rule.required if not settings.get(name)]
    if missing:
        raise InvalidInput(f"A connection of the kind {kind} needs {', '.join(missing)}.")
    if settings.get("prefix") and not is_data_path(settings["prefix"]):
        raise InvalidInput("The prefix is a relative path, without '.', '..' and empty parts.")
    if kind == "https":
        _check_url("url", settings["url"], ("https",))
    if settings.get("endpoint"):
        _check_url("endpoint", settings["endpoint"], ("https", "http"))
    if not settings.get("port", "1").isdecimal() or not 0 < int(settings.get("port", "1")) < 1 << 16:
        raise InvalidInput("The port is a number from 1 to 65535.")
    if settings.get("sslmode", "prefer") not in _SSL_MODES:
        raise InvalidInput(f"The sslmode is one of {', '.join(_SSL_MODES)}.")


def host_of(kind: ConnectionKind, settings: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the host and port that a connection speaks to; None: it speaks to none."""
    if kind == "local":
        return None
    if kind == "sql":
        return settings["host"].lower(), int(settings.get("port") or 5432)
    address = urlsplit(settings["url"] if kind == "https" else endpoint_of(settings))
    return (address.hostname or "").lower(), address.port or (443 if address.scheme == "https" else 80)


def endpoint_of(settings: Mapping[str, str]) -> str:
    """Return the address of the S3 server of a connection; Amazon's unless one is given."""
    return settings.get("endpoint") or f"https://s3.{settings.get('region') or 'us-east-1'}.amazonaws.com"


def _check_names(what: str, given: Mapping[str, str], known: tuple[str, ...]) -> None:
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known) or 'none'}."
            raise InvalidInput(f"{name[:80]!a} is nothing that {what} has.", hint=hint)
        if len(value) > _MOST_CHARACTERS or "\0" in value:
            raise InvalidInput(f"{name} has at most {_MOST_CHARACTERS} characters, and no NUL.")


def _check_url(name: str, text: str, schemes: tuple[str, ...]) -> None:
    try:
        address = urlsplit(text)
        has_port = address.port is None or address.port > 0
    except ValueError:
        has_port, address = False, urlsplit("")
    if address.scheme not in schemes or not address.hostname or not has_port:
        raise InvalidInput(f"The {name} is an address that begins with {schemes[0]}://.")
    if address.username is not None or address.query or address.fragment:
        raise InvalidInput(
            f"The {name} is an address without credentials, query and fragment.", hint="Give credentials apart."
        )
