"""Problems: the RFC 9457 body of every error answer, and the one list of their stable codes."""

from http import HTTPStatus
from typing import Any

import msgspec

PROBLEM_TYPE = "application/problem+json"

CODES: dict[str, int] = {
    "malformed_request": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "quota_exceeded": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "runs_elsewhere": 409,
    "cancelled": 410,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "misdirected_request": 421,
    "invalid_input": 422,
    "too_many_requests": 429,
    "head_too_large": 431,
    "client_gone": 499,
    "model_error": 500,
    "internal_error": 500,
    "bad_gateway": 502,
    "overloaded": 503,
    "unavailable": 503,
    "out_of_memory": 503,
    "paused": 503,
    "deadline_exceeded": 504,
}
"""code → HTTP status. Codes are part of the public surface: never reused, never renamed. docs/reference/errors.md explains each."""


class InputError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault of an input: where it is, what the signature wants, what came."""

    row: int | None = None
    column: str | None = None
    parameter: str | None = None
    """The parameter, where it is one that is wrong."""
    expected: str
    got: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of an error answer."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    hint: str = ""
    id: str = ""
    """The prediction's id, on predict routes."""
    errors: list[InputError] = []


def problem(code: str, detail: str, *, hint: str = "", id: str = "", errors: list[InputError] | None = None) -> Problem:
    """The problem of a known code; its status and title follow from the code."""
    status = CODES[code]
    return Problem(
        type=f"urn:unshelf:problem:{code}", title=_phrase(status), status=status, code=code, detail=detail,
        hint=hint, id=id, errors=errors or [],
    )  # fmt: skip


def _phrase(status: int) -> str:
    """The status in words; 499 is no standard's, but what web servers call a caller who left."""
    return "Client Closed Request" if status == 499 else HTTPStatus(status).phrase


def encode_problem(value: Problem) -> bytes:
    """Encode a problem as JSON."""
    return msgspec.json.encode(value)


def as_fields(value: Problem) -> dict[str, Any]:
    """Return the fields of a problem as plain values."""
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return fields
