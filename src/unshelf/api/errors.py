"""The one place where errors become answers: RFC 9457 problems, whatever went wrong."""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unshelf.contracts.problems import PROBLEM_TYPE, InputError, encode_problem, problem
from unshelf.foundation.errors import UnshelfError
from unshelf.foundation.ids import new_id

_MOST_ERRORS = 20
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

_log = logging.getLogger(__name__)


def answer_errors(app: FastAPI) -> None:
    """Have every error of the app answered as a problem."""
    app.add_exception_handler(UnshelfError, _on_unshelf_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


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
    """Around the whole app: what nobody foresaw is logged under an id, and the caller is told only that id."""

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
            _log.info("caller hung up", extra={"path": scope["path"]})
        except Exception:
            error_id = new_id()
            _log.exception("unexpected error", extra={"id": error_id, "method": scope["method"], "path": scope["path"]})
            if (
                started
            ):  # the head is out: breaking the connection is the only way left to say that the body is not whole
                raise
            response = problem_response(
                "internal_error",
                "something unforeseen went wrong; the server's log tells what, under this id",
                id=error_id,
            )
            await response(scope, receive, send)


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
        return problem_response("malformed_request", "the body is not JSON")
    if any(fault["loc"] == ("body",) for fault in faults) and not _is_json(request):
        return problem_response(
            "unsupported_media_type", "this address takes JSON", hint="send the header Content-Type: application/json"
        )
    errors = [_input_error(fault) for fault in faults[:_MOST_ERRORS]]
    first = errors[0]
    return problem_response("invalid_input", f"{first.column}: {first.expected}", errors=errors)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for nothing else
    code = _CODE_OF_STATUS.get(error.status_code, "internal_error" if error.status_code >= 500 else "malformed_request")
    detail = str(error.detail)
    if code == "not_found":
        detail = "there is nothing at this address"
    elif code == "method_not_allowed":
        detail = f"{request.method} is not possible here"
    return problem_response(code, detail, headers=error.headers)


def _is_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _input_error(fault: Mapping[str, Any]) -> InputError:
    return InputError(column=_place(fault["loc"]), expected=str(fault["msg"]), got=_shown(fault.get("input")))


def _place(location: Sequence[str | int]) -> str:
    """`("body", "keys", 0)` as people write it: `keys.0`."""
    named = location[1:] if len(location) > 1 else location
    return ".".join(str(part) for part in named)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
