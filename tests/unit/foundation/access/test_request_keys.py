"""The same key of a request again is what it began; another's key is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from unshelf.contracts.errors import Conflict
from unshelf.deploy.benches.tables import BenchRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.request_keys import begun_before
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base


def test_a_key_is_its_makers(tmp_path: Path) -> None:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    ana, ben = (Actor(id=name, kind="user", label=name, grants=()) for name in ("ana", "ben"))
    with database.transaction() as session:
        session.add(
            BenchRow(
                id="b1", project="risk", model="credit", version=3, reference="credit", state="waiting", reason="", options={}, tiers=[],
                currency="EUR", request_key="k", created_at=datetime(2026, 5, 1, tzinfo=UTC), created_by="ana", actor_id="ana",
            )
        )  # fmt: skip
    assert begun_before(database, BenchRow, ana, "k") == "b1"
    assert begun_before(database, BenchRow, ana, "other") is None
    with pytest.raises(Conflict, match="same key"):
        begun_before(database, BenchRow, ben, "k")
    database.dispose()
