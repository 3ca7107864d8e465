"""Errors as problems: one shape for all of them, and nothing of the inside in what nobody foresaw."""

import logging
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from tests.support.asgi import AppCaller
from unshelf.contracts.errors import NotFound, Unauthenticated, Unavailable, UnshelfError
from unshelf.foundation.web.problems import (
    UnexpectedErrors,
    answer_errors,
    problem_answers,
    problem_response,
    stream_answer,
)


class Wanted(BaseModel):
    numbers: list[int]


def answer_to(error: Exception) -> httpx.Response:
    app = FastAPI()
    answer_errors(app, lambda path: ["GET", path])

    @app.get("/")
    def fail() -> None:
        raise error

    return AppCaller(app)("GET", "/")


def post(**request: Any) -> httpx.Response:
    app = FastAPI()
    answer_errors(app, lambda _path: [])

    @app.post("/")
    def take(wanted: Wanted) -> int:
        return len(wanted.numbers)

    return AppCaller(app)("POST", "/", **request)


@pytest.mark.parametrize(
    ("error", "status", "header", "value"),
    [
        (NotFound("No such model.", hint="List them."), 404, "retry-after", None),
        (Unavailable("Away.", retry_after=0.01), 503, "retry-after", "1"),
        (Unavailable("Away.", retry_after=1.5), 503, "retry-after", "2"),
        (Unauthenticated(), 401, "www-authenticate", "Bearer"),
    ],
)
def test_an_error_of_the_platform_says_its_code_and_hint(
    error: UnshelfError, status: int, header: str, value: str | None
) -> None:
    answer = answer_to(error)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (answer.json()["code"], answer.json()["detail"]) == (error.code, error.detail)
    assert answer.json().get("hint", "") == error.hint
    assert answer.headers.get(header) == value


@pytest.mark.parametrize(
    ("status", "code", "answered"),
    [
        (404, "not_found", 404),
        (413, "body_too_large", 413),
        (418, "malformed_request", 400),
        (502, "internal_error", 500),
    ],
)
def test_an_error_of_the_framework_has_a_code_too(status: int, code: str, answered: int) -> None:
    answer = answer_to(HTTPException(status, "What it said."))
    assert (answer.json()["code"], answer.status_code) == (code, answered)


def test_a_verb_that_is_not_possible_names_those_that_are() -> None:
    answer = answer_to(HTTPException(405, headers={"Allow": "PUT"}))
    assert (answer.headers["allow"], answer.json()["detail"]) == ("GET, /", "GET is not possible here.")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, "malformed_request"),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, "unsupported_media_type"),
        ({"content": b"[]", "headers": {"content-type": "application/vnd.x+json"}}, "invalid_input"),
    ],
)
def test_a_body_that_can_not_be_used_says_what_is_wrong_with_it(request_: dict[str, Any], code: str) -> None:
    assert post(**request_).json()["code"] == code


def test_faults_of_an_input_have_their_places_and_are_limited() -> None:
    problem = post(json={"numbers": ["x"] * 50 + ["y" * 500]}).json()
    assert problem["detail"].startswith("numbers.0: ")
    assert [error["column"] for error in problem["errors"]] == [f"numbers.{number}" for number in range(20)]
    (long,) = post(json={"numbers": ["y" * 500]}).json()["errors"]
    assert len(long["got"]) == 100
    assert long["got"].endswith("...")


def test_answers_of_one_status_are_described_together() -> None:
    found = problem_answers("not_found", "unavailable", "overloaded")
    assert list(found) == [404, 503]
    assert found[503]["description"] == "`unavailable`, `overloaded`"
    assert stream_answer("text/event-stream", "Events.")[200]["content"].keys() == {"text/event-stream"}


def test_a_response_has_the_headers_it_is_given() -> None:
    response = problem_response("conflict", "Taken.", id="p1", headers={"x-own": "1"})
    assert (response.status_code, response.headers["x-own"]) == (409, "1")
    assert b'"id":"p1"' in bytes(response.body)


async def raising(error: Exception, send: Send, *, started: bool) -> None:
    if started:
        await send({"type": "http.response.start", "status": 200, "headers": []})
    raise error


def around(error: Exception, *, started: bool = False, kind: str = "http") -> list[Message]:
    """What is sent by an app that raises."""
    sent: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await raising(error, send, started=started)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    anyio.run(UnexpectedErrors(app), {"type": kind, "method": "GET", "path": "/x"}, receive, send)
    return sent


def test_what_nobody_foresaw_is_logged_and_its_id_answered(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        head, body = around(ZeroDivisionError("secret"))
    (record,) = caplog.records
    assert head["status"] == 500
    assert vars(record)["id"].encode() in body["body"]
    assert b"secret" not in body["body"]


def test_an_error_after_the_head_breaks_the_connection() -> None:
    with pytest.raises(ZeroDivisionError):
        around(ZeroDivisionError(), started=True)
    with pytest.raises(ZeroDivisionError):
        around(ZeroDivisionError(), kind="lifespan")


def test_a_caller_that_hangs_up_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert around(ClientDisconnect()) == []
    assert caplog.records == []
