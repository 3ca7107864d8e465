"""The routes of notifications: all of them are for everybody who has a token, and about oneself."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.support.notifying import notifying
from unshelf.foundation.database.engine import Database
from unshelf.foundation.web.guard import Requirement, open_routes, unguarded_routes
from unshelf.manage.notifications.routes import router


def test_each_route_asks_for_a_token_and_no_permission(database: Database, tmp_path: Path) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(router(notifying(database, tmp_path).notifications))
    assert unguarded_routes(app) == []
    assert open_routes(app) == set()
    asked = [one.call for route in iter_route_contexts(app.routes) for one in route.dependant.dependencies]
    requirements = [one for one in asked if isinstance(one, Requirement)]
    assert len(requirements) == 5
    assert all(one.permission is None for one in requirements)
