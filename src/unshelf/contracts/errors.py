"""Errors in the product's language, the same on both sides of the API: one root, a stable code, a hint that says what to do next."""

from typing import Any


class UnshelfError(Exception):
    """Something went wrong inside the platform."""

    code = "internal_error"
    """A key of contracts.problems.CODES, from which the HTTP status follows, or a code of the client's own."""

    def __init__(
        self,
        detail: str | None = None,
        *,
        hint: str = "",
        code: str | None = None,
        errors: list[Any] | None = None,
        id: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.detail = detail or (type(self).__doc__ or "").splitlines()[0]
        """One sentence: what happened."""
        self.hint = hint
        """One sentence: the next step to take."""
        self.code = code or type(self).code
        self.errors = errors or []
        """Faults of an input, at most 20: `InputError`; in the SDK dictionaries with `row`, `column`, `expected`, `got`."""
        self.id = id
        """The id of the failed prediction or request, for its owner to find it by."""
        self.retry_after = retry_after
        """Seconds after which the same request may succeed; None: something must change first."""
        super().__init__(self.detail)

    def __str__(self) -> str:
        faults = [f"  {describe_fault(fault)}" for fault in self.errors]
        return "\n".join([self.detail, *faults, *([self.hint] if self.hint else [])])


class MalformedRequest(UnshelfError):
    """The request is not what this address understands."""

    code = "malformed_request"


class Unauthenticated(UnshelfError):
    """The address needs a token: send it as `Authorization: Bearer TOKEN`."""

    code = "unauthenticated"


class Forbidden(UnshelfError):
    """The key is not allowed to do that."""

    code = "forbidden"


class RunsElsewhere(UnshelfError):
    """The version runs on other infrastructure, and can't be run here."""

    code = "runs_elsewhere"


class NotFound(UnshelfError):
    """The requested object does not exist."""

    code = "not_found"


class Conflict(UnshelfError):
    """The present state does not allow that."""

    code = "conflict"


class BodyTooLarge(UnshelfError):
    """The body is larger than this address takes."""

    code = "body_too_large"


class InvalidInput(UnshelfError):
    """The request is well formed, but a value in it can't be used."""

    code = "invalid_input"


class TooManyRequests(UnshelfError):
    """A limit is reached."""

    code = "too_many_requests"


class ModelFailed(UnshelfError):
    """The model raised an error."""

    code = "model_error"


class Unavailable(UnshelfError):
    """A part of the platform does not answer at the moment."""

    code = "unavailable"

    def __init__(self, detail: str | None = None, *, retry_after: float | None = 1.0, **fields: Any) -> None:
        super().__init__(detail, retry_after=retry_after, **fields)


class DeadlineExceeded(UnshelfError):
    """The model did not answer in time."""

    code = "deadline_exceeded"


def describe_fault(fault: Any) -> str:
    """Return one entry of `errors` as a sentence: `row 3, column 'age': expected an integer, got "five"`."""
    fields = fault if isinstance(fault, dict) else {name: getattr(fault, name, None) for name in _FAULT_FIELDS}
    where = [f"row {fields['row']}"] if fields.get("row") is not None else []
    if fields.get("column") is not None:
        where.append(f"column {fields['column']!r}")
    if fields.get("parameter") is not None:
        where.append(f"parameter {fields['parameter']!r}")
    what = f"expected {fields.get('expected') or '?'}, got {fields.get('got') or '?'}"
    return f"{', '.join(where)}: {what}" if where else what


_FAULT_FIELDS = ("row", "column", "parameter", "expected", "got")
