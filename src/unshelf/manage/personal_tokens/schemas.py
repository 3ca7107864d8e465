"""Personal tokens on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel

_TEN_YEARS = 10 * 366 * 86_400


class TokenRequest(RequestModel):
    """A personal token to create. What is left out narrows nothing."""

    name: str = Field(max_length=100, examples=["notebook"])
    """For people: what it is used for."""
    role: str | None = Field(default=None, max_length=64, examples=["caller"])
    """The role whose permissions it is good for."""
    permissions: list[str] | None = Field(default=None, max_length=100, examples=[["model.predict"]])
    """The permissions that it is good for, in place of a role."""
    projects: list[str] | None = Field(default=None, max_length=100, examples=[["risk"]])
    """The projects that it is good for."""
    models: list[str] | None = Field(default=None, max_length=100, examples=[["credit-*"]])
    """Glob patterns of the models that it is good for."""
    expires_in_seconds: float | None = Field(default=None, gt=0, le=_TEN_YEARS, examples=[7_776_000])
    """How long it is good for; null: until it is revoked."""


class TokenSummary(AnswerModel):
    """A personal token, without its secret."""

    id: str
    """The id, under which records and events name it too."""
    name: str
    """For people: what it is used for."""
    role: str | None
    """The role whose permissions it is good for; null: see `permissions`."""
    permissions: list[str] | None
    """The permissions that it is good for; null without a role: all of its owner's."""
    projects: list[str] | None
    """The projects that it is good for; null: see `models`."""
    models: list[str] | None
    """Glob patterns of the models that it is good for; null without projects: everything."""
    created_at: datetime
    """When it was created."""
    expires_at: datetime | None
    """Null: it does not expire."""
    revoked_at: datetime | None
    """Null: it was not revoked."""
    last_used_at: datetime | None
    """When it was last used with the control API, to the minute; calls of models are in their records. Null: never."""


class TokenCreated(AnswerModel):
    """A new token with its secret, which is shown this once."""

    id: str
    """The id, by which it is revoked."""
    name: str
    """As it was asked for."""
    expires_at: datetime | None
    """Null: it does not expire."""
    token: str
    """The secret: send it as `Authorization: Bearer TOKEN`. It is stored nowhere."""


class TokenList(AnswerModel):
    """Personal tokens, oldest first."""

    tokens: list[TokenSummary]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class DeviceRequest(RequestModel):
    """A program that asks to be let in."""

    name: str = Field(default="device", max_length=100, examples=["unshelf on laptop-7"])
    """The name that its token shall have."""


class DeviceBegun(AnswerModel):
    """A program's request to be let in."""

    device_code: str
    """The secret that the program asks with."""
    user_code: str
    """The code that its user types where they are logged in."""
    url: str
    """Where its user types it."""
    expires_at: datetime
    """Until when the code is good."""
    interval_seconds: float
    """How long to wait between two questions."""


class DeviceQuestion(RequestModel):
    """A program asks whether it was let in."""

    device_code: str = Field(max_length=200)
    """The secret of its request."""


class DeviceAnswer(AnswerModel):
    """Whether a program was let in."""

    token: TokenCreated | None
    """The token, once; null: nobody has let the program in yet."""


class DeviceApproval(RequestModel):
    """An approval, by somebody who is logged in, of a program that waits."""

    user_code: str = Field(max_length=20, examples=["BCDF-GHJK"])
    """The code that the program shows."""


class DeviceApproved(AnswerModel):
    """A program that was let in."""

    name: str
    """The name of its token."""
