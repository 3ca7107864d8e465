"""What all tests share: one running platform for those that don't disturb it, and a fresh one for those that do."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.platform import Platform, running_platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform shared by the whole session: use model names of your own, and kill nothing."""
    with running_platform(tmp_path_factory.mktemp("shared") / "home") as running:
        yield running


@pytest.fixture
def start_platform(tmp_path: Path) -> Iterator[Callable[..., Platform]]:
    """Start platforms of your own, with settings; all are stopped after the test."""
    with ExitStack() as stack:
        count = 0

        def start(**settings: str) -> Platform:
            nonlocal count
            count += 1
            return stack.enter_context(running_platform(tmp_path / f"home{count}", **settings))

        yield start


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what installs large frameworks in a quick local run, and say how to run it."""
    if os.environ.get("UNSHELF_TEST_HEAVY") == "1":
        return
    for item in items:
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.skip(reason="installs a large framework; run it with: make test HEAVY=1"))
