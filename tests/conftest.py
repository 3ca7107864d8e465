"""What all tests share: one running platform for those that don't disturb it, and a fresh one for those that do."""

import functools
import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx._transports.default as httpx_transports
import pytest

from tests.support.object_store import ObjectStore, running_object_store
from tests.support.platform import Platform, running_platform
from tests.support.postgres import postgres_server

os.environ.setdefault(
    "UV_CACHE_DIR", str(Path("~/.cache/uv").expanduser())
)  # else each home would fetch everything anew

gc.disable()  # until all is collected: it would look through the trees of ten thousand tests again and again

# Each client of httpx reads the certificates of all authorities, for 25 ms; tests make thousands, to servers without TLS.
httpx_transports.create_ssl_context = functools.cache(httpx_transports.create_ssl_context)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform shared by the whole session: use model names of your own, and kill nothing."""
    with running_platform(tmp_path_factory.mktemp("shared") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def open_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform without a sandbox, for models that wait for files of the test's, which no sandboxed model sees."""
    with running_platform(tmp_path_factory.mktemp("open") / "home", sandbox="off") as running:
        yield running


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A real S3 server for the session, whose credentials are in the environment; take a bucket of your own."""
    with running_object_store(tmp_path_factory.mktemp("s3")) as store, pytest.MonkeyPatch.context() as patch:
        for name, value in store.environment.items():
            patch.setenv(name, value)
        yield store


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


@pytest.fixture(scope="session")
def new_postgres_database() -> Iterator[Callable[[], str]]:
    """Make an empty database on a PostgreSQL server of this session; gives its URL."""
    with postgres_server() as create:
        yield create


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each backend; a new backend adds a line here."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    create: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return create()


def pytest_runtest_logfinish() -> None:
    """Empty FastAPI's caches by endpoint: else each app that a test made stays, 9 MiB each, and collecting garbage takes ever longer."""
    if models := sys.modules.get("fastapi.dependencies.models"):
        for value in vars(models).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def pytest_collection_finish() -> None:
    """Have the garbage collector pass over what was imported and collected: of ten thousand tests, that takes it half a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 40, 20)  # each test that builds control makes a million objects, and lets them go together
    gc.enable()


def pytest_unconfigure() -> None:
    """Let the end of the interpreter clear it: libraries that count their objects complain of those that are left."""
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what installs large frameworks in a quick local run, and say how to run it."""
    if os.environ.get("UNSHELF_TEST_HEAVY") == "1":
        return
    for item in items:
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.skip(reason="installs a large framework; run it with: make test-long"))
