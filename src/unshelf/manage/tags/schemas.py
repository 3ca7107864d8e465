"""Tags and properties on the wire."""

from datetime import datetime

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr

from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.manage.tags.values import PropertyType

Value = StrictBool | StrictInt | StrictFloat | StrictStr


class PropertyRequest(RequestModel):
    """A value to set."""

    value: Value = Field(examples=["retail"])
    """A text, a number or a boolean."""
    type: PropertyType | None = None
    """The type; left out: the one that the value has in JSON. `date` and `link` must be named."""


class TagShown(AnswerModel):
    """A tag of a subject."""

    tag: str
    """The tag."""
    set_at: datetime
    """When it was added."""
    set_by: str
    """The label of the actor who added it."""


class PropertyShown(AnswerModel):
    """A property of a subject."""

    name: str
    """The property's name."""
    type: PropertyType
    """The type of its value."""
    value: Value
    """The value: a date is YYYY-MM-DD, a link an address."""
    set_at: datetime
    """When the value was set."""
    set_by: str
    """The label of the actor who set it."""


class SubjectShown(AnswerModel):
    """Something that can be tagged, commented on and watched."""

    kind: str
    """A noun, such as `model`."""
    name: str
    """The name for good: of an alias, the version that it points at."""
    title: str
    """A few words for people."""
    project: str | None
    """The project that it belongs to; null: the installation."""
    model: str | None
    """The model that it belongs to; null: none."""
    page: str
    """The path that answers with it, from `/api/v1` on."""


class SubjectDetail(SubjectShown):
    """A subject with its tags and properties."""

    tags: list[TagShown]
    """The tags, by name."""
    properties: list[PropertyShown]
    """The properties, by name."""


class SubjectList(AnswerModel):
    """Subjects, by kind and name."""

    subjects: list[SubjectShown]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class UsedTagShown(AnswerModel):
    """A tag that is in use."""

    tag: str
    """The tag."""
    count: int
    """The number of subjects with it that the actor may see."""


class UsedTags(AnswerModel):
    """Tags in use, by name."""

    tags: list[UsedTagShown]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""
