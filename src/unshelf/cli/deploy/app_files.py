"""Files of apps: a definition as TOML, read and written."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomllib

from unshelf.client.bundling.text_files import read_text
from unshelf.client.errors import InvalidModel, UnshelfError


def read_app(path: Path) -> tuple[str | None, dict[str, Any]]:
    """Return the name in an app's file, if it has one, and the definition. Raises UnshelfError for a file that can't be read."""
    try:
        said = tomllib.loads(read_text(path))
    except InvalidModel as error:
        raise UnshelfError(error.detail, code="unreadable_file", hint=error.hint) from None
    except tomllib.TOMLDecodeError as error:
        raise UnshelfError(
            f"{path} can't be read: {error}.", code="unreadable_file",
            hint="`unshelf apps export NAME` writes such a file.",
        ) from None  # fmt: skip
    name = said.pop("name", None)
    if name is not None and not isinstance(name, str):
        raise UnshelfError(f"{path}: `name` is a text.", code="unreadable_file", hint='Write name = "house-price".')
    return name, said


def write_app(name: str, definition: Mapping[str, Any]) -> str:
    """Write a definition as TOML, with its name. What is null is left out: TOML has no such value."""
    tables = {key: value for key, value in definition.items() if isinstance(value, dict)}
    plain = {"name": name} | {
        key: value for key, value in definition.items() if key not in tables and not _are_tables(value)
    }
    lines = _fields(plain)
    for key, value in definition.items():
        if _are_tables(value):
            for each in value:
                lines += ["", f"[[{key}]]", *_fields(each)]
    for key, value in tables.items():
        lists = {inner: each for inner, each in value.items() if _are_tables(each)}
        lines += ["", f"[{key}]", *_fields({inner: each for inner, each in value.items() if inner not in lists})]
        for inner, items in lists.items():
            for each in items:
                lines += ["", f"[[{key}.{inner}]]", *_fields(each)]
    return "\n".join(lines) + "\n"


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _fields(of: Mapping[str, Any]) -> list[str]:
    return [f"{_text(name)} = {_value(value)}" for name, value in of.items() if value is not None]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_text(name)} = {_value(each)}" for name, each in value.items() if each is not None)
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in value if each is not None)}]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    """A text as TOML has it: as JSON does, and with DEL written by its number."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
