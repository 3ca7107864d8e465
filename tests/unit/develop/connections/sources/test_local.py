"""Folders that the operator registered: tables below them, and nothing outside."""

from pathlib import Path

import pytest

from unshelf.contracts.errors import NotFound, Unavailable
from unshelf.contracts.protocols.data import ConnectionOrder, DataLimits
from unshelf.develop.connections.sources.local import fetch

LIMITS = DataLimits(seconds=1, memory_bytes=1, threads=1, rows=1, output_bytes=1)


def order(root: Path, path: str, prefix: str = "") -> ConnectionOrder:
    return ConnectionOrder(
        kind="local", settings={"folder": str(root), "prefix": prefix}, credentials={}, path=path,
        rows=None, hosts=[], scratch="", limits=LIMITS
    )  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    (made / "2024" / "q1").mkdir(parents=True)
    for name in ("2024/a.csv", "2024/q1/b.csv", "2024/notes.txt", "2024/.hidden.csv", "c.parquet"):
        (made / name).write_text("x")
    (tmp_path / "outside.csv").write_text("secret")
    (made / "2024" / "link.csv").symlink_to(tmp_path / "outside.csv")
    (made / "up").symlink_to(tmp_path)
    (made / "same.csv").symlink_to(made / "2024" / "a.csv")
    return made


def test_a_file_or_all_tables_of_a_folder_are_found(root: Path) -> None:
    assert list(fetch(order(root, "c.parquet"))) == ["c.parquet"]
    assert list(fetch(order(root, "2024"))) == ["2024/a.csv", "2024/q1/b.csv"]
    assert list(fetch(order(root, "q1/", prefix="2024"))) == ["2024/q1/b.csv"]
    assert list(fetch(order(root, "same.csv"))) == ["2024/a.csv"]


@pytest.mark.parametrize(
    "path", ["2024/link.csv", "up/outside.csv", "up", "absent.csv", "2024/notes.txt", "../outside.csv"]
)
def test_what_leads_outside_or_is_no_table_is_not_found(root: Path, path: str) -> None:
    with pytest.raises(NotFound):
        fetch(order(root, path))


def test_a_folder_that_is_gone_is_told_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        fetch(order(tmp_path / "gone", "a.csv"))
    assert str(tmp_path) not in str(raised.value)
