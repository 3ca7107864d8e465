"""What can go wrong for somebody who uses the SDK: one root, a stable code, a hint that says what to do next."""

from typing import Any


class UnshelfError(Exception):
    """Something went wrong."""

    code = "error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        hint: str = "",
        code: str | None = None,
        errors: list[dict[str, Any]] | None = None,
        id: str = "",
    ) -> None:
        self.detail = detail or (type(self).__doc__ or "").splitlines()[0]
        """What happened, in a sentence."""
        self.hint = hint
        """What to do next."""
        self.code = code or type(self).code
        """A stable code: see docs/reference/errors.md, and for those made by the client docs/reference/python.md."""
        self.errors = errors or []
        """For bad input: `{"row", "column", "expected", "got"}`, at most 20."""
        self.id = id
        """The id of the failed prediction or request, for its owner to find it by."""
        super().__init__(self.detail)

    def __str__(self) -> str:
        faults = [f"  {describe_fault(fault)}" for fault in self.errors]
        return "\n".join([self.detail, *faults, *([self.hint] if self.hint else [])])


class Unreachable(UnshelfError):
    """No server answers."""

    code = "unreachable"


class InvalidModel(UnshelfError):
    """This can't be deployed as it is."""

    code = "invalid_model"


class InvalidRows(UnshelfError):
    """These rows can't be sent as JSON."""

    code = "invalid_rows"


class Unauthenticated(UnshelfError):
    """No token, or one that is not known."""

    code = "unauthenticated"


class Forbidden(UnshelfError):
    """The token is good, but not for this."""

    code = "forbidden"


class NotFound(UnshelfError):
    """There is no such thing."""

    code = "not_found"


class Conflict(UnshelfError):
    """That does not go together with what is there."""

    code = "conflict"


class InvalidInput(UnshelfError):
    """The rows do not fit the model's signature."""

    code = "invalid_input"


class TooManyRequests(UnshelfError):
    """A limit is reached."""

    code = "too_many_requests"


class ModelFailed(UnshelfError):
    """The model raised an error."""

    code = "model_error"


class Unavailable(UnshelfError):
    """The server can't answer now; it may soon."""

    code = "unavailable"


class DeadlineExceeded(UnshelfError):
    """The model did not answer in time."""

    code = "deadline_exceeded"


class NotFinished(UnshelfError):
    """It is not finished yet."""

    code = "not_finished"


class DeployFailed(UnshelfError):
    """The deploy failed at one of its steps; nothing was registered."""

    code = "deploy_failed"

    def __init__(
        self, detail: str | None = None, *, step: str = "", log: str = "", hint: str = "", code: str | None = None
    ) -> None:
        super().__init__(detail, hint=hint, code=code)
        self.step = step
        """lock, build, check, register, release or start."""
        self.log = log
        """The last lines of what the failed program said."""


def describe_fault(fault: dict[str, Any]) -> str:
    """One entry of `errors` as a sentence: `row 3, column 'age': expected an integer, got "five"`."""
    where = [f"row {fault['row']}"] if fault.get("row") is not None else []
    if fault.get("column") is not None:
        where.append(f"column {fault['column']!r}")
    what = f"expected {fault.get('expected', '?')}, got {fault.get('got', '?')}"
    return f"{', '.join(where)}: {what}" if where else what


_BY_CODE: dict[str, type[UnshelfError]] = {
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "conflict": Conflict,
    "malformed_request": InvalidInput,
    "invalid_input": InvalidInput,
    "too_many_requests": TooManyRequests,
    "model_error": ModelFailed,
    "bad_gateway": Unavailable,
    "overloaded": Unavailable,
    "unavailable": Unavailable,
    "paused": Unavailable,
    "deadline_exceeded": DeadlineExceeded,
}
"""The codes of contracts.problems that deserve a class of their own."""


def from_problem(status: int, problem: dict[str, Any]) -> UnshelfError:
    """The exception for a problem+json body (or for what little an answer that is none tells)."""
    code = str(problem.get("code") or f"http_{status}")
    error = _BY_CODE.get(code, UnshelfError)
    return error(
        str(problem.get("detail") or problem.get("title") or f"The server answered {status}."),
        hint=str(problem.get("hint") or ""),
        code=code,
        errors=list(problem.get("errors") or []),
        id=str(problem.get("id") or ""),
    )
