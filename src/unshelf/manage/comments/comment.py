"""Comments as values, and the mentions in their texts."""

import re
from dataclasses import dataclass
from datetime import datetime

from unshelf.contracts.errors import InvalidInput

MOST_CHARACTERS = 20_000
MOST_MENTIONS = 50
_MENTION = re.compile(r"(?<![\w@./-])@([a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment."""

    id: str
    kind: str
    name: str
    text: str
    """Markdown as it was written; empty once it is deleted."""
    author: str
    author_id: str
    created_at: datetime
    edits: int
    edited_at: datetime | None
    deleted_at: datetime | None
    deleted_by: str | None


@dataclass(frozen=True, kw_only=True)
class CommentText:
    """A text that a comment had or has."""

    number: int
    text: str
    written_at: datetime


def mentioned_names(text: str) -> list[str]:
    """Return the names that a text mentions as `@name`, in order, each once. An e-mail address mentions nobody."""
    return list(dict.fromkeys(name.lower() for name in _MENTION.findall(text)))[:MOST_MENTIONS]


def check_text(text: str) -> None:
    """Raise InvalidInput for a text that can be no comment."""
    if not text.strip():
        raise InvalidInput("The comment is empty.", hint="Write at least a word.")
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput(f"A comment has at most {MOST_CHARACTERS} characters, not {len(text)}.")
