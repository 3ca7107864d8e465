"""Handing over: who takes over what somebody leaves behind hears of it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject
from unshelf.manage.news.headlines import HANDED_OVER
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.users.belongings import Belonging
from unshelf.manage.users.user import User

_MOST_LINES = 50


class HandOverNews:
    """Tells heirs."""

    def __init__(self, notifications: NotificationService) -> None:
        self._notifications = notifications
        notifications.register(HANDED_OVER)

    def tell(self, session: Session, user: User, heir: User, belongings: Sequence[Belonging]) -> None:
        """Tell the heir what is theirs from now on, in the transaction of that; of nothing, nothing."""
        if not belongings:
            return
        lines = [f"{each.kind} {each.name}: {each.description}" for each in belongings[:_MOST_LINES]]
        if len(belongings) > _MOST_LINES:
            lines.append(f"… and {len(belongings) - _MOST_LINES} more")
        self._notifications.notify(
            session, [heir.id], Subject(kind="user", name=user.name), kind=HANDED_OVER.name,
            title=f"You took over what {user.name} leaves behind", body="\n".join(lines),
        )  # fmt: skip
