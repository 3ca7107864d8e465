"""What every wing stands on: the database that a setting chooses."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from unshelf.foundation.database.engine import DatabaseUnavailable
from unshelf.server.wiring.base import link_address, open_database


def test_a_database_is_opened_with_this_release_s_tables(tmp_path: Path) -> None:
    database = open_database("sqlite:///own.db", tmp_path)
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM models")) == 0
    database.dispose()
    assert (tmp_path / "own.db").exists()


def test_a_database_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        open_database("sqlite:///nowhere/own.db", tmp_path)


@pytest.mark.parametrize(
    ("public", "listens", "expected"),
    [
        ("https://models.example.org/", "http://127.0.0.1:8000", "https://models.example.org"),
        ("", "http://127.0.0.1:8000\n", "http://127.0.0.1:8000"), ("", None, ""),
    ],
)  # fmt: skip
def test_links_begin_with_the_public_address_else_with_that_the_server_listens_on(
    tmp_path: Path, public: str, listens: str | None, expected: str
) -> None:
    address = tmp_path / "address"
    if listens is not None:
        address.write_text(listens)
    base: Any = SimpleNamespace(config=SimpleNamespace(public_url=public), home=SimpleNamespace(address=address))
    assert link_address(base) == expected
