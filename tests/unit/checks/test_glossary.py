"""Folders and the glossary's rows are held against each other in both directions."""

from pathlib import Path

from checks.glossary import check_glossary
from checks.source import Module

MODULES = [Module("host/fleet/scaling.py", ""), Module("host/main.py", ""), Module("py.py", "")]


def found(page: Path, text: str) -> list[str]:
    page.write_text(text, "utf-8")
    return [f"{finding.subject}: {finding.message}" for finding in check_glossary(MODULES, page)]


def test_each_folder_has_its_row_and_each_row_its_folder(tmp_path: Path) -> None:
    page = tmp_path / "glossary.md"
    rows = "| `host/` | the host |\n| `host/fleet/` | its replicas |\n"
    assert found(page, rows) == []
    assert found(page, rows + "| `gone/` | nothing |\n") == [
        "gone: docs/reference/glossary.md names a folder that is not there"
    ]


def test_a_row_without_a_text_says_nothing(tmp_path: Path) -> None:
    page = tmp_path / "glossary.md"
    assert found(page, "| `host/` | the host |\n| `host/fleet/` |  |\n") == [
        "host/fleet: docs/reference/glossary.md says nothing of this folder"
    ]
