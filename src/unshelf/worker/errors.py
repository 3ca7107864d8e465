"""What can go wrong in a worker, in the product's words: a request refused, a model that can't be loaded or checked."""

from typing import Any


class Refused(Exception):
    """The request is answered with an error: the caller's fault (400, 415, 422) or the model's (500)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        hint: str = "",
        errors: list[dict[str, Any]] | None = None,
        traceback: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.errors = errors
        self.traceback = traceback

    def fields(self) -> dict[str, Any]:
        """The JSON object that answers the gateway."""
        fields: dict[str, Any] = {"code": self.code, "detail": self.detail}
        for name in ("hint", "errors", "traceback"):
            if value := getattr(self, name):
                fields[name] = value
        return fields


def malformed(detail: str, *, hint: str = "") -> Refused:
    """The body can't be read at all: 400."""
    return Refused(400, "malformed_request", detail, hint=hint)


def invalid(detail: str, *, hint: str = "", errors: list[dict[str, Any]] | None = None) -> Refused:
    """The body can be read but is not what the signature takes: 422."""
    return Refused(422, "invalid_input", detail, hint=hint, errors=errors)


class CannotLoad(Exception):
    """A loader that knows why it can't load the file says so; `hint` tells the model's owner what to do."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


class CheckFailed(Exception):
    """A step of the check failed; what goes into the `failed` event."""

    def __init__(self, step: str, reason: str, *, hint: str = "", traceback: str = "") -> None:
        super().__init__(reason)
        self.step = step
        self.reason = reason
        self.hint = hint
        self.traceback = traceback
