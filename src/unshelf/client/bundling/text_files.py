"""Text files as editors and shells of every system write them: with a byte order mark, in UTF-16, in an old code page."""

import codecs
import re
from pathlib import Path

from unshelf.client.errors import InvalidModel

_MARKS = (
    # UTF-32's little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_DECLARED = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""The encoding that a file names in one of its first two lines (PEP 263), as pip reads it."""


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, or in the encoding that its byte order mark tells; line ends as `\\n`.

    Raises InvalidModel, which names the place of what is no such text."""
    text, _ = _decoded(path, _bytes_of(path), fallback=None)
    return text


def read_ascii_text(path: Path) -> tuple[str, str | None]:
    """Return the text of a file whose content that counts is ASCII, and the encoding if that had to be assumed.

    In a requirements file only comments have other letters, so an old code page does no harm. Raises InvalidModel."""
    return _decoded(path, _bytes_of(path), fallback="latin-1")


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidModel(f"{path} can't be read: {error.strerror}.") from error


def _decoded(path: Path, data: bytes, *, fallback: str | None) -> tuple[str, str | None]:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None) or _without_mark(data)
    assumed = None
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        if fallback is None or encoding != "utf-8" or b"\0" in data:
            raise _unreadable(path, data, encoding, error) from error
        text, assumed = data.decode(fallback), fallback
    if "\0" in text:
        raise InvalidModel(f"{path} is no text file: it holds NUL characters.", hint="Save it as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n"), assumed


def _without_mark(data: bytes) -> str:
    """Return the encoding of bytes without a byte order mark: declared in a comment, UTF-16 by its zero bytes, else UTF-8."""
    for line in data.splitlines()[:2]:
        if match := _DECLARED.match(line):
            return match[1].decode("ascii")
    start = data[:200]
    if len(start) >= 4 and len(start) % 2 == 0:
        if not any(start[1::2]) and all(start[::2]):
            return "utf-16-le"
        if not any(start[::2]) and all(start[1::2]):
            return "utf-16-be"
    return "utf-8"


def _unreadable(path: Path, data: bytes, encoding: str, error: Exception) -> InvalidModel:
    if isinstance(error, UnicodeDecodeError):
        line = data.count(b"\n", 0, error.start) + 1
        what = f"line {line} has the byte 0x{data[error.start]:02x}, which is no {encoding.upper()}"
    else:
        what = f"its encoding {encoding!r} is not known"
    return InvalidModel(f"{path} can't be read: {what}.", hint="Save the file as UTF-8.")


def place_in(path: Path, text: str, section: str, key: str | None = None, *, index: int | None = None) -> str:
    """Return `path:line` of a key in a section of a TOML file with this text, else of the section; `path` alone when it has neither.

    `index`: the place of the section among the tables of its name (`[[metrics]]`), from 0; None: any."""
    count, first, is_inside = -1, 0, False
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([\w.-]+)", line):
            count += header[1] == section
            is_inside = header[1].partition(".")[0] == section and index in (None, count)
            if is_inside and key is None:
                return f"{path}:{number}"
            first = first or (number if is_inside else 0)
        elif is_inside and key is not None and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[.=]""", line):
            return f"{path}:{number}"
    return f"{path}:{first}" if first else str(path)
