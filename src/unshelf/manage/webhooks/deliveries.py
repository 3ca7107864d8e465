"""Deliveries: what waits to be sent to webhooks, sent by whichever control claims it, until it arrives or it is no use."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from unshelf import __version__
from unshelf.contracts.errors import InvalidInput
from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import LoggedEvent, Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.stream import plain_event
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, Postponed, QueueLoop
from unshelf.manage.notifications.notification import Notification, NotificationKind
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.webhooks.destinations import Destinations, NoAddress
from unshelf.manage.webhooks.formats import body_in
from unshelf.manage.webhooks.sending import SendFailed, post, signature
from unshelf.manage.webhooks.tables import WebhookDeliveryRow, WebhookRow
from unshelf.runtime.sealing import SealBroken, Sealed, Sealer

LOOP = "webhooks"
"""The name of the queue."""
TEST_KIND = "test"
"""The kind of a delivery that somebody asks for to try a webhook: it is sent once, also to one that is disabled."""
EVENTS_KIND = "audit.events"
"""The kind of a delivery of events of the log, which only a webhook gets that names this kind."""
DISABLED = NotificationKind(
    name="webhook.disabled", description="A webhook was disabled because it failed for too long."
)
_LONGEST_WAIT_SECONDS = 6 * 3600.0
_AT_A_TIME = 4
_OF_ONE_WEBHOOK = 2
_PEOPLE_A_QUERY = 500
_NOT_WANTED = "The webhook is disabled or deleted, or its owner may not see any more what it is about."


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """Outcome of one attempt."""

    status: int | None = None
    error: str = ""
    """Empty: it arrived."""


class DeliveryQueue:
    """Sends what waits for webhooks. A webhook to which nothing came through for days is disabled, and its owner is notified."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        *,
        loops: Loops,
        sealer: Sealer,
        destinations: Destinations,
        notifications: NotificationService,
        failing_days: int,
        public_url: str = "",
    ) -> None:
        """`public_url`: the address of this server, to which the paths of links are added where a format has whole links."""
        self._database = database
        self._events = events
        self._loops = loops
        self._sealer = sealer
        self._destinations = destinations
        self._notifications = notifications
        self._failing = timedelta(days=failing_days)
        self._public_url = public_url
        notifications.register(DISABLED)

    def add(
        self, session: Session, notification: Notification, people: Sequence[str], *, is_for_project: bool = True
    ) -> None:
        """Have it sent to the webhooks of these people and of the subject's project, in the caller's transaction."""
        for start in range(0, max(len(people), 1), _PEOPLE_A_QUERY):
            owned = and_(
                WebhookRow.owner_kind == "person", WebhookRow.owner.in_(people[start : start + _PEOPLE_A_QUERY])
            )
            if start == 0 and is_for_project and notification.subject.project is not None:
                of_project = and_(WebhookRow.owner_kind == "project", WebhookRow.owner == notification.subject.project)
                owned = or_(owned, of_project)
            for row in session.scalars(select(WebhookRow).where(WebhookRow.state == "active", owned)):
                if not row.kinds or notification.kind in row.kinds:
                    self.enqueue(session, row, notification)

    def enqueue(self, session: Session, webhook: WebhookRow, notification: Notification) -> WebhookDeliveryRow:
        """Have it sent to one webhook, in the caller's transaction."""
        id = new_id()
        return self._enqueue(session, webhook, id, notification.kind, _body(id, notification))

    def enqueue_events(self, session: Session, webhook: WebhookRow, events: Sequence[LoggedEvent]) -> None:
        """Have events of the log sent to one webhook, in the caller's transaction."""
        id = new_id()
        body = {
            "id": id,
            "time": now().isoformat(),
            "kind": EVENTS_KIND,
            "events": [plain_event(event) for event in events],
        }
        self._enqueue(session, webhook, id, EVENTS_KIND, msgspec.json.encode(body).decode())

    def _enqueue(self, session: Session, webhook: WebhookRow, id: str, kind: str, body: str) -> WebhookDeliveryRow:
        row = WebhookDeliveryRow(
            id=id, webhook=webhook.id, kind=kind, body=body, state="waiting", attempts=0,
            status=None, error="", created_at=now(), attempted_at=None, next_at=None,
        )  # fmt: skip
        session.add(row)
        self._loops.add_work(session, LOOP, id, actor=webhook.id)
        return row

    def loop(self) -> QueueLoop:
        """Describe the loop that sends: one webhook that answers slowly keeps no other one waiting."""
        return QueueLoop(name=LOOP, act=self.deliver, workers=_AT_A_TIME, of_one_actor=_OF_ONE_WEBHOOK)

    def deliver(self, claim: Claim) -> None:
        """Send one delivery. Raises Postponed when it did not arrive and is to be tried again."""
        with self._database.read() as session:
            delivery = session.get(WebhookDeliveryRow, claim.key)
            webhook = None if delivery is None else session.get(WebhookRow, delivery.webhook)
            is_wanted = webhook is not None and delivery is not None and _is_wanted(webhook, delivery)
            if is_wanted and webhook and delivery and webhook.owner_kind == "person":
                is_wanted = self._may_get(session, webhook.owner, delivery)
        outcome = self._attempt(webhook, delivery) if is_wanted and webhook and delivery else None
        with self._database.transaction() as session:
            wait = self._settle(session, claim, outcome)
        if wait is not None and outcome is not None:
            raise Postponed(outcome.error, seconds=wait)

    def prune(self, days: int) -> None:
        """Delete deliveries that are older."""
        with self._database.transaction() as session:
            old = WebhookDeliveryRow.created_at < now() - timedelta(days=days)
            session.execute(delete(WebhookDeliveryRow).where(old))

    def _may_get(self, session: Session, owner: str, delivery: WebhookDeliveryRow) -> bool:
        if delivery.kind == EVENTS_KIND:
            return self._notifications.may_read_log(owner)
        return self._notifications.may_hear(session, owner, _notification_of(delivery))

    def _attempt(self, webhook: WebhookRow, delivery: WebhookDeliveryRow) -> _Outcome:
        body, timestamp = body_in(webhook.format, delivery.body, self._public_url), int(time.time())
        try:
            secret = self._sealer.open(Sealed(key_id=webhook.key_id, content=webhook.sealed), about=about(webhook.id))
            destination = self._destinations.check(webhook.url)
            headers = {
                "Content-Type": "application/json",
                "User-Agent": f"unshelf/{__version__}",
                "Unshelf-Delivery": delivery.id,
                "Unshelf-Kind": delivery.kind,
                "Unshelf-Signature": signature(secret.decode(), timestamp, body),
            }
            status = post(destination, self._destinations.resolve(destination), body, headers)
        except SealBroken:
            return _Outcome(error="The webhook's secret can't be read: its key is lost. Register it again.")
        except InvalidInput as error:
            return _Outcome(error=error.detail)
        except (NoAddress, SendFailed) as error:
            return _Outcome(error=str(error))
        if status // 100 == 2:
            return _Outcome(status=status)
        return _Outcome(status=status, error=_refusal(status))

    def _settle(self, session: Session, claim: Claim, outcome: _Outcome | None) -> float | None:
        """Store what came of an attempt; returns the seconds until the next one, None: there will be none."""
        claim.require(session)
        row = session.get(WebhookDeliveryRow, claim.key)
        webhook = None if row is None else session.get(WebhookRow, row.webhook)
        if row is None or webhook is None or outcome is None:
            claim.finish(session)
            if row is not None and row.state == "waiting":
                row.state, row.error, row.next_at = "failed", row.error or _NOT_WANTED, None
            return None
        moment = now()
        row.attempts, row.attempted_at, row.next_at = row.attempts + 1, moment, None
        row.status, row.error = outcome.status, outcome.error
        counts = row.kind != TEST_KIND
        if not outcome.error:
            row.state, webhook.failing_since = "delivered", None
        elif not counts or moment - row.created_at > self._failing:
            row.state = "failed"
        if outcome.error and counts:
            webhook.failing_since = webhook.failing_since or moment
            if webhook.state == "active" and moment - webhook.failing_since > self._failing:
                self._disable(session, webhook, outcome.error)
                row.state = "failed"
        if row.state != "waiting":
            claim.finish(session)
            return None
        wait = float(min(_LONGEST_WAIT_SECONDS, 2.0 ** min(row.attempts, 20)))
        row.next_at = moment + timedelta(seconds=wait)
        return wait

    def _disable(self, session: Session, webhook: WebhookRow, error: str) -> None:
        webhook.state, webhook.disabled_because = "disabled", error
        subject = webhook_subject(webhook)
        self._events.record(session, SYSTEM, "webhook.disabled", subject, after={"state": "disabled"}, reason=error)
        self._notifications.notify(
            session,
            [webhook.created_by_id],
            subject,
            kind=DISABLED.name,
            title=f"The webhook to {host_of(webhook)} is disabled",
            body=(
                f"Nothing came through since {webhook.failing_since:%Y-%m-%d %H:%M} UTC; the last attempt: {error}\n"
                f"Once it works again: unshelf webhooks enable {webhook.id}"
            ),
        )


