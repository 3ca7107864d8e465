"""Parts of the demo on a stand-in server, which tells what it was asked."""

from collections.abc import Iterator

import pytest

from tests.support.control import Control
from tests.support.routes import TOKEN
from unshelf.cli.demo.full.stage import Stage
from unshelf.client.client import Client


@pytest.fixture
def stage(control: Control) -> Iterator[Stage]:
    """A stage on which everybody acts with the administrator's token."""

    class Everybody(Stage):
        def person(self, name: str) -> Client:
            assert name in ("olga", "ben", "mia", "leo", "zoe")
            return self.admin

    with Client(control.url, TOKEN) as client:
        yield Everybody(client)
