"""Refusals inside the gateway, and the problem+json responses that they become."""

import msgspec

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.problems import CODES, PROBLEM_TYPE, InputError, Problem, as_fields, encode_problem, problem
from unshelf.gateway.http.response import Response

V2 = "v2"
_CONTENT_TYPE = ("content-type", PROBLEM_TYPE)
NO_SNIFF = ("x-content-type-options", "nosniff")


class ProblemError(UnshelfError):
    """A refusal: the request is answered with a problem of `code` and these fields."""

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
        super().__init__(detail, hint=hint, code=code, errors=errors, retry_after=retry_after)
        self.headers = headers if retry_after is None else (*headers, ("retry-after", str(max(1, round(retry_after)))))

    @property
    def status(self) -> int:
        """The HTTP status that belongs to the code."""
        return CODES[self.code]

    def problem(self, prediction_id: str = "") -> Problem:
        """The problem document for the caller."""
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


def problem_headers(headers: tuple[tuple[str, str], ...] = ()) -> tuple[tuple[str, str], ...]:
    """The headers of a problem answer."""
    return (_CONTENT_TYPE, NO_SNIFF, *headers)


def problem_response(refusal: ProblemError, protocol: str = "") -> Response:
    """The response to a request that is no prediction."""
    body = encode_for_caller(refusal.problem(), protocol)
    return Response(refusal.status, problem_headers(refusal.headers), body)
