"""Shards of tokens for gateways, put together from everybody who keeps tokens."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from unshelf.contracts.routing import KeyRoute

ShardNames = Callable[[Session], Iterable[str]]
ShardBuilder = Callable[[Session, Sequence[str]], Mapping[str, Mapping[str, KeyRoute]]]


class KeyShards:
    """Merges the tokens of several sources into the same shards."""

    def __init__(self, *sources: tuple[ShardNames, ShardBuilder]) -> None:
        self._sources = sources

    def names(self, session: Session) -> list[str]:
        """The shards that have tokens."""
        return sorted({name for names, _ in self._sources for name in names(session)})

    def build(self, session: Session, shards: Sequence[str]) -> dict[str, dict[str, KeyRoute]]:
        """By shard, every token that is good, under its SHA-256."""
        found: dict[str, dict[str, KeyRoute]] = {}
        for _, build in self._sources:
            for shard, routes in build(session, shards).items():
                found.setdefault(shard, {}).update(routes)
        return {shard: dict(sorted(routes.items())) for shard, routes in found.items()}
