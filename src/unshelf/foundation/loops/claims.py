"""Claims on background work: claim in a short transaction, act with none open, finish only if the claim still holds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.tables import WorkRow

_NEVER = datetime.max.replace(tzinfo=UTC)


class ClaimLost(Exception):
    """The lease ended and another process claimed the work: whatever this one was about to store, it must not."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The right to do a piece of work until the lease ends; it is renewed for as long as the work is done."""

    loop: str
    key: str
    token: str
    attempts: int
    """How often the work was claimed, this time included."""

    def require(self, session: Session) -> None:
        """Raise ClaimLost unless the claim holds, until the end of the caller's transaction. Call it first in each one that writes."""
        self._row(session)

    def finish(self, session: Session) -> None:
        """Take the work off its queue, in the caller's transaction. Raises ClaimLost."""
        session.delete(self._row(session))

    def _row(self, session: Session) -> WorkRow:
        row = session.get(WorkRow, (self.loop, self.key), populate_existing=True)
        if row is None or row.token != self.token:
            raise ClaimLost(f"{self.loop} {self.key}".strip())
        return row


class Claims:
    """The claims of one process on the work of all loops."""

    def __init__(self, database: Database, *, owner: str, lease_seconds: float) -> None:
        """`owner`: a name that no other process has at the same time, and that the next process in its place has again."""
        self._database = database
        self._owner = owner
        self._lease = timedelta(seconds=lease_seconds)
        self._nothing: dict[tuple[str, int | None], _Nothing] = {}
        """Until when there is no free work, by loop and bound for one actor, of those that had none."""

    def free_own(self) -> None:
        """Free what the last process of this name had claimed: it is dead."""
        with self._database.read() as session:
            if session.scalar(select(WorkRow.key).where(WorkRow.owner == self._owner).limit(1)) is None:
                return
        with self._database.transaction() as session:
            session.execute(
                update(WorkRow).where(WorkRow.owner == self._owner).values(owner=None, token=None, claimed_until=None)
            )

    def add(self, session: Session, loop: str, key: str = "", *, actor: str | None = None) -> None:
        """Have a piece of work done, in the caller's transaction. No-op when it waits already."""
        if session.get(WorkRow, (loop, key)) is None:
            session.add(WorkRow(loop=loop, key=key, actor=actor, due_at=now(), attempts=0))
            session.flush()

    def hasten(self, session: Session, loop: str, key: str) -> None:
        """Have a piece of work done out of turn, in the caller's transaction. No-op when there is none."""
        of_nobody = update(WorkRow).where(WorkRow.loop == loop, WorkRow.key == key).values(actor=None)
        session.execute(of_nobody)

    def add_missing(self, loops: Collection[str]) -> None:
        """Have these periodic loops known; writes nothing where they are."""
        query = select(WorkRow.loop).where(WorkRow.key == "")
        with self._database.read() as session:
            if set(loops) <= set(session.scalars(query)):
                return
        with self._database.transaction() as session:
            for loop in loops:
                self.add(session, loop)

    def take(self, loop: str, *, of_one_actor: int | None = None) -> Claim | None:
        """Claim the piece of work of a loop that is due for longest, of the actors of whom least is claimed; None when there is none.

        `of_one_actor`: how many pieces may be claimed at once, by all processes, of what is one actor's."""
        mark, moment = self._database.change_mark(), now()
        nothing = self._nothing.get((loop, of_one_actor))
        if nothing is not None and nothing.mark == mark and moment < nothing.until:
            return None
        query = _next_of(loop, of_one_actor)
        with self._database.read() as session:  # so that looking in vain writes nothing
            if session.scalars(query.limit(1)).first() is None:
                self._nothing[loop, of_one_actor] = _Nothing(mark=mark, until=_next_moment(session, loop, moment))
                return None
        with self._database.transaction() as session:
            row = session.scalars(query.limit(1)).first()
            if row is None:
                return None
            row.owner, row.token, row.claimed_until = self._owner, new_id(), now() + self._lease
            row.attempts += 1
            return Claim(loop=loop, key=row.key, token=row.token, attempts=row.attempts)

    def take_periodic(self, loops: Collection[str]) -> list[Claim]:
        """Claim the work of these periodic loops, of those for which it is free, in one transaction."""
        query = select(WorkRow).where(WorkRow.loop.in_(loops), WorkRow.key == "", _is_free(now()))
        taken = []
        with self._database.transaction() as session:
            for row in session.scalars(query):
                row.owner, row.token, row.claimed_until = self._owner, new_id(), now() + self._lease
                row.attempts += 1
                taken.append(Claim(loop=row.loop, key="", token=row.token, attempts=row.attempts))
        return taken

    def renew(self, claims: Collection[Claim]) -> list[Claim]:
        """Begin the leases of these claims anew; gives those that were lost."""
        tokens = [claim.token for claim in claims]
        renewed = update(WorkRow).where(WorkRow.token.in_(tokens)).values(claimed_until=now() + self._lease)
        with self._database.transaction() as session:
            kept = set(session.scalars(renewed.returning(WorkRow.token)))
        return [claim for claim in claims if claim.token not in kept]

    def give_back(self, claim: Claim, *, after_seconds: float = 0.0, error: str | None = None) -> None:
        """Let others claim the work again, after a while. No-op when the claim is lost."""
        given_back = update(WorkRow).where(WorkRow.token == claim.token)
        due_at = now() + timedelta(seconds=after_seconds)
        with self._database.transaction() as session:
            session.execute(given_back.values(owner=None, token=None, claimed_until=None, due_at=due_at, error=error))

    def give_back_all(self, claims: Collection[Claim]) -> None:
        """Let others claim the work of all these at once, in one transaction. Those that are lost are passed over."""
        given_back = update(WorkRow).where(WorkRow.token.in_([claim.token for claim in claims]))
        with self._database.transaction() as session:
            session.execute(given_back.values(owner=None, token=None, claimed_until=None, due_at=now(), error=None))


