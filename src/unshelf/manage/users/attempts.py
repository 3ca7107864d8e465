"""Attempts to log in: limited for each account and each network address, so that nobody guesses passwords for long."""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from unshelf.contracts.errors import TooManyRequests
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.refusals import ANONYMOUS
from unshelf.foundation.events.store import EventStore
from unshelf.manage.users.tables import LoginAttemptRow

_WINDOW = timedelta(minutes=15)
MOST_OF_ACCOUNT = 10
"""Failures of an account within the window, from wherever they come."""
MOST_OF_ADDRESS = 100
"""Failures from an address within the window: many people may share one."""
_IPV6_NETWORK = 64
"""One customer's part of an IPv6 address."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An attempt that was let in, and counts as failed until it is forgiven."""

    account: str
    address: str


class LoginAttempts:
    """Counts attempts before they are made, so that those made at once are counted too."""

    def __init__(self, database: Database, events: EventStore) -> None:
        self._database = database
        self._events = events

    def begin(self, account: str, address: str, *, is_known: bool) -> Attempt:
        """Count an attempt. Raises TooManyRequests when there were too many; the first refusal is an event.

        `is_known`: whether there is such an account, so that the event may name it."""
        attempt = Attempt(account=_account(account), address=f"address:{network_of(address)}")
        with self._database.transaction() as session:
            session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.since <= now() - _WINDOW))
            waits = [
                self._count(session, attempt.account, MOST_OF_ACCOUNT, account if is_known else "unknown"),
                self._count(session, attempt.address, MOST_OF_ADDRESS, attempt.address.partition(":")[2]),
            ]
        wait = max(waits)
        if wait > 0:
            raise TooManyRequests(
                "Too many attempts to log in failed.", hint="Wait, or ask an administrator for a link to set a new password.",
                retry_after=wait,
            )  # fmt: skip
        return attempt

    def forgive(self, session: Session, attempt: Attempt) -> None:
        """Take back what an attempt counted, and the failures of its account, in the transaction of its success."""
        account = session.get(LoginAttemptRow, attempt.account)
        if account is not None:
            session.delete(account)
        address = session.get(LoginAttemptRow, attempt.address)
        if address is not None:
            address.failures -= 1

    def forget(self, session: Session, account: str) -> None:
        """Forget the failures of an account, in the transaction in which its owner proves it by a link."""
        session.execute(delete(LoginAttemptRow).where(LoginAttemptRow.subject == _account(account)))

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
            after = {"of": kind, "failures": most}
            self._events.record(session, ANONYMOUS, "login.limited", Subject(kind="login", name=name), after=after)
        return math.ceil((row.since + _WINDOW - now()).total_seconds()) or 1


def network_of(address: str) -> str:
    """The part of a network address that one customer has."""
    try:
        found = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return "unknown"
    if found.version == 4 or found.ipv4_mapped is not None:
        return str(getattr(found, "ipv4_mapped", None) or found)
    return str(ipaddress.ip_network((found, _IPV6_NETWORK), strict=False))


def _account(name: str) -> str:
    """The subject of an account. Hashed: what is typed into a field for a name may be a password."""
    return f"account:{hashlib.sha256(name.casefold().encode(errors='replace')).hexdigest()}"
