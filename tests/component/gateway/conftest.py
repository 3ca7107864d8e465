"""The gateway on its stage: one shared by tests that leave it as it was, and stages of their own for the others."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from tests.component.gateway.stage import Stage


@pytest.fixture(scope="module")
def shared_stage() -> Iterator[Stage]:
    """A stage for a module's tests that disturb nothing."""
    with closing(Stage()) as stage:
        yield stage


@pytest.fixture
def set_stage() -> Iterator[Callable[..., Stage]]:
    """Set stages of your own, with settings; they are closed after the test."""
    with ExitStack() as stack:

        def set_one(**config: Any) -> Stage:
            return stack.enter_context(closing(Stage(**config)))

        yield set_one


@pytest.fixture
def stage(set_stage: Callable[..., Stage]) -> Stage:
    """A stage of one's own."""
    return set_stage()
