"""Copiers by the name of the database."""

from pathlib import Path

from unshelf.foundation.database.copies.copiers import open_copier


def test_the_setting_chooses(tmp_path: Path) -> None:
    assert open_copier("sqlite:///x.db", tmp_path).kind == "sqlite"
    assert open_copier("postgresql://u:p@127.0.0.1/x", tmp_path).kind == "postgresql"
