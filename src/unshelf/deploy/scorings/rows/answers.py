"""Answers that a version's program left: read as a stranger's, and held to having each row of each chunk once."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from unshelf.contracts.errors import InvalidInput

SUCCESS = 200


class AnswerHead(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of an answer, as the program writes them."""

    rows: list[tuple[int, int]]
    status: int
    code: str
    us: int
    at: int
    scores: bytes = b""


class ChunkAnswer(NamedTuple):
    """The answer to some rows of a chunk."""

    ranges: list[tuple[int, int]]
    """Rows of the chunk, counted from 0: from each first one up to, and without, the second."""
    status: int
    code: str
    microseconds: int
    time_ns: int
    """Unix time of its end."""
    body: bytes
    """The JSON of the outputs, or of the problem."""
    outputs: list[Any]
    """One a row; empty: they failed."""
    problem: dict[str, Any]
    scores: bytes = b""
    """Scores that are recorded beside them."""

    @property
    def size(self) -> int:
        """Count the rows."""
        return sum(stop - start for start, stop in self.ranges)

    @property
    def places(self) -> list[int]:
        """List the rows."""
        return [place for start, stop in self.ranges for place in range(start, stop)]


_heads = msgspec.json.Decoder(AnswerHead)
_MOST_CODE = 40


def read_answers(content: bytes, rows: int) -> list[ChunkAnswer]:
    """Return the answers to a chunk of this many rows. Raises InvalidInput unless each row has one."""
    try:
        found = list(_answers(content))
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise _damaged(str(error)) from None
    place = 0
    for start, stop in sorted(each for answer in found for each in answer.ranges):
        if start != place:
            break
        place = stop
    else:
        if place == rows:
            return found
    raise _damaged("they do not have each row once")


def _answers(content: bytes) -> Iterator[ChunkAnswer]:
    lines = content.split(b"\n")
    for number in range(0, len(lines) - 1, 2):
        head = _heads.decode(lines[number])
        body = lines[number + 1]
        _check_ranges(head.rows)
        size = sum(stop - start for start, stop in head.rows)
        value = msgspec.json.decode(body)
        succeeded = head.status == SUCCESS
        if (type(value) is not list or len(value) != size) if succeeded else type(value) is not dict:
            raise ValueError("an answer has not one output a row")
        yield ChunkAnswer(
            ranges=head.rows, status=head.status if 100 <= head.status < 1000 else 500, code=head.code[:_MOST_CODE],
            microseconds=max(0, head.us), time_ns=max(0, head.at), body=body, outputs=value if succeeded else [],
            problem={} if succeeded else value, scores=head.scores if succeeded else b"",
        )  # fmt: skip


def _check_ranges(ranges: Sequence[tuple[int, int]]) -> None:
    """Raise ValueError for rows that no chunk has."""
    if not 0 < len(ranges) <= 1 << 20 or any(not 0 <= start < stop <= 1 << 24 for start, stop in ranges):
        raise ValueError("an answer names rows that there are not")


def _damaged(reason: str) -> InvalidInput:
    return InvalidInput(
        f"The answers that the version's program left can't be used: {reason[:200]}.",
        hint="Score again; if that fails alike, look into the job's output.",
    )
