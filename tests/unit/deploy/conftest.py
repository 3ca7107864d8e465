"""The deploy wing's parts over a real database, real files and a host that is away unless a test has it answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deploying import Deploying
from tests.support.stand_in_host import StandInHost
from unshelf.deploy.deploys.order import DeployDependencies
from unshelf.deploy.deploys.service import DeployService
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics


@pytest.fixture
def deploying(tmp_path: Path) -> Iterator[Deploying]:
    made = Deploying(tmp_path)
    yield made
    made.database.dispose()


@pytest.fixture
def database(deploying: Deploying) -> Database:
    return deploying.database


@pytest.fixture
def host(deploying: Deploying) -> Iterator[StandInHost]:
    """The host answers."""
    with StandInHost(deploying.host_socket).running() as running:
        yield running


@pytest.fixture
def tools(deploying: Deploying) -> DeployDependencies:
    return DeployDependencies(
        database=deploying.database, publisher=deploying.publisher, audit=deploying.audit,
        environments=deploying.environments, bundles=deploying.bundles, registry=deploying.registry,
        releases=deploying.releases, secrets=deploying.secrets, projects=deploying.projects, host=deploying.host,
        data_uses=deploying.data_uses, subjects=deploying.subjects, quotas=deploying.quotas, tiers=deploying.tiers,
        networks=deploying.networks, files=deploying.files,
    )  # fmt: skip


@pytest.fixture
def deploys(deploying: Deploying, tools: DeployDependencies) -> DeployService:
    loops = Loops(deploying.database, LoopMetrics(deploying.folder / "metrics", 0), owner="control-0")
    return DeployService(tools, loops)
