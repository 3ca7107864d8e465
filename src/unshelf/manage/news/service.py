"""The service of news: follows the event log, and notifies those whom an event concerns, each once an event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import LoggedEvent, Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.subjects import Subjects, scope_of_subject
from unshelf.manage.news.headlines import ASKED, FOLLOWED, MENTIONED, headline, kind_of_news, short_label
from unshelf.manage.news.tables import NewsPositionRow
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.watching.service import WatchService

LOOP = "news"
_SECONDS = 0.5
_EVENTS_AT_A_TIME = 200
_POSITION = 1

Deciders = Callable[[Session, str], list[str]]
"""Finds who may decide a request, by its id: the ids of people."""
CommentText = Callable[[Session, str], str | None]
"""Finds the text of a comment by its id; None: it was deleted."""


@dataclass(frozen=True, kw_only=True)
class _News:
    """One notification of an event."""

    people: list[str]
    subject: Subject
    kind: str
    title: str
    body: str
    is_for_project: bool = True


class NewsService:
    """Tells people of events. It reads the log behind the changes, so that no change waits for who is to hear of it."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        *,
        subjects: Subjects,
        watching: WatchService,
        notifications: NotificationService,
        deciders: Deciders,
        comment_text: CommentText,
    ) -> None:
        self._database = database
        self._events = events
        self._subjects = subjects
        self._watching = watching
        self._notifications = notifications
        self._deciders = deciders
        self._comment_text = comment_text
        for kind in (MENTIONED, *FOLLOWED):
            notifications.register(kind)
        notifications.register(ASKED, lambda session, person, asked: person in deciders(session, asked.subject.name))

    def start(self) -> None:
        """Begin with the events to come, in a home folder that has no position in the log yet."""
        head = self._events.head()
        with self._database.transaction() as session:
            if session.get(NewsPositionRow, _POSITION) is None:
                session.add(NewsPositionRow(id=_POSITION, sequence=head))

    def loop(self) -> PeriodicLoop:
        """Describe the loop that tells."""
        return PeriodicLoop(name=LOOP, act=self.tell, every=_SECONDS, after_changes=True)

    def tell(self) -> None:
        """Tell of all events since the last time: with the position, so that a crash tells of none twice and forgets none."""
        while True:
            with self._database.read() as session:
                row = session.get(NewsPositionRow, _POSITION)
                position = 0 if row is None else row.sequence
            events, following = self._events.following(position, limit=_EVENTS_AT_A_TIME)
            if following == position:
                return
            with self._database.read() as session:
                news = [each for event in events for each in self._news_of(session, event)]
            self._store(position, following, news)

    def _store(self, position: int, following: int, news: Sequence[_News]) -> None:
        with self._database.transaction() as session:
            row = session.get(NewsPositionRow, _POSITION)
            if row is None or row.sequence != position:  # another control was faster
                return
            row.sequence = following
            for each in news:
                self._notifications.notify(
                    session, each.people, each.subject, kind=each.kind, title=each.title, body=each.body,
                    is_for_project=each.is_for_project,
                )  # fmt: skip

    def _news_of(self, session: Session, event: LoggedEvent) -> list[_News]:
        if event.action == "request.made":
            return self._asked(session, event)
        kind = kind_of_news(event.action)
        if kind is None:
            return []
        subject, title = self._subject_of(session, event.subject)
        watchers = self._watching.watchers_of(session, event)
        mentioned = [each.actor.id for each in watchers if each.is_mentioned]
        others = [each.actor.id for each in watchers if not each.is_mentioned]
        if kind == "comment.added":
            return self._comment(session, event, subject, title, mentioned=mentioned, others=others)
        line, text = headline(event, title)
        return [_News(people=others, subject=subject, kind=kind, title=line, body=text)]

    def _comment(
        self, session: Session, event: LoggedEvent, subject: Subject, title: str, *, mentioned: list[str],
        others: list[str],
    ) -> list[_News]:  # fmt: skip
        text = self._comment_text(session, str((event.after or {}).get("comment")))
        if text is None:
            return []
        who, on = short_label(event.actor_label), f"the {subject.kind} {title}"
        found = [
            _News(
                people=mentioned, subject=subject, kind=MENTIONED.name, title=f"{who} mentioned you on {on}", body=text,
                is_for_project=False,
            )
        ]  # fmt: skip
        if event.action == "comment.added":  # an edit is news only to those whom it mentions at last
            line = f"{who} commented on {on}"
            found.append(_News(people=others, subject=subject, kind="comment.added", title=line, body=text))
        return found

    def _asked(self, session: Session, event: LoggedEvent) -> list[_News]:
        people = [person for person in self._deciders(session, event.subject.name) if person != event.actor_id]
        after, subject = event.after or {}, event.subject
        wanted = ", ".join(str(value) for name, value in sorted(after.items()) if name != "kind")
        on = subject.model or subject.project or "the installation"
        line = f"{short_label(event.actor_label)} asks for {after.get('kind', 'something')} to {on}"
        text = "\n".join(filter(None, [wanted, event.reason, f"To decide: unshelf requests grant {subject.name}"]))
        return [_News(people=people, subject=subject, kind=ASKED.name, title=line, body=text)]

    def _subject_of(self, session: Session, subject: Subject) -> tuple[Subject, str]:
        """Return what a notification is about, and what it is called: the subject of an event, or what that belongs to."""
        project = scope_of_subject(session, subject).project or None
        facts = self._subjects.find(session, subject.kind, subject.name)
        if facts is not None:
            is_id = facts.subject.kind in _NAMED_BY_ID
            return facts.subject, facts.title if is_id else facts.subject.name
        if subject.model is not None:
            return replace(subject, kind="model", name=subject.model, project=project), subject.model
        if subject.project is not None:
            return replace(subject, kind="project", name=subject.project), subject.project
        return subject, subject.name


_NAMED_BY_ID = frozenset({"goal", "alert", "request", "key", "deploy"})
"""Kinds whose names are ids, which tell people nothing."""
