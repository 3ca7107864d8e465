"""Heads of responses: a value that would end its line writes nothing."""

import re

import pytest

from unshelf.gateway.http.response_head import BadHeader, encode_head, encode_ok, has_body


def test_a_head_has_status_headers_framing_date_and_end() -> None:
    head = encode_head(404, [("x-a", "1"), ("x-b", "é")], framing="content-length: 2\r\n", close=True)
    assert re.fullmatch(
        rb"HTTP/1\.1 404 Not Found\r\nx-a: 1\r\nx-b: \xe9\r\ncontent-length: 2\r\ndate: [^\r\n]+ GMT\r\n"
        rb"connection: close\r\n\r\n",
        head,
    )


def test_a_status_without_a_phrase_has_its_number() -> None:
    assert encode_head(499, [], framing="", close=False).startswith(b"HTTP/1.1 499 \r\n")


@pytest.mark.parametrize("value", ["a\r\nset-cookie: b", "a\nb", "a\rb", "\u2603"])
def test_a_value_that_can_not_be_a_line_is_refused(value: str) -> None:
    with pytest.raises(BadHeader):
        encode_head(200, [("x-a", value)], framing="", close=False)


def test_a_whole_answer_says_how_long_its_body_is() -> None:
    answer = encode_ok(b"x-a: 1\r\n", b"body", close=False)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 4\r\ndate: ")
    assert answer.endswith(b" GMT\r\n\r\nbody")


def test_some_answers_have_no_body() -> None:
    assert [has_body("GET", 200), has_body("HEAD", 200), has_body("GET", 204), has_body("POST", 304)] == [
        True, False, False, False,
    ]  # fmt: skip
