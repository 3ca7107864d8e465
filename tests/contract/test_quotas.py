"""Quotas on every database: what is used follows from what there is, and two controls at once can't both take the last of it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.support.actors import actor
from tests.support.deploying import ANA, Deploying
from unshelf.contracts.bundle import Scaling
from unshelf.contracts.errors import Forbidden
from unshelf.deploy.deploys.order import DeployDependencies
from unshelf.deploy.deploys.schemas import DeployRequest
from unshelf.deploy.deploys.service import DeployService
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.manage.quotas.resources import QuotaLimits
from unshelf.server.backends import load_backend

ROOT = actor("admin", id="admin", name="admin")


@pytest.fixture
def databases(database_url: str) -> Iterator[list[Database]]:
    """The database as two controls have it open."""
    opened: list[Database] = [load_backend("database", database_url)(database_url) for _ in range(2)]
    migrate(opened[0])
    yield opened
    for each in opened:
        each.dispose()


@pytest.fixture
def controls(databases: list[Database], tmp_path: Path) -> list[Deploying]:
    """Two controls of one home folder."""
    return [Deploying(tmp_path, database) for database in databases]


def deploys_of(control: Deploying) -> DeployService:
    tools = DeployDependencies(
        database=control.database, publisher=control.publisher, audit=control.audit, environments=control.environments,
        bundles=control.bundles, registry=control.registry, releases=control.releases, secrets=control.secrets,
        projects=control.projects, host=control.host, data_uses=control.data_uses, subjects=control.subjects, quotas=control.quotas,
        tiers=control.tiers, networks=control.networks, files=control.files,
    )  # fmt: skip
    return DeployService(tools, Loops(control.database, LoopMetrics(control.folder / "metrics", 0), owner="control"))


def wanted(control: Deploying, name: str, content: bytes) -> DeployRequest:
    return DeployRequest.model_validate({"name": name, "manifest": msgspec.to_builtins(control.manifest(content))})


def test_deploys_begun_at_once_by_two_controls_share_what_is_left(controls: list[Deploying]) -> None:
    controls[0].quotas.set(ROOT, "project", "default", QuotaLimits(replicas=3))
    services = [deploys_of(control) for control in controls]
    requests = [wanted(controls[0], f"model-{number}", b"%d" % number) for number in range(8)]
    outcomes: list[str] = []
    together = threading.Barrier(len(requests))

    def begin(number: int) -> None:
        together.wait()
        try:
            services[number % 2].begin(requests[number], ANA)
            outcomes.append("begun")
        except Forbidden as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["begun"] * 3 + ["quota_exceeded"] * 5
    assert controls[1].quotas.of_project("default").used.replicas == 3


def test_what_is_used_is_summed_from_what_there_is(controls: list[Deploying]) -> None:
    first, second = controls
    first.register("iris", b"12345", tier="medium", scaling=Scaling(min=1, max=3))
    first.register("iris", b"123", tier="large")
    with first.database.transaction() as session:
        first.releases.put_live(session, "iris", 1, 100.0, ANA)
    used = second.quotas.of_project("default").used
    assert (used.cores, used.memory_bytes, used.replicas, used.disk_bytes) == (6.0, 16 << 30, 3, 8), (
        "three, or the large one"
    )
    second.quotas.set(ROOT, "installation", "*", QuotaLimits(disk_bytes=9))
    with pytest.raises(Forbidden):
        first.upload_service.store(ANA, "0" * 64, [b"12"], project="default", size=2)
    assert second.quotas.of_all()[0].used.disk_bytes == 8


def test_a_restricted_tier_is_so_in_every_control(controls: list[Deploying]) -> None:
    first, second = controls
    first.tiers.change(ROOT, "large", price=None, currency="EUR", restricted=True)
    maker = actor("deploy")
    assert second.tiers.usable(maker, "default") == {"small", "medium"}
    second.tiers.grant(ROOT, "large", "project", "default", expires_at=None)
    assert first.tiers.usable(maker, "default") == {"small", "medium", "large"}
