"""Groups on the wire."""

from datetime import datetime

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class GroupRequest(RequestModel):
    """A group to make."""

    name: str = Field(max_length=64, examples=["risk-team"])
    """The name: letters of a-z, digits, - _ and ."""
    description: str = Field(default="", max_length=2000)
    """For people: who is in it."""


class GroupSummary(AnswerModel):
    """A group."""

    id: str
    """The id, to which roles are granted."""
    name: str
    """The name."""
    description: str
    """For people: who is in it."""
    created_at: datetime
    """When it was made."""
    created_by: str
    """The label of who made it."""


class GroupMember(AnswerModel):
    """A member of a group."""

    name: str
    """The login name."""
    full_name: str
    """The name for people."""
    status: str
    """invited, active or deactivated."""


class GroupDetail(AnswerModel):
    """A group with its members."""

    group: GroupSummary
    """The group."""
    members: list[GroupMember]
    """The members, by name."""


class GroupList(AnswerModel):
    """Groups, by their names."""

    groups: list[GroupSummary]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
