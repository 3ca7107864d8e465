"""Text files as they come from any system: UTF-8, with a byte order mark or without; everything else is refused by its name."""

import codecs

from unshelf.client.errors import InvalidModel

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
"""The longer marks first: UTF-32 begins like UTF-16."""


def read_utf8(data: bytes) -> str:
    """Return the text, without its byte order mark. Raises InvalidModel, which names the encoding that it seems to be in."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            raise _other(f"This is {name}, not UTF-8.")
    if b"\x00" in data[:64]:
        raise _other("This has zero bytes, as UTF-16 without a byte order mark has; it is not UTF-8 text.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _other(
            f"This is not UTF-8: line {line} has the byte 0x{data[error.start]:02x}, as Latin-1 and Windows-1252 write it."
        ) from error


def _other(detail: str) -> InvalidModel:
    return InvalidModel(detail, hint="Save it as UTF-8 (in Excel: “CSV UTF-8”).")
