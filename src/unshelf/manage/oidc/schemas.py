"""Logins with an identity provider on the wire."""

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class ProviderButton(AnswerModel):
    """The identity provider that people log in with."""

    label: str
    """The text of the button."""
    url: str
    """The path that begins a login; `?return_to=/PATH` says where it ends."""


class LoginMethods(AnswerModel):
    """How people log in here."""

    password: bool
    """Whether a login name and a password do."""
    password_reset: bool
    """Whether who has forgotten a password can get a link by e-mail."""
    provider: ProviderButton | None
    """The identity provider; null: there is none."""
    logged_in: bool
    """Whether this browser has a session that is good: a page learns it here without being refused."""


class LoggedOut(AnswerModel):
    """A session that has ended."""

    url: str | None
    """The address to open in the browser, at which the identity provider ends its own session; null: there is none."""


class LinkRequest(RequestModel):
    """The person at the identity provider whom an account belongs to."""

    subject: str = Field(min_length=1, max_length=255, examples=["248289761001"])
    """The person's id there: the claim `sub`."""
