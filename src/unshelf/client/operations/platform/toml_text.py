"""Platform files as TOML."""

import json
import sys
from pathlib import Path
from typing import Any

from unshelf.client.operations.platform.plan import Document
from unshelf.contracts.errors import UnshelfError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_document(path: Path) -> dict[str, Any]:
    """Read a file. Raises UnshelfError, which names the line that is wrong."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnshelfError(f"{path} can't be read: {error.strerror or error}.", code="invalid_input") from None
    except ValueError as error:
        raise UnshelfError(f"{path} is no TOML: {error}.", code="invalid_input") from None


def written(document: Document) -> str:
    """Write it: a table a thing, in an order that does not change."""
    tables = []
    for kind, items in document.items():
        for item in items:
            lines = [f"[[{kind}]]", *(f"{name} = {_value(value)}" for name, value in item.items())]
            tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        inside = ", ".join(
            f"{json.dumps(str(name))} = {_value(each)}" for name, each in value.items() if each is not None
        )
        return f"{{{inside}}}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
