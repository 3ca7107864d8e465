"""Deploys that wait for a turn that never comes: their loops are not started."""

import pytest

from tests.support.deploying import Deploying
from unshelf.deploy.deploys.order import DeployDependencies
from unshelf.deploy.deploys.service import DeployService
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics


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
