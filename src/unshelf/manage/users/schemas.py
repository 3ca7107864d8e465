"""Users on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class Invitation(RequestModel):
    """An invitation of somebody."""

    name: str = Field(max_length=64, examples=["ada"])
    """The login name, for good: 2 to 64 characters of a-z, 0-9, - _ and ."""
    email: str = Field(default="", max_length=254, examples=["ada@example.com"])
    """The e-mail address."""
    full_name: str = Field(default="", max_length=200, examples=["Ada Lovelace"])
    """The name for people."""
    role: str | None = Field(default=None, max_length=64, examples=["contributor"])
    """A role to begin with."""
    project: str | None = Field(default=None, max_length=64, examples=["risk"])
    """The project of the role; null: `model`, else the whole installation."""
    model: str | None = Field(default=None, max_length=64)
    """The model of the role."""


class UserSummary(AnswerModel):
    """A user."""

    id: str
    """The id, under which events name them too."""
    name: str
    """The login name."""
    email: str
    """The e-mail address; empty for who may not manage users."""
    full_name: str
    """The name for people."""
    status: str
    """invited, active or deactivated."""
    issuer: str | None
    """The identity provider that they log in with; null: a password here."""
    created_at: datetime
    """When the account was made."""
    created_by: str
    """The label of who made it."""
    last_login_at: datetime | None
    """Null: never."""
    deactivated_at: datetime | None
    """Null: not."""


class UserList(AnswerModel):
    """Users, by their names."""

    users: list[UserSummary]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class PasswordLink(AnswerModel):
    """A user, and the link by which they set a password."""

    user: UserSummary
    """The user."""
    url: str
    """The link, for the user alone. It is shown this once; empty: they log in with an identity provider."""
    expires_at: datetime | None
    """Until when the link is good."""
    is_mailed: bool
    """Whether the user gets a link by e-mail, too: who has an address, where a mail server is set."""


class UserChange(RequestModel):
    """Changes to a user; a field that is left out stays."""

    email: str | None = Field(default=None, max_length=254)
    """The e-mail address."""
    full_name: str | None = Field(default=None, max_length=200)
    """The name for people."""


class PasswordByLink(RequestModel):
    """A password to set by a link."""

    link: str = Field(max_length=200)
    """The secret of the link: what stands behind the # in its address."""
    password: str = Field(max_length=1024)
    """The new password: 12 characters or more, and not the login name."""


class ForgottenPassword(RequestModel):
    """An account whose owner has forgotten the password."""

    name: str = Field(max_length=254, examples=["ada"])
    """The login name."""


class PasswordChange(RequestModel):
    """A password to change."""

    current: str = Field(max_length=1024)
    """The present one."""
    new: str = Field(max_length=1024)
    """The new one: 12 characters or more, and not the login name."""
    end_tokens: bool = False
    """Whether one's personal tokens end too, as after a theft."""


class Deactivation(RequestModel):
    """How a user leaves."""

    to: str | None = Field(default=None, max_length=64, examples=["grace"])
    """The login name of who takes over what they leave behind."""
    leave: bool = False
    """Whether to leave it without anybody."""
    reason: str = Field(default="", max_length=1000)
    """Why, for the event."""


class BelongingSummary(AnswerModel):
    """Something that a user answers for."""

    kind: str
    """A noun: project, key, deploy …"""
    name: str
    """The name or id."""
    description: str
    """Why it matters, in a sentence."""
    needs_heir: bool
    """Whether nobody answers for it any more unless somebody takes it over."""


class Belongings(AnswerModel):
    """Things that a user leaves behind."""

    belongings: list[BelongingSummary]
    """Everything, by kind."""
