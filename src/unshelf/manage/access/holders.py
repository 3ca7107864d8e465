"""Holders of roles by their names: each capability that keeps some, such as users or groups, registers how to find them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from unshelf.contracts.errors import NotFound
from unshelf.manage.access.service import HolderKind


class HolderSource(Protocol):
    """Finds users, or groups."""

    def id_of(self, session: Session, name: str) -> str | None:
        """Return the id of the active one with this login name, or group name; None without one."""

    def names_of(self, session: Session, ids: Sequence[str]) -> Mapping[str, str]:
        """Return id → name, for those of these ids that are known."""


class Holders:
    """Finds everybody who may hold a role."""

    def __init__(self) -> None:
        self._sources: dict[HolderKind, HolderSource] = {}

    def register(self, kind: HolderKind, source: HolderSource) -> None:
        """Have holders of a kind found."""
        self._sources[kind] = source

    def id_of(self, session: Session, kind: HolderKind, name: str) -> str:
        """Return the id of a user or a group. Raises NotFound."""
        found = self.find(session, kind, name)
        if found is None:
            raise NotFound(f"There is no {kind} {name[:80]!r}.", hint=f"`unshelf {kind}s list` shows them.")
        return found

    def find(self, session: Session, kind: HolderKind, name: str) -> str | None:
        """Return the id of a user or a group; None without one."""
        source = self._sources.get(kind)
        return None if source is None else source.id_of(session, name)

    def names_of(self, session: Session, kind: HolderKind, ids: Sequence[str]) -> dict[str, str]:
        """Return id → name; the id itself for one that is gone."""
        source = self._sources.get(kind)
        known = {} if source is None else source.names_of(session, ids)
        return {each: known.get(each, each) for each in ids}
