"""Paging: pages join to the whole list, whatever the direction of its columns, and a foreign cursor is refused."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from unshelf.contracts.errors import InvalidInput
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import UtcDateTime
from unshelf.foundation.paging import SortKey, encode_cursor, read_page

DAY = datetime(2026, 1, 1, tzinfo=UTC)


class TablesOfThisTest(DeclarativeBase):
    """Apart from the platform's own tables, which migrations are compared with."""


class MomentRow(TablesOfThisTest):
    """Something that was made at a moment."""

    __tablename__ = "moments_of_a_test"

    name: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("moments")
    opened = SqliteDatabase(f"sqlite:///{folder}/test.db")
    MomentRow.__table__.create(opened.engine)  # type: ignore[attr-defined]
    with opened.transaction() as session:  # three moments, each of several rows
        session.add_all(
            MomentRow(name=f"{number:02}", made_at=DAY + timedelta(microseconds=number % 3)) for number in range(11)
        )
    yield opened
    opened.dispose()


@pytest.mark.parametrize("limit", [1, 2, 3, 10, 11, 12])
@pytest.mark.parametrize(("newest_first", "names_down"), [(True, False), (False, False), (True, True), (False, True)])
def test_pages_join_to_the_whole_list(database: Database, limit: int, newest_first: bool, names_down: bool) -> None:
    keys = [SortKey(MomentRow.made_at, descending=newest_first), SortKey(MomentRow.name, descending=names_down)]
    joined: list[str] = []
    cursor: str | None = None
    with database.read() as session:
        (*whole,) = (row.name for row in read_page(session, select(MomentRow), keys, limit=100, cursor=None).items)
        while True:
            page = read_page(session, select(MomentRow), keys, limit=limit, cursor=cursor)
            assert 0 < len(page.items) <= limit
            joined += [row.name for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert joined == whole
    assert sorted(whole) == [f"{number:02}" for number in range(11)]


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "é", "!!!!", encode_cursor(["one"]), encode_cursor(["one", "two", "three"]), encode_cursor([3, "a"]),
        encode_cursor(["no moment", "a"]), encode_cursor(["2026-01-01T00:00:00", "a"]), encode_cursor([DAY, 3]),
        encode_cursor([DAY, "\ud800"]),
        encode_cursor([DAY, "\0"]), encode_cursor(["0001-01-01T00:00:00+14:00", "a"]),
        base64.urlsafe_b64encode(json.dumps({"a": 1}).encode()).decode(), base64.b64encode(b"[" * 900).decode(),
    ],
)  # fmt: skip
def test_a_cursor_of_another_list_is_refused(database: Database, cursor: str) -> None:
    keys = [SortKey(MomentRow.made_at), SortKey(MomentRow.name)]
    with database.read() as session, pytest.raises(InvalidInput, match="does not belong to this list"):
        read_page(session, select(MomentRow), keys, limit=1, cursor=cursor)
