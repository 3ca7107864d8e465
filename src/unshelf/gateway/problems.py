"""Refusals inside the gateway, and the problem+json answers that they become."""

import msgspec

from unshelf.contracts.problems import (
    CODES,
    PROBLEM_TYPE,
    InputError,
    Problem,
    as_fields,
    encode_problem,
    problem,
)
from unshelf.gateway.rsgi import HTTPProtocol

V2 = "v2"
_CONTENT_TYPE = ("content-type", PROBLEM_TYPE)
NO_SNIFF = ("x-content-type-options", "nosniff")


class Refused(Exception):
    """The request is answered with a problem of `code`; the other fields are what the caller is told."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        hint: str = "",
        errors: list[InputError] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.hint = hint
        self.errors = errors
        self.headers = headers if retry_after is None else (*headers, ("retry-after", str(max(1, round(retry_after)))))

    @property
    def status(self) -> int:
        """The HTTP status that belongs to the code."""
        return CODES[self.code]

    def problem(self, prediction_id: str = "") -> Problem:
        """What the caller is told."""
        return problem(self.code, self.detail, hint=self.hint, id=prediction_id, errors=self.errors)


def encode_for_caller(value: Problem, protocol: str) -> bytes:
    """The body of the answer. Clients of the Open Inference Protocol read `error`, so for them that is there too."""
    if protocol == V2:
        return msgspec.json.encode(as_fields(value) | {"error": value.detail})
    return encode_problem(value)


def encode_for_owner(value: Problem, traceback: str) -> bytes:
    """The body in the record: with the model's traceback, which callers never see."""
    if traceback:
        return msgspec.json.encode(as_fields(value) | {"traceback": traceback})
    return encode_problem(value)


def problem_headers(headers: tuple[tuple[str, str], ...] = ()) -> list[tuple[str, str]]:
    """The headers of a problem answer."""
    return [_CONTENT_TYPE, NO_SNIFF, *headers]


def answer_refused(proto: HTTPProtocol, refused: Refused, protocol: str = "") -> None:
    """Answer a request that is no prediction."""
    body = encode_for_caller(refused.problem(), protocol)
    proto.response_bytes(refused.status, problem_headers(refused.headers), body)