@dataclass(frozen=True, kw_only=True)
class _Nothing:
    """How long a loop has no free work: as long as the database has this mark, and until a moment."""

    mark: object
    until: datetime


def _next_moment(session: Session, loop: str, moment: datetime) -> datetime:
    """When the next piece of a loop's work is due, or the next lease ends."""
    of_loop = WorkRow.loop == loop
    due = session.scalar(select(func.min(WorkRow.due_at)).where(of_loop, WorkRow.due_at > moment))
    ends = session.scalar(select(func.min(WorkRow.claimed_until)).where(of_loop, WorkRow.claimed_until >= moment))
    return min(due or _NEVER, ends or _NEVER)


def _next_of(loop: str, of_one_actor: int | None) -> Select[WorkRow]:
    moment = now()
    query = select(WorkRow).where(WorkRow.loop == loop, _is_free(moment))
    if of_one_actor is None:
        return query.order_by(WorkRow.due_at, WorkRow.key)
    claimed = (
        select(WorkRow.actor, func.count().label("pieces"))
        .where(
            WorkRow.loop == loop,
            WorkRow.actor.is_not(None),
            WorkRow.token.is_not(None),
            WorkRow.claimed_until >= moment,
        )
        .group_by(WorkRow.actor)
        .subquery()
    )
    pieces = func.coalesce(claimed.c.pieces, 0)
    query = query.outerjoin(claimed, claimed.c.actor == WorkRow.actor).where(pieces < of_one_actor)
    return query.order_by(pieces, WorkRow.due_at, WorkRow.key)


def _is_free(moment: datetime) -> ColumnElement[bool]:
    unclaimed = or_(WorkRow.token.is_(None), WorkRow.claimed_until < moment)
    return (WorkRow.due_at <= moment) & unclaimed
