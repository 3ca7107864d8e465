"""Secrets are kept on every database in the same way: sealed, of one model, with a revision that grows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.actors import actor
from tests.support.stand_in_host import StandInHost
from unshelf.contracts.errors import NotFound
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.host_client import HostLink
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService
from unshelf.manage.secrets.service import SecretService
from unshelf.runtime.sealing import Sealer
from unshelf.server.backends import load_backend

ANA = actor("deploy", id="k1", name="ana")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened: Database = load_backend("database", database_url)(database_url)
    migrate(opened)
    yield opened
    opened.dispose()


def service(database: Database, folder: Path) -> SecretService:
    """The secrets as one of several control processes of a home has them."""
    audit, publisher = AuditService(database, EventStore(database)), Publisher(database, folder)
    publisher.contribute("models", lambda _session: [], lambda _session, _names: {})
    return SecretService(database, publisher, audit, HostLink(folder / "host.sock"), Sealer(folder / "secrets-key"))


def test_two_controls_of_a_home_keep_the_same_secrets(database: Database, tmp_path: Path) -> None:
    first, second = service(database, tmp_path), service(database, tmp_path)
    with StandInHost(tmp_path / "host.sock").running() as host:
        first.set(ANA, "iris", "A", "1 \N{SNOWMAN}\n2")
        second.set(ANA, "iris", "B", "2")
        before = host.secrets["iris"][0]
        second.set(ANA, "iris", "A", "3")
        assert host.secrets["iris"][0] > before
        assert first.values("iris") == second.values("iris") == host.secrets["iris"][1] == {"A": "3", "B": "2"}
        first.delete(ANA, "iris", "A")
        with pytest.raises(NotFound):
            second.delete(ANA, "iris", "A")
        assert host.secrets["iris"][1] == {"B": "2"}
        with database.read() as session:
            assert first.revisions(session, ["iris", "other"]) == {"iris": host.secrets["iris"][0]}


def test_pages_and_patterns(database: Database, tmp_path: Path) -> None:
    secrets = service(database, tmp_path)
    for model in ("credit-a", "credit-b", "iris"):
        for name in ("B", "A"):
            secrets.set(ANA, model, name, "x")
    bea = actor("deploy", ["credit-*"], id="k2", name="bea")
    page = secrets.list_for(bea, limit=3)
    rest = secrets.list_for(bea, limit=3, cursor=page.next_cursor)
    found = [(each.model, each.name) for each in [*page.items, *rest.items]]
    assert found == [("credit-a", "A"), ("credit-a", "B"), ("credit-b", "A"), ("credit-b", "B")]
    assert rest.next_cursor is None
