"""A receiver of webhooks, and everything that sends to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.notifying import Notifying, Receiver, notifying, webhook_receiver
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as running:
        yield running


@pytest.fixture
def people() -> dict[str, Actor]:
    """People with what they may do now; a test changes them."""
    return {}


@pytest.fixture
def made(database: Database, tmp_path: Path, people: dict[str, Actor]) -> Iterator[Notifying]:
    made = notifying(database, tmp_path, hosts=("127.0.0.1",), people=people)
    yield made
    made.loops.stop()