def about(webhook: str) -> str:
    """The text that the seal of a webhook's secret is bound to."""
    return f"webhook {webhook}"


def webhook_subject(webhook: WebhookRow) -> Subject:
    """A webhook as the subject of events."""
    return Subject(kind="webhook", name=webhook.id, project=webhook.owner if webhook.owner_kind == "project" else None)


def host_of(webhook: WebhookRow) -> str:
    """The host of a webhook: the rest of its URL may be a secret of its receiver."""
    return webhook.url.partition("://")[2].partition("/")[0].partition("?")[0]


def _is_wanted(webhook: WebhookRow, delivery: WebhookDeliveryRow) -> bool:
    return delivery.state == "waiting" and (webhook.state == "active" or delivery.kind == TEST_KIND)


def _body(id: str, notification: Notification) -> str:
    subject = notification.subject
    return json.dumps(
        {
            "id": id,
            "time": notification.created_at.isoformat(),
            "kind": notification.kind,
            "title": notification.title,
            "body": notification.body,
            "link": notification.link,
            "subject": {"kind": subject.kind, "name": subject.name, "model": subject.model, "project": subject.project},
        },
        ensure_ascii=False,
    )


def _notification_of(delivery: WebhookDeliveryRow) -> Notification:
    """The notification that a delivery is made of, as far as it decides who may hear of it."""
    body = json.loads(delivery.body)
    return Notification(
        kind=delivery.kind, title=body["title"], body=body["body"], link=body["link"], created_at=delivery.created_at,
        subject=Subject(**body["subject"]),
    )  # fmt: skip


def _refusal(status: int) -> str:
    more = "; redirects are not followed" if status // 100 == 3 else ""
    return f"The answer was {status}{more}."
