"""The glossary names every folder of the source, and no folder that is not there."""

import re
from pathlib import Path, PurePosixPath

from checks.source import Finding, Module

_ROW = re.compile(r"^\| `([^`]+)/` \| (\S.*) \|$", re.MULTILINE)


def check_glossary(modules: list[Module], page: Path) -> list[Finding]:
    """Compare the folders of the modules with the rows of the page; a row needs a text."""
    folders = {str(parent) for module in modules for parent in PurePosixPath(module.path).parents if str(parent) != "."}
    named = {name for name, _ in _ROW.findall(page.read_text("utf-8"))}
    place = f"docs/reference/{page.name}"
    return [
        *(Finding("glossary", folder, f"{place} says nothing of this folder") for folder in sorted(folders - named)),
        *(
            Finding("glossary", folder, f"{place} names a folder that is not there")
            for folder in sorted(named - folders)
        ),
    ]
