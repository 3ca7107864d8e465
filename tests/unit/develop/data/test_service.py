"""References of requests, and the places that rows may be written to: datasets, and connections that take rows."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.develop.datasets.conftest import OWNER, READER, STRANGER, database, events, names, refusals, subjects
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.references import DataReference
from unshelf.develop.connections.connection import DataConnection
from unshelf.develop.connections.service import ConnectionService, WantedConnection
from unshelf.develop.data.service import ConnectionTarget, DataService, DatasetTarget, reference_of
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import DataProcesses
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.runtime.sealing import Sealer

__all__ = ["database", "events", "names", "refusals", "subjects"]


class Datasets:
    """Stands in for datasets: every name may be added to."""

    def check(self, actor: Actor, name: str, project: str) -> None:
        self.checked = (name, project)


@pytest.fixture
def service(database: Database, names: DataNames, tmp_path: Path) -> DataService:
    connections = ConnectionService(
        database, names, DataProcesses(tmp_path), Sealer(tmp_path / "key"), hosts=["*.example.org"], folders=[f"shared={tmp_path}"]
    )  # fmt: skip

    def connect(name: str, kind: Any, settings: dict[str, str]) -> DataConnection:
        wanted = WantedConnection(kind=kind, settings=settings, credentials={})
        return connections.set(OWNER, name, wanted, project="risk", description=None)

    connect("warehouse", "sql", {"host": "db.example.org", "database": "sales"})
    connect("shared", "local", {"folder": "shared"})
    connections.bind(OWNER, "scores", DataReference("warehouse", path="results"), project="risk", description=None)
    datasets: Any = Datasets()
    return DataService(database, names, datasets, connections)


def test_a_version_or_a_path_makes_a_reference() -> None:
    assert reference_of("orders", 3, "") == DataReference("orders", version=3)
    assert reference_of("lake", None, "2024/a.csv") == DataReference("lake", path="2024/a.csv")


@pytest.mark.parametrize(("version", "path"), [(1, "a"), (None, "../a"), (None, "/etc/passwd"), (None, "a\n")])
def test_others_are_refused(version: int | None, path: str) -> None:
    with pytest.raises(InvalidInput):
        reference_of("lake", version, path)


def test_rows_are_written_to_datasets_and_to_places_in_connections(service: DataService) -> None:
    assert service.target(OWNER, DataReference("orders"), "risk") == DatasetTarget(name="orders")
    found = service.target(OWNER, DataReference("warehouse", path="public.scores"), "risk")
    assert isinstance(found, ConnectionTarget)
    assert ([name.name for name in found.names], found.path, found.kind) == (["warehouse"], "public.scores", "sql")
    bound = service.target(OWNER, DataReference("scores"), "risk")
    assert isinstance(bound, ConnectionTarget)
    assert ([name.name for name in bound.names], bound.path) == (["scores", "warehouse"], "results")


@pytest.mark.parametrize(
    ("actor", "target", "error", "said"),
    [
        (OWNER, DataReference("orders", version=3), InvalidInput, "names a version"),
        (OWNER, DataReference("absent", path="a.csv"), NotFound, "no data 'absent'"),
        (OWNER, DataReference("warehouse"), InvalidInput, "names no place"),
        (OWNER, DataReference("shared", path="a.csv"), InvalidInput, "is only read"),
        (READER, DataReference("warehouse", path="public.scores"), Forbidden, "data.manage"),
        (STRANGER, DataReference("warehouse", path="public.scores"), NotFound, "no data 'warehouse'"),
    ],
)
def test_other_places_are_refused_with_a_reason(
    service: DataService, actor: Actor, target: DataReference, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        service.target(actor, target, "risk")


def test_a_connection_that_became_something_else_is_not_written_to(service: DataService) -> None:
    step: Any = None
    with pytest.raises((InvalidInput, Conflict), match="no connection any more"):
        service.write(OWNER, DataReference("orders"), "risk", step)
