"""Filters choose in the database exactly what fnmatch chooses in Python."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from unshelf.foundation.access.filters import matches
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase

NAMES = ["iris", "iris-2", "credit-risk", "credit.risk", "a", "b", "ab", "z9", "a-b", "a_b", "x!y", "^", "-", "]"]
PATTERNS = [
    "iris", "iris*", "*", "?", "[ab]", "[!ab]", "[a-c]*", "credit?risk", "credit.risk", "[z-a]", "[!z-a]", "[", "a[", "[]]", "[!]]",
    "a[-_]b", "[^]", "[a-]*", "*-*", "**", "",
]  # fmt: skip


class TablesOfThisTest(DeclarativeBase):
    """Apart from the platform's own tables, which migrations are compared with."""


class NameRow(TablesOfThisTest):
    """Something with a name."""

    __tablename__ = "names_of_a_test"

    name: Mapped[str] = mapped_column(primary_key=True)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("names")
    opened = SqliteDatabase(f"sqlite:///{folder}/test.db")
    NameRow.__table__.create(opened.engine)  # type: ignore[attr-defined]
    with opened.transaction() as session:
        session.add_all(NameRow(name=name) for name in NAMES)
    yield opened
    opened.dispose()


def chosen(database: Database, patterns: list[str] | None, suffix: str = "") -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(NameRow.name).where(matches(NameRow.name, patterns, suffix=suffix))))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_means_what_fnmatch_says(database: Database, pattern: str) -> None:
    assert chosen(database, [pattern]) == {name for name in NAMES if fnmatchcase(name, pattern)}


def test_several_patterns_are_joined_and_none_is_not_all(database: Database) -> None:
    assert chosen(database, ["iris", "z?"]) == {"iris", "z9"}
    assert chosen(database, []) == set()
    assert chosen(database, None) == set(NAMES)


def test_a_suffix_follows_the_name(database: Database) -> None:
    assert chosen(database, ["iris"], suffix="-[0-9]+") == {"iris-2"}
