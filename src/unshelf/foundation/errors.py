"""Errors in the product's language: one root, a stable code, a hint; the HTTP edge translates them in one place."""

import inspect

from unshelf.contracts.hosting import Failed
from unshelf.contracts.problems import CODES, InputError


class UnshelfError(Exception):
    """Something went wrong inside the platform."""

    code = "internal_error"
    """A key of contracts.problems.CODES; the HTTP status follows from it."""
    retry_after: float | None = None
    """Seconds after which the same request may succeed; None: not by itself."""

    def __init__(self, detail: str | None = None, *, hint: str = "", errors: list[InputError] | None = None) -> None:
        self.detail = detail or inspect.cleandoc(type(self).__doc__ or "")
        self.hint = hint
        self.errors = errors or []
        super().__init__(self.detail)


class MalformedRequest(UnshelfError):
    """The request is not what this address understands."""

    code = "malformed_request"


class Unauthenticated(UnshelfError):
    """This address needs a token: send it as `Authorization: Bearer TOKEN`."""

    code = "unauthenticated"


class Forbidden(UnshelfError):
    """This key is not allowed to do that."""

    code = "forbidden"


class NotFound(UnshelfError):
    """There is no such thing here."""

    code = "not_found"


class Conflict(UnshelfError):
    """The present state does not allow that."""

    code = "conflict"


class BodyTooLarge(UnshelfError):
    """The body is larger than this address takes."""

    code = "body_too_large"


class UnsupportedMediaType(UnshelfError):
    """This address does not take that content type."""

    code = "unsupported_media_type"


class InvalidInput(UnshelfError):
    """The request is well formed, but a value in it can't be used."""

    code = "invalid_input"


class Unavailable(UnshelfError):
    """A part of the platform does not answer at the moment."""

    code = "unavailable"

    def __init__(self, detail: str | None = None, *, hint: str = "", retry_after: float = 1.0) -> None:
        super().__init__(detail, hint=hint)
        self.retry_after = retry_after


class HostFailure(UnshelfError):
    """The host could not do what it was asked to; `failed` says at which step and why."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.detail, hint=failed.hint)
        self.failed = failed
        self.code = failed.code if failed.code in CODES else "unavailable"
        self.retry_after = failed.retry_after
