"""Apps on the wire; their definition has a file of its own."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from unshelf.deploy.apps.forms.definition import AppDefinition, AppInput
from unshelf.deploy.apps.tokens import MOST_A_MINUTE, MOST_DAYS
from unshelf.foundation.web.schemas import AnswerModel, RequestModel

_DAY = 86_400


class AppSummary(AnswerModel):
    """An app in a list."""

    name: str
    """The name, which is its address: /apps/NAME."""
    kind: str
    """what-if."""
    title: str
    """The title."""
    model: str
    """The model's name."""
    project: str
    """The model's project."""
    version: int
    """The number of the version in force."""
    owner: str
    """The label of who saved it last, on whose grant it asks the model."""
    created_at: datetime
    """When it was made."""
    created_by: str
    """The label of the actor who made it."""
    changed_at: datetime
    """When it was saved last."""
    may_manage: bool
    """Whether the actor may change it."""


class AppList(AnswerModel):
    """Apps, by name."""

    apps: list[AppSummary]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class AppSaved(AppSummary):
    """An app that was saved."""

    new: bool
    """Whether there is a new version; false: it had this definition already."""


class AppForm(AnswerModel):
    """An app as people use it: nothing of what it hides."""

    name: str
    """The name; empty in a preview."""
    title: str
    """The title."""
    text: str
    """The text above the form."""
    inputs: list[AppInput]
    """The inputs that people fill in."""


class AppDetail(AppSummary):
    """An app that is used."""

    form: AppForm
    """The form."""


class AppVersionDetail(AnswerModel):
    """One version of an app."""

    number: int
    """The number; each save is one more."""
    definition: AppDefinition
    """The definition, filled in."""
    restored: int | None
    """The version that it brought back; null: it was made anew."""
    created_at: datetime
    """When it was saved."""
    created_by: str
    """The label of the actor who saved it."""


class AppVersionList(AnswerModel):
    """Versions of an app, the newest first."""

    versions: list[AppVersionDetail]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class RestoreRequest(RequestModel):
    """The version to go back to."""

    version: int = Field(ge=1, le=999_999_999)
    """The number."""


class AppQuestion(RequestModel):
    """A form that was filled in."""

    inputs: dict[str, Any] = Field(default={}, max_length=200, examples=[{"size": 80}])
    """Values by the names of inputs; what is missing is as the form begins."""


class AppReply(AnswerModel):
    """The answer of an app, in words."""

    id: str
    """The prediction's id, under which it is recorded."""
    text: str
    """The answer's text, filled in."""
    words: str
    """The words that fit the answer; empty: none do."""
    tone: Literal["ok", "attention", "failing", "unknown"]
    """The state that the words are shown as."""
    output: Any
    """The answer itself; null where the app does not show it."""


class DraftRequest(RequestModel):
    """A definition to try before it is saved."""

    definition: AppDefinition
    """The definition."""
    inputs: dict[str, Any] | None = Field(default=None, max_length=200)
    """Values to ask with; null: nothing is asked."""


class DraftReply(AnswerModel):
    """A definition, filled in, and what an app of it would say."""

    definition: AppDefinition
    """The definition with all that it left open."""
    form: AppForm
    """The form that people would see."""
    reply: AppReply | None
    """The answer; null: nothing was asked."""


class AppTokenRequest(RequestModel):
    """A token to create."""

    name: str = Field(min_length=1, max_length=100, pattern=r"\S", examples=["Intranet, page of sales"])
    """A name for people: where it is used."""
    expires_in_seconds: float = Field(default=90 * _DAY, gt=0, le=MOST_DAYS * _DAY)
    """How long it is good for: at most a year."""
    a_minute: int = Field(default=60, ge=1, le=MOST_A_MINUTE)
    """The most answers a minute."""


class AppTokenSummary(AnswerModel):
    """A token of an app."""

    id: str
    """The id, by which it is revoked."""
    name: str
    """A name for people: where it is used."""
    a_minute: int
    """The most answers a minute."""
    created_at: datetime
    """When it was created."""
    created_by: str
    """The label of the actor who created it."""
    expires_at: datetime
    """When it ends."""
    revoked_at: datetime | None
    """When it was revoked; null: it was not."""
    last_used_at: datetime | None
    """When it was used last, to the minute; null: never."""


class AppTokenCreated(AppTokenSummary):
    """A new token of an app."""

    token: str
    """The secret, shown this once."""
    url: str
    """The address of the app with the token, for the frame of a page."""


class AppTokenList(AnswerModel):
    """Tokens of an app, the oldest first."""

    tokens: list[AppTokenSummary]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
