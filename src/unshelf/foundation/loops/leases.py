"""The claims that a process holds, and the thread that keeps their leases alive."""

import logging
import threading
from collections.abc import Collection

from sqlalchemy.exc import SQLAlchemyError

from unshelf.foundation.loops.claims import Claim, Claims

logger = logging.getLogger(__name__)


class Leases:
    """Claims with leases that are renewed until they are dropped. A database that is away is logged, never raised."""

    def __init__(self, claims: Claims, *, renew_seconds: float) -> None:
        self._claims = claims
        self.renew_seconds = renew_seconds
        """How often leases are renewed, and how often it is worth looking for one that ended."""
        self._held: dict[str, Claim] = {}
        self._lock = threading.Lock()

    def take(self, loop: str, *, of_one_actor: int | None = None) -> Claim | None:
        """Claim work and keep its lease alive; None when there is none, or the database is away."""
        try:
            claim = self._claims.take(loop, of_one_actor=of_one_actor)
        except SQLAlchemyError as error:
            logger.error("work can't be claimed", extra={"loop": loop, "error": str(error)[:200]})
            return None
        if claim is not None:
            with self._lock:
                self._held[claim.token] = claim
        return claim

    def take_periodic(self, loops: Collection[str]) -> dict[str, Claim]:
        """Claim the work of these periodic loops that is free, all at once; by loop. While the database is away it is none."""
        try:
            taken = self._claims.take_periodic(loops)
        except SQLAlchemyError as error:
            logger.error("work can't be claimed", extra={"loops": len(loops), "error": str(error)[:200]})
            return {}
        with self._lock:
            self._held.update({claim.token: claim for claim in taken})
        return {claim.loop: claim for claim in taken}

    def holds(self, claim: Claim) -> bool:
        """Whether the claim is not known to be lost. While the database can't be written, nobody can take it over."""
        with self._lock:
            return claim.token in self._held

    def drop(self, claim: Claim) -> None:
        """Keep its lease alive no longer."""
        with self._lock:
            self._held.pop(claim.token, None)

    def give_back(self, claim: Claim, *, after_seconds: float = 0.0, error: str | None = None) -> None:
        """Let others claim the work; where the database can't be written, they can once the lease ends."""
        self.drop(claim)
        try:
            self._claims.give_back(claim, after_seconds=after_seconds, error=error)
        except SQLAlchemyError as failure:
            logger.warning("a claim could not be given back", extra={"loop": claim.loop, "error": str(failure)[:200]})

    def give_back_all(self, claims: Collection[Claim]) -> None:
        """Let others claim the work of all these at once; where the database can't be written, they can once the leases end."""
        if not claims:
            return
        for claim in claims:
            self.drop(claim)
        try:
            self._claims.give_back_all(claims)
        except SQLAlchemyError as failure:
            logger.warning("claims could not be given back", extra={"claims": len(claims), "error": str(failure)[:200]})

    def renew_until(self, ended: threading.Event) -> None:
        """Renew the leases of what is held, again and again; for a thread of its own."""
        while not ended.wait(self.renew_seconds):
            with self._lock:
                held = list(self._held.values())
            if not held:
                continue
            try:
                lost = self._claims.renew(held)
            except SQLAlchemyError as error:
                logger.error("claims could not be renewed", extra={"error": str(error)[:200]})
                continue
            for claim in lost:
                logger.warning("a claim was lost", extra={"loop": claim.loop, "key": claim.key})
                self.drop(claim)
