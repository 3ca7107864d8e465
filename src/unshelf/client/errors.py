"""Errors of the SDK: those of the API, and those that only a client meets."""

from typing import Any

from unshelf.contracts.errors import Conflict as Conflict
from unshelf.contracts.errors import DeadlineExceeded as DeadlineExceeded
from unshelf.contracts.errors import Forbidden as Forbidden
from unshelf.contracts.errors import InvalidInput as InvalidInput
from unshelf.contracts.errors import ModelFailed as ModelFailed
from unshelf.contracts.errors import NotFound as NotFound
from unshelf.contracts.errors import TooManyRequests as TooManyRequests
from unshelf.contracts.errors import Unauthenticated as Unauthenticated
from unshelf.contracts.errors import Unavailable as Unavailable
from unshelf.contracts.errors import UnshelfError as UnshelfError
from unshelf.contracts.errors import describe_fault as describe_fault


class Unreachable(UnshelfError):
    """No server answers."""

    code = "unreachable"


def unreachable_hint(error: Exception, otherwise: str) -> str:
    """Say what to do where no connection came about: a certificate that nobody vouches for is no server that is away."""
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return otherwise
    return "If an authority of your own signed the server's certificate, name that authority's certificate in SSL_CERT_FILE."


class InvalidModel(UnshelfError):
    """The model can't be deployed as it is."""

    code = "invalid_model"


class InvalidRows(UnshelfError):
    """The rows can't be sent as JSON."""

    code = "invalid_rows"


class NotFinished(UnshelfError):
    """The prediction is not finished yet."""

    code = "not_finished"


class DeployFailed(UnshelfError):
    """The deploy failed at one of its steps; nothing was registered."""

    code = "deploy_failed"

    def __init__(
        self, detail: str | None = None, *, step: str = "", log: str = "", hint: str = "", code: str | None = None
    ) -> None:
        super().__init__(detail, hint=hint, code=code)
        self.step = step
        """profile, lock, build, check, register, release or start."""
        self.log = log
        """The last lines of what the failed program said."""


_BY_CODE: dict[str, type[UnshelfError]] = {
    "unauthenticated": Unauthenticated,
    "forbidden": Forbidden,
    "quota_exceeded": Forbidden,
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
    """Return the exception for an error answer; `problem` is its problem+json body, or what is known without one."""
    code = str(problem.get("code") or f"http_{status}")
    error = _BY_CODE.get(code, UnshelfError)
    return error(
        str(problem.get("detail") or problem.get("title") or f"The server answered {status}."),
        hint=str(problem.get("hint") or ""),
        code=code,
        errors=list(problem.get("errors") or []),
        id=str(problem.get("id") or ""),
    )
