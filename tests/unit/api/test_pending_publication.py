"""The header of a change that gateways don't know yet."""

import pytest
from fastapi import FastAPI, Response

from tests.support.asgi import AppCaller
from unshelf.api.pending_publication import HEADER, PendingPublication


def header_of(method: str, status: int, *, is_behind: bool) -> str | None:
    app = FastAPI()

    @app.api_route("/", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def answer() -> Response:
        return Response(status_code=status)

    app.add_middleware(PendingPublication, is_behind=lambda: is_behind)
    return AppCaller(app)(method, "/").headers.get(HEADER)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_change_that_is_not_in_force_is_marked(method: str) -> None:
    assert header_of(method, 204, is_behind=True) == "pending"


@pytest.mark.parametrize(
    ("method", "status", "is_behind"),
    [("POST", 201, False), ("POST", 400, True), ("POST", 503, True), ("GET", 200, True)],
)
def test_other_answers_are_not_marked(method: str, status: int, *, is_behind: bool) -> None:
    assert header_of(method, status, is_behind=is_behind) is None
