"""The one place where errors become answers: RFC 9457 problems, whatever went wrong."""

import errno
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.problems import CODES, PROBLEM_TYPE, InputError, encode_problem, problem
from unshelf.foundation.ids import new_id

HIDES_INPUT = "x-hides-input"
"""In a route's `openapi_extra`: what it takes is secret, and no error shows any of it."""
_MOST_ERRORS = 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_PROBLEM_SCHEMA = "#/components/schemas/ProblemAnswer"
_CODE_OF_STATUS = {
    400: "malformed_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "invalid_input",
    503: "unavailable",
}

logger = logging.getLogger(__name__)


class AnswerCutOff(Exception):
    """The answer ends in its middle: its caller's token is not good any more."""


def answer_errors(app: FastAPI, verbs_of: Callable[[str], list[str]]) -> None:
    """Have every error of the app answered as a problem. `verbs_of` gives the verbs that a path takes."""

    async def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 -- registered for nothing else
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status_code == 405:  # the router knows one route's verbs at a time
            headers["allow"] = ", ".join(verbs_of(request.url.path))
        return _http_problem(request, error, headers)

    app.add_exception_handler(UnshelfError, _on_unshelf_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)


def problem_answers(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these codes, for its description."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status = CODES[code]
        said = f"`{code}`" if status not in found else f"{found[status]['description']}, `{code}`"
        found[status] = {"description": said, "content": {PROBLEM_TYPE: {"schema": {"$ref": _PROBLEM_SCHEMA}}}}
    return found


def stream_answer(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that streams, for its description."""
    return {200: {"description": description, "content": {media_type: {"schema": {"type": "string"}}}}}


def problem_response(
    code: str,
    detail: str,
    *,
    hint: str = "",
    id: str = "",
    errors: list[InputError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error answer."""
    body = problem(code, detail, hint=hint, id=id, errors=errors)
    return Response(encode_problem(body), status_code=body.status, media_type=PROBLEM_TYPE, headers=dict(headers or {}))


class UnexpectedErrors:
    """Middleware around the whole app: an unexpected error is logged under an id, and the answer shows only that id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and answer what falls out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            logger.info("caller hung up", extra={"path": scope["path"]})
        except AnswerCutOff:
            logger.info("an answer ended with the token of its caller", extra={"path": scope["path"]})
        except Exception as error:
            response = _answer_to(error, scope)
            if started:  # breaking the connection is the only way left to say that the body is not whole
                raise
            await response(scope, receive, send)


def _answer_to(error: Exception, scope: Scope) -> Response:
    """Log an error that nobody caught; its answer."""
    request = {"method": scope["method"], "path": scope["path"]}
    if isinstance(error, OperationalError) or (isinstance(error, OSError) and error.errno in _NO_ROOM):
        logger.error("the server's storage can't be used", extra={**request, "error": str(error)[:200]})
        return problem_response(
            "unavailable", "The server can't store or read anything at the moment.",
            hint="Send it again later. The operator finds the reason in the server's log: mostly the disk is full.",
            headers={"retry-after": "5"},
        )  # fmt: skip
    error_id = new_id()
    logger.error("unexpected error", exc_info=error, extra={"id": error_id, **request})
    return problem_response(
        "internal_error", "something unforeseen went wrong; the server's log tells what, under this id", id=error_id
    )


async def _on_unshelf_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, UnshelfError)  # noqa: S101 -- registered for nothing else
    headers = {} if error.retry_after is None else {"retry-after": str(max(1, math.ceil(error.retry_after)))}
    if error.code == "unauthenticated":
        headers["www-authenticate"] = "Bearer"
    return problem_response(error.code, error.detail, hint=error.hint, errors=error.errors, headers=headers)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for nothing else
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem_response("malformed_request", "The body is not JSON.")
    if any(fault["loc"] == ("body",) for fault in faults) and not _is_json(request):
        return problem_response(
            "unsupported_media_type", "This address takes JSON.", hint="Send the header Content-Type: application/json."
        )
    extra = getattr(request.scope.get("route"), "openapi_extra", None) or {}
    errors = [_input_error(fault, hidden=HIDES_INPUT in extra) for fault in faults[:_MOST_ERRORS]]
    first = errors[0]
    return problem_response("invalid_input", f"{first.column}: {first.expected}", errors=errors)


def _http_problem(request: Request, error: HTTPException, headers: Mapping[str, str]) -> Response:
    code = _CODE_OF_STATUS.get(error.status_code, "internal_error" if error.status_code >= 500 else "malformed_request")
    detail = str(error.detail)
    if code == "not_found":
        detail = "There is nothing at this address."
    elif code == "method_not_allowed":
        detail = f"{request.method} is not possible here."
    return problem_response(code, detail, headers=headers)


def _is_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _input_error(fault: Mapping[str, Any], *, hidden: bool) -> InputError:
    got = "a value that is not shown" if hidden else _shown(fault.get("input"))
    return InputError(column=_place(fault["loc"]), expected=str(fault["msg"]), got=got)


def _place(location: Sequence[str | int]) -> str:
    """`("body", "keys", 0)` as people write it: `keys.0`."""
    named = location[1:] if len(location) > 1 else location
    return ".".join(str(part) for part in named)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
