"""Attempts to log in: limited so that nobody guesses passwords for long, and nobody is locked out by those who try."""

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, delete, not_, or_
from sqlalchemy.orm import Session

from unshelf.contracts.errors import TooManyRequests
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.refusals import ANONYMOUS
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.web.forwarded import network_of
from unshelf.manage.users.tables import LoginAttemptRow

_WINDOW = timedelta(minutes=15)
_KNOWN_FOR = timedelta(days=30)
"""How long an account's owner is expected from a network that they have logged in from."""
MOST_OF_ACCOUNT = 10
"""Failures of an account from one network within the window: then that network waits, and no other."""
SLOW_FROM = 50
"""Failures of an account from all networks together within the window, from which on strange networks take turns."""
SLOW_SECONDS = 10.0
"""The time between two attempts then."""
MOST_DEVICES = 30
"""Programs that ask from one network within the window to be let in."""
MOST_FORGOTTEN = 10
"""Links by e-mail that are asked for from one network within the window."""
MOST_OF_ADDRESS = 100
"""Failures from an address within the window: many people may share one."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An attempt that was let in, and counts as failed until it is forgiven."""

    account: str
    pair: str
    """The account from this network."""
    address: str


class LoginAttempts:
    """Counts attempts before they are made, so that those made at once are counted too."""

    def __init__(self, database: Database, events: EventStore) -> None:
        self._database = database
        self._events = events

    def begin(self, account: str, address: str, *, is_known: bool) -> Attempt:
        """Count an attempt. Raises TooManyRequests when there were too many; the first refusal is an event.

        `is_known`: whether there is such an account, so that the event may name it."""
        network = network_of(address)
        attempt = Attempt(account=_account(account), pair=f"{_pairs(account)}{network}", address=f"address:{network}")
        name = account if is_known else "unknown"
        with self._database.transaction() as session:
            self._forget_old(session)
            wait = self._turn(session, account, network, name)
            if wait == 0:
                wait = max(
                    self._count(session, attempt.pair, MOST_OF_ACCOUNT, name),
                    self._count(session, attempt.address, MOST_OF_ADDRESS, network),
                )
        if wait > 0:
            raise TooManyRequests(
                "Too many attempts to log in failed.", hint="Wait, or ask an administrator for a link to set a new password.",
                retry_after=wait,
            )  # fmt: skip
        return attempt

    def begin_device(self, address: str) -> None:
        """Count a program that asks to be let in. Raises TooManyRequests when too many ask from its network."""
        self._count_network("device", address, MOST_DEVICES, "Too many programs ask to be let in from your network.")

    def begin_forgotten(self, address: str) -> None:
        """Count a link by e-mail that is asked for. Raises TooManyRequests when too many are from this network."""
        self._count_network(
            "forgotten", address, MOST_FORGOTTEN, "Your network asks for too many links to set a password."
        )

    def forgive(self, session: Session, attempt: Attempt) -> None:
        """Take back what an attempt counted, and the failures of its account from its network, in the transaction of its success."""
        pair = session.get(LoginAttemptRow, attempt.pair)
        if pair is not None:
            session.delete(pair)
        for subject in (attempt.address, attempt.account):
            row = session.get(LoginAttemptRow, subject)
            if row is not None:
                row.failures -= 1
        network = attempt.address.partition(":")[2]
        session.merge(LoginAttemptRow(subject=_known(attempt.account, network), failures=0, since=now()))

    def forget(self, session: Session, account: str) -> None:
        """Forget the failures of an account, in the transaction in which its owner proves it by a link."""
        of_account = LoginAttemptRow.subject.in_([_account(account), _slowed(_account(account))])
        pairs = LoginAttemptRow.subject.startswith(_pairs(account), autoescape=True)
        session.execute(delete(LoginAttemptRow).where(or_(of_account, pairs)))

    def _forget_old(self, session: Session) -> None:
        moment, known = now(), LoginAttemptRow.subject.startswith(_KNOWN)
        old = or_(
            and_(LoginAttemptRow.since <= moment - _WINDOW, not_(known)), LoginAttemptRow.since <= moment - _KNOWN_FOR
        )
        session.execute(delete(LoginAttemptRow).where(old))

    def _turn(self, session: Session, account: str, network: str, name: str) -> float:
        """Count an attempt of an account from anywhere; returns the seconds to wait while strange networks take turns."""
        subject = _account(account)
        if session.get(LoginAttemptRow, _known(subject, network)) is not None:
            self._count(session, subject, SLOW_FROM, name)
            return 0.0
        last, moment = session.get(LoginAttemptRow, _slowed(subject)), now()
        if last is not None and moment - last.since < timedelta(seconds=SLOW_SECONDS):
            return math.ceil(SLOW_SECONDS - (moment - last.since).total_seconds()) or 1
        if self._count(session, subject, SLOW_FROM, name) > 0:
            session.merge(LoginAttemptRow(subject=_slowed(subject), failures=0, since=moment))
        return 0.0

    def _count_network(self, what: str, address: str, most: int, refusal: str) -> None:
        """Count something that a network asks for. Raises TooManyRequests with `refusal` when it asked for more than `most`."""
        network = network_of(address)
        with self._database.transaction() as session:
            self._forget_old(session)
            wait = self._count(session, f"{what}:{network}", most, network)
        if wait > 0:
            raise TooManyRequests(refusal, retry_after=wait)

    def _count(self, session: Session, subject: str, most: int, name: str) -> float:
        """Count one more; returns the seconds to wait, 0 for an attempt that may be made."""
        row = session.get(LoginAttemptRow, subject)
        if row is None:
            session.add(LoginAttemptRow(subject=subject, failures=1, since=now()))
            return 0.0
        row.failures += 1
        if row.failures <= most:
            return 0.0
        if row.failures == most + 1:
            kind = subject.partition(":")[0]
            after = {"of": "account" if kind == "pair" else kind, "failures": most}
            self._events.record(session, ANONYMOUS, "login.limited", Subject(kind="login", name=name), after=after)
        return math.ceil((row.since + _WINDOW - now()).total_seconds()) or 1


_KNOWN = "known:"


def _account(name: str) -> str:
    """The subject of an account. Hashed: what is typed into a field for a name may be a password."""
    return f"account:{hashlib.sha256(name.casefold().encode(errors='replace')).hexdigest()}"


def _pairs(name: str) -> str:
    """The beginning of the subjects of an account from one network."""
    return f"pair:{_account(name)[8:40]}:"


def _slowed(account: str) -> str:
    return f"slowed:{account[8:]}"


def _known(account: str, network: str) -> str:
    return f"{_KNOWN}{account[8:40]}:{network}"
