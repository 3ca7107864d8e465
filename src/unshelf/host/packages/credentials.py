"""Credentials in addresses: taken out of whatever is kept, shown or answered."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

_ADDRESS = re.compile(r"""://[^\s"'<>]+""")
"""An address from the end of its scheme on. It takes in all that it can, so that a text is gone through once."""
_WITH_USER = re.compile(r"""(https?)://([^/\s"'<>,]*)""")
_SHORTEST_SECRET = 4


def without_credentials(text: str, secrets: Iterable[str] = ()) -> str:
    """Take user names and passwords out of the addresses in a text, and the queries that sign some links; and these secrets."""
    text = _ADDRESS.sub(lambda match: _bare(match[0]), text)
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "****")
    return text


def _bare(address: str) -> str:
    head, slash, path = address[3:].partition("/")
    host = head.rpartition("@")[2].partition("?")[0]
    return f"://{host}{slash}{path.partition('?')[0]}"


def secrets_in(settings: Mapping[str, str]) -> set[str]:
    """Find the passwords in the addresses of these settings, as they are written and as they are meant."""
    found: set[str] = set()
    for value in settings.values():
        for address in value.replace(",", " ").split():
            user, _, password = _user_info(address).partition(":")
            secret = password or user  # a name without a password is a token
            found |= {secret, unquote(secret)}
    return found - {""}


def _user_info(address: str) -> str:
    start = address.find("://")
    return address[start + 3 :].partition("/")[0].rpartition("@")[0] if start >= 0 else ""


def user_info_of(text: str) -> list[tuple[str, str]]:
    """Find the addresses in a text that have a user name or a password: each without, and what it had."""
    found = [(match[1], *match[2].rpartition("@")) for match in _WITH_USER.finditer(text)]
    return [(f"{scheme}://{host}", user) for scheme, user, _, host in found if user and host]


def without_user_info(text: str) -> str:
    """Take user names and passwords out of the addresses in a text; queries stay."""
    return _WITH_USER.sub(lambda match: f"{match[1]}://{match[2].rpartition('@')[2]}", text)
