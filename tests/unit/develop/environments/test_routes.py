"""Environments over HTTP: the list, and the lock as a file."""

from tests.support.actors import actor
from tests.support.asgi import caller_of
from unshelf.develop.environments.routes import router
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.database.engine import Database

LOCK = '[[packages]]\nname = "numpy"\nversion = "2.0"\n'


def test_an_environment_is_listed_and_its_lock_is_a_text(database: Database, environments: EnvironmentService) -> None:
    with database.transaction() as session:
        environments.remember(session, "e1", lock=LOCK, python="3.11.7")
        environments.hold(session, "e1", "iris:1")
    call = caller_of(actor("deploy", ["iris"]), router(environments))
    answer = call("GET", "/environments").json()
    (shown,) = answer["environments"]
    assert (shown["hash"], shown["python"], shown["packages"], shown["versions"]) == ("e1", "3.11.7", 1, ["iris:1"])
    assert answer["next_cursor"] is None
    lock = call("GET", "/environments/e1/lock")
    assert (lock.text, lock.headers["content-type"]) == (LOCK, "text/plain; charset=utf-8")
    assert call("GET", "/environments/e2/lock").status_code == 404


def test_who_only_predicts_sees_no_environment(environments: EnvironmentService) -> None:
    call = caller_of(actor("predict"), router(environments))
    assert call("GET", "/environments").status_code == 403
    assert call("GET", "/environments/e1/lock").status_code == 403
