"""Shards that several sources fill."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from unshelf.contracts.routing import KeyRoute
from unshelf.foundation.database.engine import Database
from unshelf.manage.identity.key_shards import KeyShards, ShardBuilder, ShardNames


def source(**routes: str) -> tuple[ShardNames, ShardBuilder]:
    """A source of routes by hash: `aa1="one"` is the key `one` in the shard `aa`."""

    def build(_session: Session, shards: Sequence[str]) -> dict[str, dict[str, KeyRoute]]:
        found: dict[str, dict[str, KeyRoute]] = {}
        for hashed, name in routes.items():
            if hashed[:2] in shards:
                found.setdefault(hashed[:2], {})[hashed] = KeyRoute(id=name, name=name)
        return found

    return lambda _session: {hashed[:2] for hashed in routes}, build


def test_a_shard_has_the_tokens_of_every_source(database: Database) -> None:
    shards = KeyShards(source(aa2="one", bb1="two"), source(aa1="three", cc1="four"))
    with database.read() as session:
        assert shards.names(session) == ["aa", "bb", "cc"]
        built = shards.build(session, ["aa", "cc", "dd"])
    assert {shard: [route.id for route in routes.values()] for shard, routes in built.items()} == {
        "aa": ["three", "one"], "cc": ["four"],
    }  # fmt: skip
