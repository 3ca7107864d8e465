"""Text files are read as the editors and shells of every system write them."""

from pathlib import Path

import pytest

from unshelf.client.bundling.text_files import read_ascii_text, read_text
from unshelf.client.errors import InvalidModel

TEXT = "idna==3.6\r\nsix==1.16\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_is_read_with_and_without_its_mark(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT.encode(encoding))
    assert read_text(tmp_path / "a.txt").splitlines() == ["idna==3.6", "six==1.16"]


def test_big_endian_utf_16_with_its_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert read_ascii_text(tmp_path / "a.txt") == ("idna==3.6\nsix==1.16\n", None)


def test_an_old_code_page_is_read_where_only_ascii_counts_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("# für später\nidna==3.6\n".encode("latin-1"))
    text, assumed = read_ascii_text(tmp_path / "a.txt")
    assert (text.splitlines()[1], assumed) == ("idna==3.6", "latin-1")


def test_a_declared_encoding_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("# -*- coding: cp1251 -*-\n# для\nidna==3.6\n".encode("cp1251"))
    assert read_ascii_text(tmp_path / "a.txt")[0].splitlines()[1] == "# для"


def test_other_bytes_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b'[model]\nname = "caf\xe9"\n')
    with pytest.raises(InvalidModel) as refused:
        read_text(tmp_path / "a.toml")
    assert "line 2 has the byte 0xe9" in refused.value.detail
    assert refused.value.hint == "Save the file as UTF-8."


@pytest.mark.parametrize("data", [b"\x00\x01\x02binary\xff", b"idna\x00==3.6"])
def test_what_is_no_text_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(InvalidModel):
        read_ascii_text(tmp_path / "a.txt")
