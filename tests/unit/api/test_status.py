"""The status: which release runs, and how much it holds."""

from fastapi import FastAPI

from tests.support.actors import actor
from tests.support.asgi import AppCaller
from unshelf import __version__
from unshelf.api.app import create_app
from unshelf.api.status import router


def app() -> FastAPI:
    routes = [router(lambda: (2, 5))]
    return create_app(
        routes, lambda token: actor("predict", ["iris"]) if token == "good" else None, {}, lambda *_: None
    )


def test_every_actor_may_read_the_status() -> None:
    answer = AppCaller(app(), "good")("GET", "/api/v1/status")
    shown = answer.json()
    assert (answer.status_code, shown["version"], shown["models"], shown["versions"]) == (200, __version__, 2, 5)
    assert shown["uptime_seconds"] >= 0


def test_a_stranger_learns_nothing_of_it() -> None:
    assert AppCaller(app(), "bad")("GET", "/api/v1/status").status_code == 401
