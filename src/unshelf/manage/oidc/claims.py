"""Claims: what an identity provider says of somebody, as this server needs it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unshelf.contracts.configs import OidcOptions
from unshelf.contracts.errors import Forbidden

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}")


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person whom the provider knows."""

    subject: str
    name: str
    """The login name that a new account gets; empty: the claims have none."""
    email: str
    """Empty: the provider tells none, or says that it is not verified."""
    full_name: str
    groups: tuple[str, ...]
    """The groups at the provider."""
    is_email_verified: bool


def person_of(claims: Mapping[str, Any], options: OidcOptions) -> Person:
    """Read the claims of the ID token and of the userinfo endpoint. Raises Forbidden where groups are left out."""
    names = claims.get("_claim_names")
    if isinstance(names, dict) and options.groups_claim in names:
        raise Forbidden(
            "The identity provider leaves your groups out, because they are too many.",
            hint="Its operator can have it send only the groups that are assigned to this application.",
        )
    verified, email = claims.get("email_verified"), _text(claims.get("email"))
    is_address = verified is not False and _EMAIL.fullmatch(email) is not None
    return Person(
        subject=claims["sub"],
        name=_login_name(_text(_at(claims, options.name_claim)) or email),
        email=email if is_address else "",
        full_name="".join(filter(str.isprintable, _text(claims.get("name"))))[:200],
        groups=_groups(_at(claims, options.groups_claim)),
        is_email_verified=is_address and verified is True,
    )


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of this name, else the one within others that the dots lead to."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _groups(value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(dict.fromkeys(each for each in values if isinstance(each, str)))


def _login_name(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.partition("@")[0]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._-]+", "-", plain).strip("-._")[:64]


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
