"""Numbered files: a fork in the migrations and a number given twice are found."""

from pathlib import Path

from checks.numbering import check_decisions, check_migrations


def subjects(found: list[object]) -> list[str]:
    return [each.subject for each in found]  # type: ignore[attr-defined]


def migration(folder: Path, revision: str, after: str | None) -> None:
    down = "None" if after is None else f'"{after}"'
    name = f"v{revision}_{len(list(folder.iterdir()))}.py"
    (folder / name).write_text(f'revision = "{revision}"\ndown_revision = {down}\n')


def test_a_chain_is_right_and_a_fork_is_found(tmp_path: Path) -> None:
    migration(tmp_path, "0001", None)
    migration(tmp_path, "0002", "0001")
    assert check_migrations(tmp_path) == []
    migration(tmp_path, "0003", "0001")
    assert subjects([*check_migrations(tmp_path)]) == ["0001"]
    migration(tmp_path, "0003", "0002")
    assert subjects([*check_migrations(tmp_path)]) == ["0003", "0001"]


def test_numbers_of_decisions_are_given_once_and_without_gaps(tmp_path: Path) -> None:
    for name in ("0001-a.md", "0002-b.md", "README.md"):
        (tmp_path / name).touch()
    assert check_decisions(tmp_path) == []
    for name in ("0002-c.md", "0004-d.md"):
        (tmp_path / name).touch()
    assert subjects([*check_decisions(tmp_path)]) == ["ADR 2", "ADR 3"]
