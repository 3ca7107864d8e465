"""The journal of a deploy: its events, stored in order, so that a reader who comes back finds those already seen at their places."""

from collections.abc import Callable, Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from unshelf.deploy.deploys.events import DeployEvent, End, encode_event
from unshelf.deploy.deploys.tables import DeployEventRow
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim

_DEPLOYS_A_QUERY = 500
"""Some databases take no more parameters."""


class Journal:
    """Written by the one thread that holds the claim on the deploy."""

    def __init__(self, database: Database, claim: Claim, wake: Callable[[], None]) -> None:
        """`wake` has followers look for what was stored."""
        self._database = database
        self._claim = claim
        self._deploy_id = claim.key
        self.wake = wake

    def say(self, event: DeployEvent) -> None:
        """Store an event and show it."""
        with self._database.transaction() as session:
            self._claim.require(session)
            self.store(session, event)
        self.wake()

    def store(self, session: Session, *events: DeployEvent | End) -> None:
        """Store events in the caller's transaction, together with the state they tell of. Once it is committed, `wake`."""
        count = select(func.count()).where(DeployEventRow.deploy == self._deploy_id)
        first = session.scalar(count) or 0
        for position, event in enumerate(events, first):
            session.add(DeployEventRow(deploy=self._deploy_id, position=position, event=encode_event(event)))
        session.flush()


def stored_lines(session: Session, deploy_id: str, first: int = 0) -> list[str]:
    """The events of a deploy as JSON, in order, from a position on, as far as they are stored."""
    rows = select(DeployEventRow.event).where(DeployEventRow.deploy == deploy_id, DeployEventRow.position >= first)
    return list(session.scalars(rows.order_by(DeployEventRow.position)))


def lines_of(session: Session, deploy_ids: Collection[str]) -> dict[str, list[str]]:
    """The events of several deploys as `stored_lines` has them, by deploy."""
    lines: dict[str, list[str]] = {deploy_id: [] for deploy_id in deploy_ids}
    ids = list(lines)
    for place in range(0, len(ids), _DEPLOYS_A_QUERY):
        wanted = DeployEventRow.deploy.in_(ids[place : place + _DEPLOYS_A_QUERY])
        rows = select(DeployEventRow.deploy, DeployEventRow.event).where(wanted)
        for deploy_id, line in session.execute(rows.order_by(DeployEventRow.deploy, DeployEventRow.position)):
            lines[deploy_id].append(line)
    return lines
