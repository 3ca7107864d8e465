"""The loop that sends the event log to the webhooks of those who may read all of it and asked for it."""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.forwarding.syslog import forwarded_to, note_forwarded
from unshelf.manage.webhooks.deliveries import EVENTS_KIND, DeliveryQueue
from unshelf.manage.webhooks.tables import WebhookDeliveryRow, WebhookRow

_SECONDS = 2.0
_RETRY_SECONDS = 10.0
_EVENTS_A_DELIVERY = 100
_MOST_WAITING = 20
"""How many deliveries of events wait for one webhook; the rest waits in the log."""


class WebhookForwarder:
    """Puts new events on the queue of deliveries, from the moment on at which a webhook asked for them."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        deliveries: DeliveryQueue,
        may_read: Callable[[str], bool],
    ) -> None:
        """`may_read`: whether the owner of a webhook may read all of the log by now."""
        self._database = database
        self._events = events
        self._deliveries = deliveries
        self._may_read = may_read

    def loop(self) -> PeriodicLoop:
        """Describe the loop; one control at a time runs it."""
        return PeriodicLoop(
            name="audit-webhooks", act=self.forward, every=_SECONDS, retry=_RETRY_SECONDS, after_changes=True
        )

    def forward(self) -> None:
        """Put the next events on the queue, for each webhook that wants them."""
        with self._database.read() as session:
            rows = session.scalars(
                select(WebhookRow).where(WebhookRow.state == "active", WebhookRow.owner_kind == "person")
            )
            wanting = [(row.id, row.owner) for row in rows if EVENTS_KIND in row.kinds]
        for webhook, owner in wanting:
            if self._may_read(owner):
                self._forward_to(webhook)

    def _forward_to(self, webhook: str) -> None:
        name = f"webhook {webhook}"
        with self._database.read() as session:
            position = forwarded_to(session, name)
            is_full = _waiting(session, webhook) >= _MOST_WAITING
        if position is None:
            with self._database.transaction() as session:
                note_forwarded(session, name, self._events.head())
            return
        events, reached = self._events.following(position, limit=_EVENTS_A_DELIVERY)
        if is_full or not events:
            return
        with self._database.transaction() as session:
            row = session.get(WebhookRow, webhook)
            if row is None or forwarded_to(session, name) != position:  # another control was here
                return
            self._deliveries.enqueue_events(session, row, events)
            note_forwarded(session, name, reached)


def _waiting(session: Session, webhook: str) -> int:
    query = select(func.count()).where(
        WebhookDeliveryRow.webhook == webhook,
        WebhookDeliveryRow.kind == EVENTS_KIND,
        WebhookDeliveryRow.state == "waiting",
    )
    return session.scalar(query) or 0
