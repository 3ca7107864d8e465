"""Platform files as TOML."""

from pathlib import Path

import pytest

from unshelf.client.operations.platform.toml_text import read_document, written
from unshelf.contracts.errors import UnshelfError


def test_what_is_written_is_read_the_same(tmp_path: Path) -> None:
    document = {
        "projects": [{"name": "a", "title": 'x\n"q" \\ 語 \x7f', "priority": "low"}],
        "support": [{"on": "model:m", "owner": {"kind": "user", "name": "ada"}, "escalate_after": 3}],
        "quotas": [{"cores": 1.5, "restricted": True, "list": ["a", 1], "empty": {}}],
    }
    path = tmp_path / "f.toml"
    path.write_text(written(document), encoding="utf-8")
    assert read_document(path) == document


def test_what_is_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    with pytest.raises(UnshelfError, match="can't be read"):
        read_document(path)
    path.write_text("[[x")
    with pytest.raises(UnshelfError, match="no TOML"):
        read_document(path)
