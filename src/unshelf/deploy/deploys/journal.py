"""The journal of a deploy: its events, shown live at once and stored with the state they belong to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.deploy.deploys.events import End, Event, EventLog, encode_event
from unshelf.deploy.deploys.tables import DeployEventRow


class Journal:
    """Written by the one thread that works on the deploy."""

    def __init__(self, deploy_id: str, log: EventLog) -> None:
        self._deploy_id = deploy_id
        self._log = log
        self._unstored: list[Event | End] = []

    def say(self, event: Event) -> None:
        """Show an event now, and store it with the next `store`."""
        self._log.append(event)
        self._unstored.append(event)

    def store(self, session: Session, *events: Event | End) -> None:
        """Store what was said since, and then `events`, in the caller's transaction; these are shown when it is committed."""
        position = len(stored_lines(session, self._deploy_id))
        for event in [*self._unstored, *events]:
            session.add(DeployEventRow(deploy=self._deploy_id, position=position, event=encode_event(event)))
            position += 1
        session.flush()

    def stored(self, *events: Event | End) -> None:
        """The transaction of `store` was committed: show its events."""
        self._unstored.clear()
        for event in events:
            self._log.append(event)


def stored_lines(session: Session, deploy_id: str) -> list[str]:
    """The events of a deploy as JSON, in order, as far as they are stored."""
    rows = select(DeployEventRow.event).where(DeployEventRow.deploy == deploy_id).order_by(DeployEventRow.position)
    return list(session.scalars(rows))
