"""Files of apps: what is exported is applied as the same definition."""

from pathlib import Path

import pytest

from unshelf.cli.deploy.app_files import read_app, write_app
from unshelf.client.errors import UnshelfError

DEFINITION = {
    "model": "homes", "title": 'Worth "now"\n\x7f', "text": "", "embed": ["https://a.example.org"],
    "inputs": [{"name": "size", "unit": "m²", "min": 20.0, "choices": None, "open": False, "default": [[1, 2.5]]}, {"name": "__x y"}],
    "hidden": {"city": "Gent", "odd name": {"a": 1}}, "params": {},
    "answer": {"text": "{prediction}", "show": True, "words": [{"below": 0.3, "text": "low"}, {"text": "high"}]},
}  # fmt: skip


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "app.toml"
    file.write_text(write_app("worth", DEFINITION), encoding="utf-8")
    name, definition = read_app(file)
    expected = {
        **DEFINITION,
        "inputs": [{k: v for k, v in each.items() if v is not None} for each in DEFINITION["inputs"]],
    }
    assert (name, definition) == ("worth", expected)


@pytest.mark.parametrize("text", ["name = ", "name = 3", "\udcff"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "app.toml"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UnshelfError):
        read_app(file)
    with pytest.raises(UnshelfError):
        read_app(tmp_path / "absent.toml")
