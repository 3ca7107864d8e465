"""The service of connections over a real database: sealed credentials, the operator's list, bindings."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.develop.datasets.conftest import OWNER, READER, STRANGER, person
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import DataReference
from unshelf.develop.connections.connection import DataConnection
from unshelf.develop.connections.service import ConnectionService, WantedConnection
from unshelf.develop.connections.tables import ConnectionRow
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.runtime.sealing import Sealer

PLACE = {"host": "db.example.org", "database": "sales"}
SECRET = {"user": "reader", "password": "hunter2-hunter2"}


@pytest.fixture
def connections(database: Database, names: DataNames, tmp_path: Path) -> ConnectionService:
    return ConnectionService(
        database, names, DataProcesses(tmp_path), Sealer(tmp_path / "key"), hosts=["*.example.org"], folders=[f"shared={tmp_path}"]
    )  # fmt: skip


def put(connections: ConnectionService, actor: Any = OWNER, **more: Any) -> DataConnection:
    fields: dict[str, Any] = {"kind": "sql", "settings": PLACE, "credentials": SECRET, **more}
    return connections.set(actor, "warehouse", WantedConnection(**fields), project="risk", description="Sales")


def test_credentials_are_sealed_and_shown_by_name_alone(
    connections: ConnectionService, database: Database, events: EventStore
) -> None:
    made = put(connections)
    assert (made.credential_names, made.readable) == (["password", "user"], True)
    with database.read() as session:
        row = session.get_one(ConnectionRow, "warehouse")
        assert b"hunter2" not in row.sealed
    (event,) = events.newest(limit=5).items
    assert (event.action, event.subject.kind, event.subject.project) == ("connection.set", "connection", "risk")
    assert "hunter2" not in str(event)


def test_credentials_stay_with_their_place(connections: ConnectionService, database: Database) -> None:
    put(connections)
    assert put(connections, credentials=None).credential_names == ["password", "user"]
    with pytest.raises(Conflict, match="lead elsewhere"):
        put(connections, credentials=None, settings={**PLACE, "host": "mine.example.org"})
    with pytest.raises(Conflict, match="lead elsewhere"):
        put(connections, credentials=None, kind="https", settings={"url": "https://mine.example.org"})
    assert put(connections, credentials={}, settings={**PLACE, "host": "mine.example.org"}).credential_names == []


def test_only_those_who_manage_data_of_the_project_set_it(connections: ConnectionService) -> None:
    with pytest.raises(Forbidden):
        put(connections, READER)
    with pytest.raises(NotFound):
        put(connections, STRANGER)
    put(connections)
    with pytest.raises(Conflict, match="taken"):
        connections.set(
            STRANGER, "warehouse", WantedConnection(kind="sql", settings=PLACE, credentials=None), project=None, description=None
        )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("sql", {"host": "10.0.0.1", "database": "d"}),
        ("https", {"url": "https://elsewhere.org"}),
        ("local", {"folder": "etc"}),
    ],
)
def test_places_that_the_operator_does_not_list_are_refused(
    connections: ConnectionService, kind: Any, settings: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput):
        put(connections, kind=kind, settings=settings, credentials=None)


def test_a_lost_key_makes_credentials_unreadable_and_a_new_one_seals_them_anew(
    connections: ConnectionService, database: Database, names: DataNames, tmp_path: Path
) -> None:
    put(connections)
    key = tmp_path / "key"
    old = key.read_text()
    key.unlink()
    Sealer(key).seal(b"x", about="x")
    with database.read() as session:
        name = names.require(session, OWNER, "warehouse", Permission.DATA_READ)
        assert not connections.connection(session, name).readable
    with pytest.raises(Conflict, match="can't be read"):
        connections.rows(name, "public.sales", rows=None)
    new = key.read_text()
    key.write_text(new + old)
    connections.reseal()
    key.write_text(new)
    with database.read() as session:
        assert connections.connection(session, name).readable


def test_a_binding_leads_to_what_its_maker_may_read(
    connections: ConnectionService, names: DataNames, database: Database
) -> None:
    put(connections)
    target = DataReference("warehouse", path="public.sales")
    bound = connections.bind(OWNER, "sales", target, project="risk", description=None)
    assert bound.target == target
    with pytest.raises(NotFound):
        connections.bind(STRANGER, "mine", target, project="default", description=None)
    with pytest.raises(InvalidInput, match="binding itself"):
        connections.bind(OWNER, "again", DataReference("sales"), project="risk", description=None)
    with pytest.raises(InvalidInput, match="no versions"):
        connections.bind(OWNER, "sales", DataReference("warehouse", version=1), project="risk", description=None)
    with database.transaction() as session:
        connections.delete(session, OWNER, names.require(session, OWNER, "sales", Permission.DATA_MANAGE))
    with database.read() as session, pytest.raises(NotFound):
        names.require(session, person("owner"), "sales", Permission.DATA_READ)
