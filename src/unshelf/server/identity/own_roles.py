"""Tables of names and lists, such as roles of an installation's own, as its operator writes them."""

import json
import tomllib
from pathlib import Path
from typing import Any


def read_own_roles(text: str) -> dict[str, Any]:
    """Read JSON (`{"NAME": ["permission"]}`), or the TOML file that a path names. Raises ValueError; empty: there are none."""
    if not text.strip():
        return {}
    if text.lstrip().startswith("{"):
        try:
            found: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise ValueError(f"this is no JSON: {error}") from None
        return found
    try:
        return tomllib.loads(Path(text).expanduser().read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ValueError(f"{text} can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ValueError(f"{text} is no TOML: {error}") from None
