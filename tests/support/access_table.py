"""The table of who may do what, as docs/reference/access.md has it."""

import re
from pathlib import Path

COLUMNS = (
    "nobody", "user", "other", "viewer", "caller", "contributor", "validator", "approver", "owner", "auditor", "administrator",
    "key elsewhere", "key caller", "key contributor", "key administrator",
)  # fmt: skip
"""Everybody, by their role; `user` has none, `other` owns another project."""
_PAGE = Path(__file__).parents[2] / "docs/reference/access.md"
_LINE = re.compile(r"^\| `([A-Z]+) (/\S+)` \| (.+) \|$", re.MULTILINE)


def access_table() -> dict[tuple[str, str], dict[str, str]]:
    """(verb, path) → column → what happens: `yes`, a status, or `session` (yes with a session, 404 with a token)."""
    found = {}
    for verb, path, cells in _LINE.findall(_PAGE.read_text()):
        values = [cell.strip() for cell in cells.split("|")]
        assert len(values) == len(COLUMNS), f"{verb} {path} has {len(values)} cells instead of {len(COLUMNS)}"
        assert (verb, path) not in found, f"{verb} {path} is there twice"
        found[verb, path] = dict(zip(COLUMNS, values, strict=True))
    return found
