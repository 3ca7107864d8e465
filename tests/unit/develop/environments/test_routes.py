"""Environments over HTTP: the list, and the lock as a file."""

from typing import Any

import pytest

from tests.support.actors import actor
from tests.support.asgi import caller_of
from unshelf.develop.environments.details import EnvironmentDetails
from unshelf.develop.environments.routes import router
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.database.engine import Database

LOCK = '[[packages]]\nname = "numpy"\nversion = "2.0"\n'
UNUSED: Any = None
HASH = "e1" * 32


@pytest.fixture
def routes(database: Database, environments: EnvironmentService) -> Any:
    return router(environments, UNUSED, EnvironmentDetails(database, environments, UNUSED), UNUSED)


def test_an_environment_is_listed_and_its_lock_is_a_text(
    database: Database, environments: EnvironmentService, routes: Any
) -> None:
    with database.transaction() as session:
        environments.remember(session, HASH, lock=LOCK, python="3.11.7")
        environments.hold(session, HASH, "iris:1")
    call = caller_of(actor("deploy", ["iris"]), routes)
    answer = call("GET", "/environments").json()
    (shown,) = answer["environments"]
    assert (shown["hash"], shown["python"], shown["packages"], shown["versions"]) == (HASH, "3.11.7", 1, ["iris:1"])
    assert answer["next_cursor"] is None
    lock = call("GET", f"/environments/{HASH[:10]}/lock")
    assert (lock.text, lock.headers["content-type"]) == (LOCK, "text/plain; charset=utf-8")
    assert call("GET", f"/environments/{'0' * 64}/lock").status_code == 404
    assert [each["name"] for each in call("GET", f"/environments/{HASH}").json()["used_by"]] == ["iris:1"]


def test_who_only_predicts_sees_no_environment(routes: Any) -> None:
    call = caller_of(actor("predict"), routes)
    for path in ("", "/names", "/builds", "/e1", "/e1/lock", "/e1/archive"):
        assert call("GET", f"/environments{path}").status_code == 403
