"""One-time links: secrets that are good for one use and for some time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.foundation.clock import now
from unshelf.foundation.ids import new_id
from unshelf.manage.keys.tokens import new_token, token_hash
from unshelf.manage.users.tables import OneTimeLinkRow

LinkKind = Literal["invitation", "reset", "login"]
LINK_PREFIX = "unshelf_link_"
SECONDS: dict[LinkKind, float] = {"invitation": 7 * 86_400.0, "reset": 86_400.0, "login": 600.0}
"""How long a link of each kind is good for."""


@dataclass(frozen=True, kw_only=True)
class OneTimeLink:
    """A link, as it is shown once."""

    kind: LinkKind
    secret: str
    expires_at: datetime


def make_link(session: Session, kind: LinkKind, user_id: str | None) -> OneTimeLink:
    """Make a link, in the transaction of a change. It takes the place of an earlier one of its kind and user.

    `user_id`: None for the embedded administrator, who may have several."""
    moment = now()
    session.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.expires_at <= moment))
    if user_id is not None:
        session.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.user_id == user_id, OneTimeLinkRow.kind == kind))
    secret, expires = new_token(LINK_PREFIX), moment + timedelta(seconds=SECONDS[kind])
    session.add(
        OneTimeLinkRow(
            id=new_id(), kind=kind, secret_sha256=token_hash(secret), user_id=user_id, created_at=moment,
            expires_at=expires,
        )
    )  # fmt: skip
    return OneTimeLink(kind=kind, secret=secret, expires_at=expires)


def use_link(session: Session, secret: str, *kinds: LinkKind) -> tuple[LinkKind, str | None]:
    """Use a link up, in the transaction of what it is for; return its kind and its user. Raises NotFound."""
    found = look_at_link(session, secret, *kinds)
    session.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.secret_sha256 == token_hash(secret)))
    return found


def look_at_link(session: Session, secret: str, *kinds: LinkKind) -> tuple[LinkKind, str | None]:
    """As `use_link`, and leave the link good."""
    row = session.scalar(
        select(OneTimeLinkRow).where(OneTimeLinkRow.secret_sha256 == token_hash(secret), OneTimeLinkRow.kind.in_(kinds))
    )
    if row is None or row.expires_at <= now():
        raise NotFound(
            "This link is not known, has expired or was used.", hint="Ask for a new one from who sent it to you."
        )
    return next(each for each in kinds if each == row.kind), row.user_id


def forget_links(session: Session, user_id: str) -> None:
    """End all links of a user, in the transaction of a change."""
    session.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.user_id == user_id))
