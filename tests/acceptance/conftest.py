"""The stories run on the embedded backends, or with UNSHELF_TEST_BACKENDS=postgres,s3 on real servers of those."""

from collections.abc import Iterator

import pytest

from tests.support.backends import BACKENDS, chosen


@pytest.fixture(scope="session", autouse=True)
def backends(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start the servers that are asked for."""
    names = chosen()
    databases = request.getfixturevalue("new_postgres_database") if "postgres" in names else None
    store = request.getfixturevalue("object_store") if "s3" in names else None
    BACKENDS.use(databases, store)
    yield
    BACKENDS.use(None, None)
