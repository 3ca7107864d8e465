"""A small control plane for the client to speak to."""

from collections.abc import Iterator

import pytest

from tests.support.control import Control, running_control
from tests.support.routes import TOKEN
from unshelf.client.client import Client


@pytest.fixture
def control() -> Iterator[Control]:
    with running_control() as running:
        yield running


@pytest.fixture
def client(control: Control) -> Iterator[Client]:
    with Client(control.url, TOKEN) as made:
        yield made
