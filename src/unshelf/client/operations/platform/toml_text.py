"""Platform files as TOML."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from unshelf.client.bundling.text_files import read_text
from unshelf.client.errors import InvalidModel
from unshelf.client.operations.platform.checking import Document, Place
from unshelf.contracts.errors import UnshelfError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


_LINES = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f]*[^\"\x00-\x08\x0b-\x1f\x7f]")
"""Texts that are written as lines: without control characters, and not ending in a quote."""


def read_document(path: Path) -> dict[str, Any]:
    """Read a file. Raises UnshelfError, which names the line that is wrong."""
    try:
        return tomllib.loads(read_text(path))
    except InvalidModel as error:
        raise UnshelfError(error.detail, code="invalid_input", hint=error.hint) from None
    except ValueError as error:
        raise UnshelfError(f"{path} is no TOML: {error}.", code="invalid_input") from None


def places_in(path: Path, document: dict[str, Any]) -> Place:
    """Return a function that says in which line of its file a thing, or a field of it, stands."""
    lines = read_text(path).split("\n")

    def place(kind: str, index: int, field: str) -> str:
        heads = _found(rf"\s*\[\[?\s*\"?{re.escape(kind)}\"?\s*\]\]?", lines, 0, len(lines))
        items = document.get(kind)
        if not heads or (isinstance(items, list) and len(heads) != len(items)):
            return f"{path}, {kind} number {index + 1}"  # a text holds what looks like a table: no line is surely right
        head = heads[index]
        end = next(iter(_found(r"\s*\[\[?[^\]]*\]", lines, head + 1, len(lines))), len(lines))
        fields = _found(rf"\s*\"?{re.escape(field)}\"?\s*=", lines, head + 1, end) if field else []
        return f"{path}, line {(fields[0] if fields else head) + 1}"

    return place


def written(document: Document) -> str:
    """Write it: a table a thing, in an order that does not change."""
    tables = []
    for kind, items in document.items():
        for item in items:
            lines = [f"[[{kind}]]", *(f"{name} = {_value(value)}" for name, value in item.items())]
            tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


def _found(pattern: str, lines: list[str], start: int, end: int) -> list[int]:
    return [number for number in range(start, end) if re.match(pattern, lines[number])]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        inside = ", ".join(
            f"{json.dumps(str(name))} = {_value(each)}" for name, each in sorted(value.items()) if each is not None
        )
        return f"{{{inside}}}"
    if isinstance(value, str) and "\n" in value and _LINES.fullmatch(value):
        return '"""\n' + value.replace("\\", "\\\\").replace('"""', '""\\"') + '"""'
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
