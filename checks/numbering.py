"""Numbered files: migrations are one chain, and each decision record has a number of its own.

Two branches may each add the next number, and merge without a conflict."""

import re
from collections import Counter
from pathlib import Path

from checks.source import Finding

_REVISION = re.compile(r'^(revision|down_revision)\b.*= "(\w+)"', re.MULTILINE)
_NUMBER = re.compile(r"(\d{4})-")


def check_migrations(folder: Path) -> list[Finding]:
    """Find revisions that two migrations have, and such that two migrations follow."""
    facts = [dict(_REVISION.findall(path.read_text("utf-8"))) for path in sorted(folder.glob("v*.py"))]
    found = []
    for field, message in (
        ("revision", "two migrations have this revision"),
        ("down_revision", "two migrations follow this revision"),
    ):
        counts = Counter(each[field] for each in facts if field in each)
        found += [Finding("numbering", name, message) for name, count in sorted(counts.items()) if count > 1]
    return found


def check_decisions(folder: Path) -> list[Finding]:
    """Find numbers that two decision records have, and numbers that none has."""
    numbers = Counter(int(match[1]) for path in folder.glob("*.md") if (match := _NUMBER.match(path.name)))
    twice = [number for number, count in numbers.items() if count > 1]
    absent = sorted(set(range(1, max(numbers, default=0) + 1)) - numbers.keys())
    return [
        *(Finding("numbering", f"ADR {number}", "two records have this number") for number in sorted(twice)),
        *(Finding("numbering", f"ADR {number}", "no record has this number") for number in absent),
    ]
