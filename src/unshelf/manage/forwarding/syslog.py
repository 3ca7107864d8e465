"""The loop that sends the event log to a syslog receiver, each event at least once and in the order of the chain."""

from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.forwarding.syslog_messages import MOST_BYTES, MOST_DATAGRAM_BYTES, message_of
from unshelf.manage.forwarding.syslog_receiver import SyslogReceiver
from unshelf.manage.forwarding.tables import ForwardedRow

_SECONDS = 1.0
_RETRY_SECONDS = 10.0
_EVENTS_AT_ONCE = 500
_NAME = "syslog"


class SyslogForwarder:
    """Sends what is new, some hundred events at a time, from where it left off; the first time from the first event on.

    What fails is sent again, and an alert says so. Events wait in the log meanwhile: nothing else is kept for them."""

    def __init__(self, database: Database, events: EventStore, receiver: SyslogReceiver, *, host: str) -> None:
        """`host`: the name of this installation in messages."""
        self._database = database
        self._events = events
        self._receiver = receiver
        self._host = host

    def loop(self) -> PeriodicLoop:
        """Describe the loop; one control at a time runs it."""
        return PeriodicLoop(name="audit-syslog", act=self.forward, every=_SECONDS, retry=_RETRY_SECONDS)

    def forward(self) -> float | None:
        """Send the next events; gives 0 seconds until the next turn where there are more. Raises SyslogFailed."""
        with self._database.read() as session:
            position = forwarded_to(session, _NAME) or 0
        events, reached = self._events.following(position, limit=_EVENTS_AT_ONCE)
        if events:
            most = MOST_DATAGRAM_BYTES if self._receiver.scheme == "udp" else MOST_BYTES
            self._receiver.send([message_of(event, self._host, most_bytes=most) for event in events])
            with self._database.transaction() as session:
                note_forwarded(session, _NAME, reached)
        return 0.0 if len(events) == _EVENTS_AT_ONCE else None


def forwarded_to(session: Session, receiver: str) -> int | None:
    """Return the last event that a receiver has got; None: nothing is known of it."""
    row = session.get(ForwardedRow, receiver)
    return None if row is None else row.sequence


def note_forwarded(session: Session, receiver: str, sequence: int) -> None:
    """Note that a receiver has got all events up to one. What another control noted in between stays, if it is later."""
    row = session.get(ForwardedRow, receiver)
    if row is None:
        session.add(ForwardedRow(receiver=receiver, sequence=sequence))
    else:
        row.sequence = max(row.sequence, sequence)
