"""Platform files as TOML."""

from pathlib import Path

import pytest

from unshelf.client.operations.platform.toml_text import places_in, read_document, written
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


@pytest.mark.parametrize(
    "code", ["a\n", "\n", 'a\\n\n"""x"""\n', "a\n'''\n\\", 'a\n"', "a\r\nb\n", "\ta\n\x00", '""""\n', 'a\n""""b']
)
def test_a_text_of_lines_is_written_as_lines_and_read_the_same(tmp_path: Path, code: str) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(written({"metrics": [{"code": code}]}).encode())
    assert read_document(path) == {"metrics": [{"code": code}]}


def test_code_is_readable() -> None:
    assert 'code = """\ndef f():\n    return 1\n"""' in written({"metrics": [{"code": "def f():\n    return 1\n"}]})


def test_what_is_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    with pytest.raises(UnshelfError, match="can't be read"):
        read_document(path)
    path.write_text("[[x")
    with pytest.raises(UnshelfError, match="no TOML"):
        read_document(path)


def test_the_line_of_a_thing_and_of_its_field_is_found(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('# x\n[[projects]]\nname = "a"\n\n[[ projects ]]\nname = "b"\ntitle = "c"\n[[users]]\nname = "d"\n')
    place = places_in(path, read_document(path))
    assert place("projects", 0, "") == f"{path}, line 2"
    assert place("projects", 1, "title") == f"{path}, line 7"
    assert place("projects", 0, "title") == f"{path}, line 2"


def test_no_line_is_named_where_a_text_looks_like_a_table(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text('[[projects]]\nname = "a"\ntitle = """\n[[projects]]\n"""\n')
    assert places_in(path, read_document(path))("projects", 0, "") == f"{path}, projects number 1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_any_editor_is_read_and_its_lines_are_told(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes('# Käse\r\n[[groups]]\r\nname = "a"\r\n'.encode(encoding))
    assert read_document(path) == {"groups": [{"name": "a"}]}
    assert places_in(path, read_document(path))("groups", 0, "name") == f"{path}, line 3"


def test_a_file_of_an_old_code_page_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes('[[groups]]\nname = "Käse"\n'.encode("latin-1"))
    with pytest.raises(UnshelfError, match="line 2") as refused:
        read_document(path)
    assert "UTF-8" in refused.value.hint
