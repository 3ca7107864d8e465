"""Ids: 26 characters, safe in URLs, that sort by the time they were made (the ULID layout, in lower case)."""

import secrets
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
_CHARACTERS = 26
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MILLISECONDS = 2**48 - 1

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """An id never given before: 48 bits of Unix milliseconds, then 80 random ones. Later calls give later ids."""
    global _last  # noqa: PLW0603 -- two ids of one millisecond keep their order only if the process knows its last one
    with _lock:
        fresh = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
        _last = fresh if fresh > _last else _last + 1
        number = _last
    return _text(number)


def id_after(others: Iterable[str]) -> str:
    """An id never given before that sorts after these, also where a clock that ran ahead made them. What is no id is passed over."""
    last = max((id for id in others if len(id) == _CHARACTERS and set(id) <= set(_ALPHABET)), default="")
    fresh = new_id()
    if fresh > last:
        return fresh
    milliseconds = (_number(last) >> _RANDOM_BITS) + 1
    return _text(min(milliseconds, _MOST_MILLISECONDS) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS))


def first_id_of(moment: datetime, away: timedelta = timedelta()) -> str:
    """The id that sorts before all that are made from a moment on; `away`: so much later, or earlier where it is negative."""
    milliseconds = (moment - _EPOCH + away) // timedelta(milliseconds=1)
    return _text(min(max(milliseconds, 0), _MOST_MILLISECONDS) << _RANDOM_BITS)


def _number(text: str) -> int:
    number = 0
    for character in text:
        number = number << 5 | _ALPHABET.index(character)
    return number


def _text(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_CHARACTERS - 1), -1, -5))
