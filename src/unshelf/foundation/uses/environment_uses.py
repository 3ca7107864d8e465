"""Uses of environments: each capability whose things run in environments says which, to those who may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor


@dataclass(frozen=True, kw_only=True)
class EnvironmentUse:
    """One thing that runs in an environment, or did."""

    environment: str
    """The hash."""
    kind: str
    """A noun: `version`, `job`."""
    name: str
    """The reference or the id."""
    page: str
    """The path of its API, from `/api/v1` on."""


class EnvironmentUses(Protocol):
    """Facts of one capability about what uses environments. What it wants kept, it holds (`EnvironmentService.hold`)."""

    def of_environments(
        self, session: Session, actor: Actor, hashes: Sequence[str], *, most: int
    ) -> list[EnvironmentUse]:
        """Return what uses these environments, as far as the actor may see it, the newest first, `most` of them at most."""
