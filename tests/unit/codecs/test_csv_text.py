"""CSV bodies: the first line names the columns, and what is written is read again."""

import pytest

from unshelf.codecs.body import Undecodable
from unshelf.codecs.csv_text import read_request, write_request


def test_fields_are_read_under_the_names_of_the_first_line() -> None:
    body = read_request(b'\xef\xbb\xbfage,name\r\n3,"a,b\nc"\r\n,\r\n')
    assert (body.names, body.rows) == (["age", "name"], [["3", "a,b\nc"], ["", ""]])


def test_empty_lines_are_rows_only_where_there_is_one_column() -> None:
    assert read_request(b"a\n1\n\n2\n").rows == [["1"], [""], ["2"]]
    assert read_request(b"a,b\n1,2\n\n").rows == [["1", "2"]]


@pytest.mark.parametrize("body", [b"", b"\n1,2\n"])
def test_a_body_without_names_can_not_be_read(body: bytes) -> None:
    with pytest.raises(Undecodable):
        read_request(body)


def test_what_is_written_is_read_again() -> None:
    body = read_request(b'a,b\n1,"x ""y"", z"\n')
    again = read_request(write_request(body))
    assert (again.names, again.rows) == (body.names, body.rows)
