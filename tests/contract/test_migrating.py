"""The migrations lead to exactly the tables that the code knows."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import DateTime, bindparam, text

from unshelf.contracts.routing import Share
from unshelf.deploy.releases.ledger import ReleaseLedger
from unshelf.foundation.database import migrating
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import DatabaseTooNew, alembic_config, migrate
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.verification import verify_chain
from unshelf.server.backends import load_backend
from unshelf.server.wiring import control as wiring


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened: Database = load_backend("database", database_url)(database_url)
    yield opened
    opened.dispose()


def test_migrations_and_tables_agree(database: Database) -> None:
    assert wiring.build_control  # importing it is what makes every wing's tables known
    migrate(database)
    with database.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": _is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def _is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """Whether a table is one of SQLAlchemy's: SQLite keeps its text index in tables of its own."""
    return not (kind == "table" and (name or "").startswith("search_text"))


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO environments (hash, lock, python, packages, created_at) VALUES ('h', 'lock', '3.11', 1, '2026-01-01 00:00:00')"
            )
        )
    migrate(database)
    with database.read() as session:
        assert session.execute(text("SELECT hash FROM environments")).scalars().all() == ["h"]


def test_the_database_of_a_newer_release_is_refused_and_left_alone(database: Database) -> None:
    migrate(database)
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match=r"a newer release of Unshelf.*revision 9999"):
        migrate(database)
    with database.transaction() as session:
        session.execute(
            text("INSERT INTO programs (revision, program, at) VALUES ('9999', '7.1.0', '2027-01-01 00:00:00')")
        )
    with pytest.raises(DatabaseTooNew, match=r"last used by Unshelf 7\.1\.0"):
        migrate(database)


def test_controls_that_start_at_once_migrate_once(database: Database, database_url: str) -> None:
    faults: list[BaseException] = []

    def start() -> None:
        other: Database = load_backend("database", database_url)(database_url)
        try:
            migrate(other)
        except BaseException as error:  # a thread's error must fail the test
            faults.append(error)
        finally:
            other.dispose()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_migrations_import_nothing_of_ours() -> None:
    """What a migration does must not change when the code does."""
    versions = Path(migrating.__file__).with_name("migrations").rglob("*.py")
    assert [
        path.name for path in versions if re.search(r"^\s*(from|import) unshelf", path.read_text(), re.MULTILINE)
    ] == []


def test_the_audit_trail_of_an_earlier_release_becomes_the_event_log(database: Database) -> None:
    """Given a database with an audit trail, when it is migrated, then its events are there, and are chained in their order."""
    insert = text(
        "INSERT INTO audit_events (id, time, actor, action, subject, detail) VALUES (:id, :time, :actor, :action, :subject, :detail)"
    )
    rows = [
        ("ana (01abc)", "key.created", "01def", '{"role": "deploy"}'), ("ana (01abc)", "release.changed", "iris", '{"release": [1.5]}'),
        ("system", "alias.removed", "iris@old", '{"version": 2}'), ("admin", "version.paused", "iris:3", "{}"),
    ]  # fmt: skip
    with database.restructure() as connection:
        command.upgrade(alembic_config(connection), "0003")
        for number, (actor, action, subject, detail) in enumerate(rows):
            moment = datetime(2026, 1, 1, 0, 0, number, 123456, tzinfo=UTC)
            fields = {"id": f"{number:026}", "time": moment, "actor": actor, "action": action, "subject": subject}
            connection.execute(
                insert.bindparams(bindparam("time", type_=DateTime(timezone=True))), fields | {"detail": detail}
            )
    migrate(database)
    close_chain(database)
    events, _ = EventStore(database).following(0)
    assert [(event.actor_id, event.actor_kind, event.action, event.subject.name, event.subject.model) for event in events] == [
        ("01abc", "service_account", "key.created", "01def", None), ("01abc", "service_account", "release.changed", "iris", "iris"),
        ("system", "system", "alias.removed", "iris@old", "iris"), ("admin", "service_account", "version.paused", "iris:3", "iris"),
    ]  # fmt: skip
    assert [event.after for event in events] == [{"role": "deploy"}, {"release": [1.5]}, {"version": 2}, None]
    assert events[1].time == datetime(2026, 1, 1, 0, 0, 1, 123456, tzinfo=UTC)
    assert verify_chain(database).faults == []


def test_what_was_live_stays_live_when_releases_come_to_own_it(database: Database) -> None:
    """Given models of an earlier release, when they are migrated, then each has the live shares that it had, and its history."""
    at = "2026-01-01 00:00:00"
    full, half = (
        '[{"version": 1, "percent": 100.0}]',
        '[{"version": 1, "percent": 50.0}, {"version": 2, "percent": 50.0}]',
    )
    models = {"rolled-back": full, "twice": full, "taken-out": full, "dark": "[]"}
    history = [
        ("a1", "rolled-back", full, None), ("a2", "rolled-back", half, at), ("b1", "twice", full, None),
        ("b2", "twice", half, None), ("b3", "twice", full, None), ("c1", "taken-out", half, None), ("d1", "dark", full, None),
    ]  # fmt: skip
    with database.restructure() as connection:
        command.upgrade(alembic_config(connection), "0003")
        for name, release in models.items():
            connection.execute(
                text(
                    "INSERT INTO models (name, last_version, release, paused, created_at) VALUES (:name, 2, :release, false, :at)"
                ),
                {"name": name, "release": release, "at": at},
            )
        insert = text(
            "INSERT INTO releases (id, model, shares, created_at, created_by, undone_at)"
            " VALUES (:id, :model, :shares, :at, 'ana', :undone)"
        )
        for id, model, shares, undone in history:
            connection.execute(insert, {"id": id, "model": model, "shares": shares, "at": at, "undone": undone})
    migrate(database)
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM releases")).scalar_one() == len(history) + 1
        live = dict(session.execute(text("SELECT model, id FROM releases WHERE live")).all())
        assert (live.pop("rolled-back"), live.pop("twice")) == ("a1", "b3")
        assert list(live) == ["taken-out"]
        assert ReleaseLedger().live(session, "taken-out") == [Share(version=1, percent=100.0)]
        assert ReleaseLedger().live_among(session, models).keys() == {"rolled-back", "twice", "taken-out"}
