"""The journal of a deploy: its events, stored first and then shown, so that a reader who comes back after a restart of
control finds those already seen at their places and the others after them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.deploy.deploys.events import End, Event, EventLog, encode_event
from unshelf.deploy.deploys.tables import DeployEventRow
from unshelf.foundation.database import Database


class Journal:
    """Written by the one thread that works on the deploy."""

    def __init__(self, database: Database, deploy_id: str, log: EventLog) -> None:
        self._database = database
        self._deploy_id = deploy_id
        self._log = log

    def say(self, event: Event) -> None:
        """Store an event and show it."""
        with self._database.transaction() as session:
            self.store(session, event)
        self.show(event)

    def store(self, session: Session, *events: Event | End) -> None:
        """Store events in the caller's transaction, together with the state they tell of. Once it is committed, `show` them."""
        count = select(func.count()).where(DeployEventRow.deploy == self._deploy_id)
        first = session.scalar(count) or 0
        for position, event in enumerate(events, first):
            session.add(DeployEventRow(deploy=self._deploy_id, position=position, event=encode_event(event)))
        session.flush()

    def show(self, *events: Event | End) -> None:
        """Show stored events to those who follow."""
        for event in events:
            self._log.append(event)


def stored_lines(session: Session, deploy_id: str) -> list[str]:
    """The events of a deploy as JSON, in order, as far as they are stored."""
    rows = select(DeployEventRow.event).where(DeployEventRow.deploy == deploy_id).order_by(DeployEventRow.position)
    return list(session.scalars(rows))
