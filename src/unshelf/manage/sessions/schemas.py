"""Sessions on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class LoginRequest(RequestModel):
    """A login with a password."""

    name: str = Field(max_length=254, examples=["ada"])
    """The login name."""
    password: str = Field(max_length=1024)
    """The password."""


class SessionOpened(AnswerModel):
    """The session of this request. Its token is in the cookie alone."""

    id: str
    """The id, by which it is ended."""
    actor: str
    """The name of who is logged in."""
    csrf_token: str
    """The token to send as X-Unshelf-CSRF with each request that changes something."""
    expires_at: datetime
    """When it ends, however much it is used; unused, it ends after twelve hours."""


class SessionSummary(AnswerModel):
    """One of one's own sessions."""

    id: str
    """The id, by which it is ended."""
    method: str
    """How it was opened: password, link or oidc."""
    created_at: datetime
    """When it was opened."""
    last_used_at: datetime
    """To the minute."""
    expires_at: datetime
    """When it ends at the latest."""
    address: str
    """The network address that it was opened from."""
    user_agent: str
    """The browser, as it calls itself."""
    is_current: bool
    """Whether it is the session of this request."""


class SessionList(AnswerModel):
    """Sessions, the newest first."""

    sessions: list[SessionSummary]
    """The sessions that have not ended."""


class LoginLink(AnswerModel):
    """A link that logs the embedded administrator in."""

    url: str
    """The address to open on the server's own machine, once."""
    expires_at: datetime
    """Until when it is good."""
