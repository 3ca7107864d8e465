"""Parts that make events into notifications."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.keys.service import ADMIN
from unshelf.manage.news.ending_sources import keys, roles_of, tokens
from unshelf.manage.news.endings import EndingService
from unshelf.manage.news.hand_over import HandOverNews
from unshelf.manage.news.service import NewsService
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.manage import ManageParts
from unshelf.server.wiring.subjects import SubjectParts


@dataclass(frozen=True, kw_only=True)
class NewsParts:
    """Parts that make events into notifications."""

    service: NewsService
    loops: list[PeriodicLoop]


def build_news(base: BaseParts, manage: ManageParts, subjects: SubjectParts) -> NewsParts:
    """Build what tells people of what concerns them."""
    actors, notifications = manage.people.actors, manage.notifications.service

    def deciders(session: Session, request: str) -> list[str]:
        """Find who may decide a request; where nobody may, the embedded administrator does."""
        needed = manage.requests.open_in(session, request)
        return [] if needed is None else actors.with_permission(session, *needed) or [ADMIN]

    news = NewsService(
        base.database, base.events, subjects=base.subjects, watching=subjects.watching, notifications=notifications,
        deciders=deciders, comment_text=subjects.comments.text_of,
    )  # fmt: skip
    endings = EndingService(base.database, notifications, [roles_of(actors.members), tokens, keys])
    manage.people.users.on_handed_over(HandOverNews(notifications).tell)
    return NewsParts(service=news, loops=[news.loop(), endings.loop()])
