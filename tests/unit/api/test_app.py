"""Whatever goes wrong is answered as a problem, with a code that stays, and never with a traceback."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from tests.support.asgi import AppCaller
from unshelf.api.app import create_app
from unshelf.contracts.errors import Conflict, InvalidInput, Unavailable
from unshelf.contracts.problems import InputError
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.guard import requires_token
from unshelf.foundation.web.routers import ApiRouter

JSON = {"content-type": "application/json"}


class Numbers(BaseModel):
    numbers: list[int]


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"data: more\n\n"
        await asyncio.sleep(0.01)


def call() -> AppCaller:
    """A caller of an app whose routes fail in every way there is."""
    routes = ApiRouter()
    guarded = [requires_token()]

    @routes.get("/conflict", dependencies=guarded)
    def conflict() -> None:
        raise Conflict("taken", hint="choose another")

    @routes.get("/invalid", dependencies=guarded)
    def invalid() -> None:
        raise InvalidInput(errors=[InputError(row=1, column="a", expected="number", got="'x'")])

    @routes.get("/unavailable", dependencies=guarded)
    def unavailable() -> None:
        raise Unavailable(retry_after=2.2)

    @routes.get("/unforeseen", dependencies=guarded)
    def unforeseen() -> None:
        raise ZeroDivisionError("secret detail")

    @routes.post("/numbers", dependencies=guarded)
    def take(body: Numbers) -> int:
        return sum(body.numbers)

    @routes.get("/numbers", dependencies=guarded)
    def give() -> list[int]:
        return [1, 2]

    @routes.delete("/numbers", dependencies=guarded)
    def drop() -> None: ...

    @routes.get("/endless", dependencies=guarded)
    def follow() -> StreamingResponse:
        return StreamingResponse(endless(), media_type="text/event-stream")

    def authenticate(token: str) -> Actor | None:
        if token == "broken":
            raise ZeroDivisionError
        return Actor(id="k", kind="service_account", label="k")

    return AppCaller(create_app([routes], authenticate, {("POST", "/numbers"): 1000}, lambda *refused: None), "good")


def test_an_error_of_ours_becomes_its_problem() -> None:
    answer = call()("GET", "/api/v1/conflict")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:unshelf:problem:conflict",
        "title": "Conflict",
        "status": 409,
        "code": "conflict",
        "detail": "taken",
        "hint": "choose another",
    }


def test_faults_of_an_input_are_listed() -> None:
    answer = call()("GET", "/api/v1/invalid")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"row": 1, "column": "a", "expected": "number", "got": "'x'"}]


def test_what_will_be_back_says_when() -> None:
    answer = call()("GET", "/api/v1/unavailable")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


def test_the_unforeseen_tells_its_id_to_the_caller_and_its_story_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = call()("GET", "/api/v1/unforeseen")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    (record,) = [record for record in caplog.records if record.name == "unshelf.foundation.web.problems"]
    assert vars(record)["id"] == problem["id"]
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_a_fault_of_the_authentication_lets_nobody_in() -> None:
    answer = call()("GET", "/api/v1/conflict", headers={"authorization": "Bearer broken"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/v1/conflict/", 404, "not_found"),
        ("DELETE", "/api/v1/conflict", 405, "method_not_allowed"),
    ],
)
def test_addresses_and_verbs_that_are_not_there(method: str, path: str, status: int, code: str) -> None:
    answer = call()(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_verb_that_is_not_there_is_answered_with_all_that_are() -> None:
    answer = call()("PATCH", "/api/v1/numbers")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, HEAD, POST")


def test_head_answers_as_get_does_without_the_body() -> None:
    get, head = (call()(verb, "/api/v1/numbers") for verb in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == get.headers
    assert call()("HEAD", "/api/v1/conflict").status_code == 409
    assert call()("HEAD", "/api/v1/nothing").status_code == 404


def test_head_of_a_stream_that_never_ends_comes_back() -> None:
    answer = call()("HEAD", "/api/v1/endless")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "malformed_request"),
        (b"", JSON, 422, "invalid_input"),
        (b"[" * 900, JSON, 400, "malformed_request"),
        (b"\xff\xfe", JSON, 400, "malformed_request"),
        (b'{"numbers": [1]}', {"content-type": "text/plain"}, 415, "unsupported_media_type"),
        (b"numbers=1", {"content-type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        (b'{"numbers": "x"}', JSON, 422, "invalid_input"),
        (b'{"numbers": [NaN]}', JSON, 422, "invalid_input"),
        (b"[]", JSON, 422, "invalid_input"),
        (b'{"numbers": [' + b"1," * 600 + b"1]}", JSON, 413, "body_too_large"),
    ],
)
def test_bodies_that_can_not_be_used(body: bytes, headers: dict[str, str], status: int, code: str) -> None:
    answer = call()("POST", "/api/v1/numbers", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_body_that_hides_its_length_is_held_to_the_limit_too() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * 500

    answer = call()("POST", "/api/v1/numbers", content=chunks(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_wrong_value_is_named_with_its_place_and_shown_short() -> None:
    body = {"numbers": [1, "x" * 200]}
    problem = call()("POST", "/api/v1/numbers", json=body).json()
    (error,) = problem["errors"]
    assert error["column"] == "numbers.1"
    assert len(error["got"]) <= 100


def test_an_app_with_an_unguarded_route_does_not_start() -> None:
    routes = ApiRouter()

    @routes.get("/open")
    def open_to_all() -> None: ...

    with pytest.raises(RuntimeError, match="/api/v1/open"):
        create_app([routes], lambda token: None, {}, lambda *refused: None)
