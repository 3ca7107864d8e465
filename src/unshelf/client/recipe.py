"""`unshelf.toml`: what it may say, read and checked, so that a wrong key is met with its line and the nearest right one."""

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from unshelf.client.errors import InvalidModel
from unshelf.contracts.references import NAME_RULE, is_name
from unshelf.contracts.signature import Container

RECIPE_FILE = "unshelf.toml"


@dataclass(frozen=True)
class Key:
    """One key of `unshelf.toml`."""

    types: tuple[type, ...]
    expected: str


_TEXT = Key((str,), "a text")
_WHOLE = Key((int,), "a whole number")
_SECONDS = Key((int, float), "a number of seconds")
_TEXTS = Key((list,), "a list of texts")

KEYS: dict[str, dict[str, Key]] = {
    "model": {
        "name": _TEXT,
        "file": _TEXT,
        "files": _TEXTS,
        "predict": _TEXT,
        "method": _TEXT,
        "input": Key((str,), "one of " + ", ".join(get_args(Container))),
        "description": _TEXT,
        "timeout": _SECONDS,
    },
    "environment": {
        "python": _TEXT,
        "requirements": Key((list, str), "a list of requirements, or the name of a requirements file"),
        "lock": _TEXT,
    },
    "example": {
        "file": _TEXT,
        "inputs": Key((list,), "a list of rows"),
    },
    "resources": {"tier": _TEXT},
    "limits": {"rate": Key((int, float), "a number of requests a second"), "burst": _WHOLE, "concurrency": _WHOLE},
    "batching": {"max_rows": _WHOLE, "max_bytes": _WHOLE, "wait": _SECONDS},
    "scaling": {"min": _WHOLE, "max": _WHOLE, "idle": _SECONDS},
    "recording": {
        "redact": _TEXTS,
        "durability": Key((str,), "memory or disk"),
        "on_failure": Key((str,), "refuse or serve"),
    },
}
"""section → key → what its value is. docs/reference/unshelf-toml.md has a heading for each."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What an `unshelf.toml` says; None or empty where it is silent."""

    name: str | None = None
    file: str | None = None
    files: list[str] | None = None
    predict: str | None = None
    method: str = "predict"
    input: Container | None = None
    description: str = ""
    timeout: float = 30.0
    python: str | None = None
    requirements: list[str] | str | None = None
    lock: str | None = None
    example_file: str | None = None
    example_inputs: list[Any] | None = None
    tier: str = "small"
    scaling_min: int = 0
    scaling_max: int = 1
    scaling_idle: float = 300.0
    limits: dict[str, float] | None = None
    recording: dict[str, Any] | None = None
    batching: dict[str, Any] | None = None


def read_recipe(folder: Path) -> Recipe:
    """The recipe in `folder`. Raises InvalidModel, which names the line where it can."""
    path = folder / RECIPE_FILE
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidModel(
            f"{path} can't be read: {error}.", hint="docs/reference/unshelf-toml.md shows a whole one."
        ) from error
    for section, values in tables.items():
        _check_section(path, text, section, values)
    model = tables.get("model", {})
    if ("file" in model) == ("predict" in model):
        raise InvalidModel(
            f"{path}: [model] needs either `file` (a saved model) or `predict` (your own code).",
            hint='file = "model.skops", or predict = "predict.py:predict".',
        )
    if "name" in model and not is_name(model["name"]):
        raise InvalidModel(
            f"{_at(path, text, 'model', 'name')}: {model['name']!r} can't be a model's name: {NAME_RULE}."
        )
    example = tables.get("example", {})
    if "file" in example and "inputs" in example:
        raise InvalidModel(f"{path}: [example] takes `file` or `inputs`, not both.")
    scaling = tables.get("scaling", {})
    if "burst" in (limits := tables.get("limits", {})) and "rate" not in limits:
        raise InvalidModel(f"{path}: `burst` in [limits] goes with `rate`.")
    for key, value in limits.items():
        if value <= 0:
            raise InvalidModel(f"{_at(path, text, 'limits', key)}: {key} in [limits] is above 0, not {value}.")
    return Recipe(
        **model,
        **tables.get("environment", {}),
        **tables.get("resources", {}),
        limits=limits or None,
        **{f"example_{key}": value for key, value in example.items()},
        **{f"scaling_{key}": value for key, value in scaling.items()},
        recording=tables.get("recording"),
        batching=tables.get("batching"),
    )


def _check_section(path: Path, text: str, section: str, values: Any) -> None:
    if section not in KEYS:
        raise _unknown(_at(path, text, section, None), f"[{section}]", [f"[{name}]" for name in KEYS])
    if not isinstance(values, dict):
        raise InvalidModel(f"{path}: {section} is a section: write [{section}] on a line of its own.")
    for key, value in values.items():
        where = _at(path, text, section, key)
        rule = KEYS[section].get(key)
        if rule is None:
            raise _unknown(where, f"{key!r} in [{section}]", list(KEYS[section]), key)
        wrong = not isinstance(value, rule.types) or isinstance(value, bool)
        if isinstance(value, list) and (section, key) != ("example", "inputs"):
            wrong = wrong or not all(isinstance(entry, str) for entry in value)
        if key == "input" and not wrong:
            wrong = cast(str, value) not in get_args(Container)
        if wrong:
            raise InvalidModel(f"{where}: {key} in [{section}] is {rule.expected}, not {value!r}.")


def _unknown(where: str, what: str, known: list[str], key: str | None = None) -> InvalidModel:
    near = difflib.get_close_matches(key or what, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
    return InvalidModel(f"{where}: {what} is not known.", hint=hint)


def _at(path: Path, text: str, section: str, key: str | None) -> str:
    """`path:line` of a section or of a key in it, as far as a line can be told."""
    here = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([\w.-]+)", line):
            here = header[1].partition(".")[0]
            if key is None and here == section:
                return f"{path}:{number}"
        elif here == section and key is not None and re.match(rf"""\s*["']?{re.escape(key)}["']?\s*[.=]""", line):
            return f"{path}:{number}"
    return str(path)
