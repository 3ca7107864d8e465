"""Starters: what can be started again, by the clock or when something happens, with the rights of who set that up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from unshelf.contracts.errors import Forbidden, InvalidInput, Unavailable, UnshelfError
from unshelf.foundation.access.actors import Actor
from unshelf.manage.notifications.notification import PersonNow

MOST_REFUSALS = 3
"""The refused starts in a row after which a schedule or trigger is paused and its owner notified."""


class Starter(Protocol):
    """Starts things of one kind again. Registered by the capability that keeps them."""

    def require(self, actor: Actor, target: str) -> str:
        """Return the project of a thing that the actor may start again. Raises NotFound or Forbidden."""

    def start(self, actor: Actor, target: str, *, key: str, parameters: Mapping[str, Any] | None = None) -> str:
        """Start it again, with these parameters over its own, and return the name of what was started.

        The same key again starts nothing, and returns the same name. Raises UnshelfError where it may not, or can't, be started."""


@dataclass(frozen=True, kw_only=True)
class Started:
    """The outcome of a start."""

    name: str | None
    """The name of what was started; None: nothing was."""
    error: str = ""
    """Why nothing was started; empty: something was."""


class Starters:
    """The kinds of thing that can be started again."""

    def __init__(self, person_now: PersonNow) -> None:
        self._person_now = person_now
        self._starters: dict[str, Starter] = {}

    def register(self, kind: str, starter: Starter) -> None:
        """Have things of a kind started again. Kinds are unique."""
        if kind in self._starters:
            raise ValueError(f"there is a starter of {kind!r} already")
        self._starters[kind] = starter

    def require(self, actor: Actor, kind: str, target: str) -> str:
        """Return the project of a thing that the actor may start again. Raises InvalidInput, NotFound or Forbidden."""
        found = self._starters.get(kind)
        if found is None:
            raise InvalidInput(
                f"Nothing of the kind {kind[:32]!a} can be started again.", hint=f"Kinds: {', '.join(self._starters)}."
            )
        return found.require(actor, target)

    def start(
        self,
        kind: str,
        target: str,
        *,
        actor_id: str,
        actor_label: str,
        key: str,
        parameters: Mapping[str, Any] | None = None,
    ) -> Started:
        """Start something with the rights that an actor has now. A refusal is returned; Unavailable is raised: nobody said no."""
        actor = self._person_now(actor_id)
        try:
            if actor is None:
                raise Forbidden(f"{actor_label!r} may do nothing here any more.")
            self.require(actor, kind, target)
            return Started(name=self._starters[kind].start(actor, target, key=key, parameters=parameters))
        except Unavailable:
            raise
        except UnshelfError as refused:
            return Started(name=None, error=str(refused))
