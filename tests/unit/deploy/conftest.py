"""The deploy wing's parts over a real database, real files and a host that is away unless a test has it answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deploying import Deploying
from tests.support.stand_in_host import StandInHost
from unshelf.foundation.database.engine import Database


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
