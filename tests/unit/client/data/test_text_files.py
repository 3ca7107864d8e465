"""Text files of every encoding: UTF-8 is read, any other is refused by its name."""

import codecs

import pytest

from unshelf.client.data.text_files import read_utf8
from unshelf.client.errors import InvalidModel


def test_utf_8_with_and_without_a_mark() -> None:
    assert read_utf8("é".encode()) == read_utf8("é".encode("utf-8-sig")) == "é"
    assert read_utf8(b"") == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("a,b".encode("utf-16"), "UTF-16"),
        (codecs.BOM_UTF16_BE + "a".encode("utf-16-be"), "UTF-16"),
        ("a,b".encode("utf-32"), "UTF-32"),
        ("a,b".encode("utf-16-le"), "zero bytes"),
        ("a\nné".encode("latin-1"), "line 2 has the byte 0xe9"),
    ],
)
def test_another_encoding_is_refused_by_its_name(data: bytes, said: str) -> None:
    with pytest.raises(InvalidModel, match=said) as caught:
        read_utf8(data)
    assert "UTF-8" in caught.value.hint
