"""Errors of a worker, in the product's words: a request refused, a model that can't be loaded or checked."""

from typing import Any


class RequestRefused(Exception):
    """The request is answered with an error: the caller's fault (400, 415, 422), the model's (500), or too many at a time (503)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        hint: str = "",
        errors: list[dict[str, Any]] | None = None,
        traceback: str = "",
        retry_after: int | None = None,
    ) -> None:
        """`retry_after`: the seconds after which it may be sent again."""
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.errors = errors
        self.traceback = traceback
        self.retry_after = retry_after

    def fields(self) -> dict[str, Any]:
        """The JSON object that answers the gateway."""
        fields: dict[str, Any] = {"code": self.code, "detail": readable(self.detail)}
        if self.hint:
            fields["hint"] = readable(self.hint)
        if self.errors:  # column names are the caller's, and what can't be read of an answer ends the connection
            fields["errors"] = [
                {name: readable(value) if isinstance(value, str) else value for name, value in fault.items()}
                for fault in self.errors
            ]
        if self.traceback:
            fields["traceback"] = readable(self.traceback)
        if self.retry_after:
            fields["retry_after"] = self.retry_after
        return fields


class UnusableAnswer(RequestRefused):
    """The model answered, but not with what can be given to its callers: its owner sees why (500)."""

    def __init__(self, detail: str, reason: str = "", *, hint: str = "") -> None:
        super().__init__(500, "model_error", detail, hint=hint, traceback=reason or detail)


class Unwritable(ValueError):
    """A value of the model's answer that has no place in JSON; the text says which, and what to return in its place."""


def readable(text: str) -> str:
    """The text as it can be written in UTF-8: half of a surrogate pair, as file names have it that are not UTF-8, is spelled out.
    The model's secrets are left out."""
    text = text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
    for secret, mark in hidden:
        text = text.replace(secret, mark)
    return text


hidden: "list[tuple[str, str]]" = []
"""The model's secrets, the longest first, and the mark in the place of each."""
_SHORTEST_HIDDEN = 6
"""Characters of a value that is hidden: a shorter one is found where it is not meant."""


def hide(secrets: "dict[str, str]") -> None:
    """Leave the values of these secrets out of what this worker prints and reports, by accident or not; of one of several lines each."""
    marks = {
        piece: f"[secret {name}]"
        for name, value in secrets.items()
        for piece in (value, *value.splitlines())
        if len(piece.strip()) >= _SHORTEST_HIDDEN
    }
    hidden[:] = sorted(marks.items(), key=lambda pair: len(pair[0]), reverse=True)


def malformed(detail: str, *, hint: str = "") -> RequestRefused:
    """The body can't be read at all: 400."""
    return RequestRefused(400, "malformed_request", detail, hint=hint)


def invalid(detail: str, *, hint: str = "", errors: list[dict[str, Any]] | None = None) -> RequestRefused:
    """The body can be read but is not what the signature takes: 422."""
    return RequestRefused(422, "invalid_input", detail, hint=hint, errors=errors)


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
