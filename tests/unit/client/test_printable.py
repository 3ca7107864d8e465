"""Texts of others: what a terminal would obey, or what turns a line round, is written out."""

import json

import pytest

from unshelf.client.printable import printable, printable_json


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("\x1b[2J", "\\x1b[2J"), ("\x9b31m", "\\x9b31m"), ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\rb", "a\\x0db"), ("\x08\x7f", "\\x08\\x7f"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"), ("a\u2028b\u200bc\ufeff", "a\\u2028b\\u200bc\\ufeff"),
        ("\ud800", "\\ud800"), ("\0", "\\x00"),
        ("a\tb\nc", "a    b\nc"), ("é 漢 😀 \u00a0 ✓ [red]", "é 漢 😀 \u00a0 ✓ [red]"),
    ],
)  # fmt: skip
def test_what_a_terminal_would_obey_is_written_out(text: str, printed: str) -> None:
    assert printable(text) == printed
    assert printable(printed) == printed


def test_json_says_the_same() -> None:
    value = {"a\x9b": ["\u202e", "\x7f", "é", "\x1b"], "b": 1}
    written = printable_json(json.dumps(value, ensure_ascii=False, indent="\t"))
    assert json.loads(written) == value
    assert not set(written) & set("\x9b\u202e\x7f\x1b")
