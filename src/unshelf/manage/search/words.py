"""Words: texts as the words that they are found by, the same on every database, and queries in words and filters."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from unshelf.contracts.errors import InvalidInput

MOST_WORDS = 20
_MOST_CHARACTERS = 100
_SNIPPET_CHARACTERS = 160
_WORD = re.compile(r"[^\W_]+")
_MANY = ("kind", "project", "owner", "tag", "property")
_DATES = ("after", "before")


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word that a document must have."""

    text: str
    is_prefix: bool


@dataclass(frozen=True, kw_only=True)
class Query:
    """Conditions that a document must meet, all of them."""

    words: list[Word] = field(default_factory=list)
    filters: dict[str, list[str]] = field(default_factory=dict)
    """Filter → values: `kind`, `project` and `owner` one of them, `tag` and `property` all of them."""
    after: datetime | None = None
    before: datetime | None = None


def words_of(text: str) -> list[str]:
    """Return the words of a text: letters and digits, small, without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return [word[:_MOST_CHARACTERS] for word in _WORD.findall(plain)]


def query_of(text: str) -> Query:
    """Read a query: `drift kind:model project:risk tag:gold property:cost=3 after:2026-01-01`. The last word may be unfinished.

    What begins with no known filter is words: `credit-risk:3` is three. Raises InvalidInput."""
    words: list[Word] = []
    filters: dict[str, list[str]] = {}
    dates: dict[str, datetime] = {}
    parts = text.split()
    for number, part in enumerate(parts):
        name, separator, value = part.partition(":")
        if separator and name in _MANY + _DATES:
            if not value:
                raise InvalidInput(f"The filter {name} has no value.", hint=f"Write it as {name}:VALUE.")
            if name in _DATES:
                dates[name] = _moment(name, value)
            else:
                filters.setdefault(name, []).append(value)
            continue
        found = words_of(part)
        is_last = number == len(parts) - 1 and not text[-1].isspace()
        words += [
            Word(text=word, is_prefix=at == len(found) - 1 and (is_last or part.endswith("*")))
            for at, word in enumerate(found)
        ]
    if len(words) > MOST_WORDS:
        raise InvalidInput(f"A query has at most {MOST_WORDS} words, not {len(words)}.")
    return Query(words=words, filters=filters, **dates)


def snippet_of(text: str, words: Sequence[Word]) -> str:
    """Return the part of a text around the first of the words, as plain text on one line; its beginning without any."""
    line = " ".join(text.split())
    start = 0
    for found in _WORD.finditer(line):
        plain = words_of(found[0])
        if any(_is_hit(each, word) for each in plain for word in words):
            start = max(0, found.start() - _SNIPPET_CHARACTERS // 3)
            break
    if start:
        start = line.find(" ", start) + 1
    end = start + _SNIPPET_CHARACTERS
    return f"{'… ' if start else ''}{line[start:end].rstrip()}{' …' if end < len(line) else ''}"


def _is_hit(found: str, word: Word) -> bool:
    return found.startswith(word.text) if word.is_prefix else found == word.text


def _moment(name: str, value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{value[:80]!a} is no date.", hint=f"Write {name}:2026-01-31.") from None
