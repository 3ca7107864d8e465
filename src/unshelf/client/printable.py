"""Texts of others as they may be printed: no character of theirs moves the cursor, recolours, or turns a line round."""

import re

_UNPRINTABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""Control characters of ASCII (but for the line feed) and of Latin-1, those that set the direction of text or have no width, and
halves of surrogate pairs, which can't be written at all."""


def printable(text: str) -> str:
    r"""Return the text with such characters written out: `\x1b`, `\u202e`. Tabs are blanks."""
    return _UNPRINTABLE.sub(_written_out, text)


def printable_json(text: str) -> str:
    """Return JSON, indented or not, that says the same without such characters."""
    return _UNPRINTABLE.sub(lambda found: found[0] if found[0] == "\t" else f"\\u{ord(found[0]):04x}", text)


def _written_out(found: re.Match[str]) -> str:
    number = ord(found[0])
    if found[0] == "\t":
        return "    "
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
