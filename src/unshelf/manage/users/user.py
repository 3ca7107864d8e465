"""A user, as services know one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from unshelf.manage.users.tables import UserRow

UserStatus = Literal["invited", "active", "deactivated"]


@dataclass(frozen=True, kw_only=True)
class User:
    """A person's account, without its password."""

    id: str
    name: str
    email: str
    full_name: str
    status: UserStatus
    issuer: str | None
    """The identity provider that knows the person; None: a local account."""
    created_at: datetime
    created_by: str
    last_login_at: datetime | None
    deactivated_at: datetime | None

    @property
    def label(self) -> str:
        """The name in "by" and in events: with the id, so that it is never taken for a key of the same name."""
        return f"{self.name} ({self.id})"


def user_of(row: UserRow) -> User:
    """The user of a row."""
    return User(
        id=row.id, name=row.name, email=row.email, full_name=row.full_name, status=cast(UserStatus, row.status),
        issuer=row.issuer, created_at=row.created_at, created_by=row.created_by, last_login_at=row.last_login_at,
        deactivated_at=row.deactivated_at,
    )  # fmt: skip
