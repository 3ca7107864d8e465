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

LinkKind = Literal["invitation", "mailed", "reset", "mailed_reset", "login"]
"""mailed, mailed_reset: the link of an invitation or a reset that went to its owner by e-mail, beside the one that was shown."""
MAILED_WITH: dict[LinkKind, LinkKind] = {"invitation": "mailed", "reset": "mailed_reset"}
"""The kind of the link that is mailed, by that of the one that was shown."""
LINK_PREFIX = "unshelf_link_"
SECONDS: dict[LinkKind, float] = {
    "invitation": 7 * 86_400.0, "mailed": 7 * 86_400.0, "reset": 86_400.0, "mailed_reset": 86_400.0, "login": 600.0,
}  # fmt: skip
"""How long a link of each kind is good for."""


@dataclass(frozen=True, kw_only=True)
class OneTimeLink:
    """A link, as it is shown once."""

    kind: LinkKind
    secret: str
    expires_at: datetime
    is_mailed: bool = False
    """Whether the user gets one by e-mail, too."""


def make_link(session: Session, kind: LinkKind, user_id: str | None, *, until: datetime | None = None) -> OneTimeLink:
    """Make a link, in the transaction of a change. It takes the place of an earlier one of its kind and user, and of those that were
    mailed with that one. Of mailed ones, each is good: an e-mail that was sent twice may be shown by its first copy alone.

    `user_id`: None for the embedded administrator, who may have several. `until`: when it ends; None: after the time of its kind."""
    moment = now()
    session.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.expires_at <= moment))
    if user_id is not None and kind not in MAILED_WITH.values():
        end_links(session, user_id, kind, *([MAILED_WITH[kind]] if kind in MAILED_WITH else []))
    secret, expires = new_token(LINK_PREFIX), until or moment + timedelta(seconds=SECONDS[kind])
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


def end_links(session: Session, user_id: str, *kinds: str) -> None:
    """End links of a user of some kinds, in the transaction of a change."""
    session.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.user_id == user_id, OneTimeLinkRow.kind.in_(kinds)))


def forget_links(session: Session, user_id: str) -> None:
    """End all links of a user, in the transaction of a change."""
    session.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.user_id == user_id))
