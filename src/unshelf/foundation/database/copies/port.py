"""The port of copies: one state of a database as parts of bytes, and an empty database filled from them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

PART_BYTES = 1 << 18
"""About how large a part is. What did not change between two copies is cut in the same places, and so has the same digests."""

PartReader = Callable[[str], Iterator[bytes]]
"""Gives the parts of a file by its name, in order."""


@dataclass(frozen=True)
class LeftOut:
    """Rows of a copy that are not loaded: those of a table with a value in a column."""

    table: str
    column: str
    value: str


class DatabaseState(Protocol):
    """One state of a database, as long as it is open."""

    @property
    def revision(self) -> str:
        """The revision of its tables."""
        ...

    def files(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield what it is made of: names of files, each with its parts in order. Read the parts of one before the next."""
        ...


class DatabaseCopier(Protocol):
    """Copies a database of one kind. Raises DatabaseUnavailable where it can't be reached."""

    kind: str
    """`sqlite` or `postgresql`: a copy goes back into a database of its kind."""
    is_in_home: bool
    """Whether the database is a file in the home folder, and so goes where that goes."""

    def state(self) -> AbstractContextManager[DatabaseState]:
        """Open the present state; it stays what it is while others write, and nobody waits for it."""
        ...

    def is_empty(self) -> bool:
        """Whether there is nothing yet where a copy would be loaded."""
        ...

    def load(
        self, revision: str, names: list[str], read: PartReader, word: str = "", left_out: LeftOut | None = None
    ) -> None:
        """Fill the empty database, all of it or nothing. `revision`: of the tables of the copy, which `migrating` knows.

        `word`: letters and digits that `word` returns from then on, where the database is not in the home folder.
        `left_out`: rows that it does not get, where the copy has their table: older ones may not."""
        ...

    def word(self) -> str:
        """Return the word that the database was filled with; empty: none, or it is in the home folder."""
        ...
