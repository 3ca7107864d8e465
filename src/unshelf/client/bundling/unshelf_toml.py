"""`unshelf.toml`: read and check it; an error for an unknown key names its line and the nearest known key."""

import difflib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from unshelf.client.bundling.monitoring import read_metrics
from unshelf.client.bundling.text_files import place_in, read_text
from unshelf.client.errors import InvalidModel
from unshelf.client.signatures.written import WrittenSignature, read_signature
from unshelf.contracts.bundle import AnswerForm, ModelTask, NetworkKind
from unshelf.contracts.monitoring.metrics import DeclaredMetric
from unshelf.contracts.network.grants import read_grants
from unshelf.contracts.references import NAME_RULE, is_name
from unshelf.contracts.signature import Container

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECIPE_FILE = "unshelf.toml"


@dataclass(frozen=True)
class TomlKey:
    """One key of `unshelf.toml`."""

    types: tuple[type, ...]
    expected: str


_TEXT = TomlKey((str,), "a text")
_WHOLE = TomlKey((int,), "a whole number")
_SECONDS = TomlKey((int, float), "a number of seconds")
_TEXTS = TomlKey((list,), "a list of texts")
_COLUMN = TomlKey((str,), "the name of a column")

KEYS: dict[str, dict[str, TomlKey]] = {
    "model": {
        "name": _TEXT,
        "project": _TEXT,
        "file": _TEXT,
        "files": _TEXTS,
        "predict": _TEXT,
        "method": _TEXT,
        "input": TomlKey((str,), "one of " + ", ".join(get_args(Container))),
        "output": TomlKey((str,), "one of " + ", ".join(get_args(AnswerForm))),
        "description": _TEXT,
        "timeout": _SECONDS,
    },
    "environment": {
        "name": _TEXT,
        "python": _TEXT,
        "requirements": TomlKey((list, str), "a list of requirements, or the name of a requirements file"),
        "lock": _TEXT,
        "env": TomlKey((dict,), 'a table of texts: { NAME = "value" }'),
    },
    "example": {
        "file": _TEXT,
        "inputs": TomlKey((list,), "a list of rows"),
        "data": _TEXT,
    },
    "baseline": {"file": _TEXT, "data": _TEXT},
    "signature": {
        "inputs": TomlKey((dict,), "a table of columns or tensors: [signature.inputs]"),
        "outputs": TomlKey((dict,), "a table of outputs: [signature.outputs]"),
        "container": TomlKey((str,), "one of " + ", ".join(get_args(Container))),
    },
    "resources": {"tier": _TEXT},
    "network": {"allow": _TEXTS, "access": TomlKey((str,), "one of " + ", ".join(get_args(NetworkKind)))},
    "limits": {"rate": TomlKey((int, float), "a number of requests a second"), "burst": _WHOLE, "concurrency": _WHOLE},
    "batching": {"max_rows": _WHOLE, "max_bytes": _WHOLE, "wait": _SECONDS, "share": TomlKey((bool,), "true or false")},
    "check": {"calls": _WHOLE},
    "scaling": {"min": _WHOLE, "max": _WHOLE, "idle": _SECONDS},
    "parameters": {},
    "recording": {
        "redact": _TEXTS,
        "durability": TomlKey((str,), "memory or disk"),
        "on_failure": TomlKey((str,), "refuse or serve"),
    },
    "monitoring": {
        "prediction": _COLUMN,
        "scores": TomlKey((str,), "the name of an output, or of the model's method, such as predict_proba"),
        **dict.fromkeys(("label", "key", "time", "query"), _COLUMN),
        **dict.fromkeys(("slices", "classes"), _TEXTS),
        "task": TomlKey((str,), "one of " + ", ".join(get_args(ModelTask))),
    },
}
"""section → key → what its value is; no keys: they are names of the maker's own. docs/reference/unshelf-toml.md has a heading for each."""


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """Content of an `unshelf.toml`; None or empty for keys that it does not give."""

    name: str | None = None
    project: str | None = None
    file: str | None = None
    files: list[str] | None = None
    predict: str | None = None
    method: str = "predict"
    input: Container | None = None
    output: AnswerForm | None = None
    description: str = ""
    timeout: float = 30.0
    python: str | None = None
    requirements: list[str] | str | None = None
    lock: str | None = None
    environment: str | None = None
    """The environment of the server that it names."""
    env: dict[str, str] | None = None
    example_file: str | None = None
    example_inputs: list[Any] | None = None
    example_data: str | None = None
    baseline_file: str | None = None
    baseline_data: str | None = None
    signature: WrittenSignature | None = None
    tier: str = "small"
    network_access: NetworkKind | None = None
    network_allow: list[str] | None = None
    scaling_min: int = 0
    scaling_max: int = 1
    scaling_idle: float = 300.0
    limits: dict[str, float] | None = None
    recording: dict[str, Any] | None = None
    batching: dict[str, Any] | None = None
    check: dict[str, Any] | None = None
    monitoring: dict[str, Any] | None = None
    monitors: list[dict[str, Any]] | None = None
    metrics: Sequence[DeclaredMetric] = ()
    parameters: dict[str, Any] | None = None


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file. Raises InvalidModel."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InvalidModel(f"{path.name} can't be read: {error}.") from error


def read_recipe(folder: Path) -> ModelFile:
    """Return the recipe in `folder`. Raises InvalidModel, which names the line where it can."""
    path = folder / RECIPE_FILE
    text, tables = _checked(path)
    model = tables.get("model", {})
    if ("file" in model) == ("predict" in model):
        raise InvalidModel(
            f"{path}: [model] needs either `file` (a saved model) or `predict` (your own code).",
            hint='Write `file = "model.skops"`, or `predict = "predict.py:predict"`.',
        )
    if "name" in model and not is_name(model["name"]):
        raise InvalidModel(
            f"{place_in(path, text, 'model', 'name')}: {model['name']!r} can't be a model's name: {NAME_RULE}."
        )
    example = tables.get("example", {})
    if "file" in example and "inputs" in example:
        raise InvalidModel(f"{path}: [example] takes `file` or `inputs`, not both.")
    baseline = tables.get("baseline", {})
    if len(example) > 1 or len(baseline) > 1:
        raise InvalidModel(f"{path}: [example] and [baseline] take one key each.", hint="Leave one of them out.")
    scaling = tables.get("scaling", {})
    if "burst" in (limits := tables.get("limits", {})) and "rate" not in limits:
        raise InvalidModel(f"{path}: `burst` in [limits] goes with `rate`.")
    for key, value in limits.items():
        if value <= 0:
            raise InvalidModel(f"{place_in(path, text, 'limits', key)}: {key} in [limits] is above 0, not {value}.")
    _check_network(path, text, tables.get("network", {}))
    return ModelFile(
        **model,
        **_environment(path, tables.get("environment", {})),
        **tables.get("resources", {}),
        limits=limits or None,
        signature=_signature(path, text, tables.get("signature")),
        **{f"example_{key}": value for key, value in example.items()},
        **{f"baseline_{key}": value for key, value in baseline.items()},
        **{f"scaling_{key}": value for key, value in scaling.items()},
        **{f"network_{key}": value for key, value in tables.get("network", {}).items()},
        recording=tables.get("recording"),
        batching=tables.get("batching"),
        check=tables.get("check"),
        monitoring=tables.get("monitoring"),
        monitors=tables.get("monitors"),
        metrics=read_metrics(path, text, tables.get("metrics", [])),
        parameters=tables.get("parameters"),
    )


def read_environment(folder: Path) -> dict[str, Any]:
    """Return what `[environment]` and `[resources]` of the recipe in `folder` say, as fields of ModelFile: for programs that are no
    model. Raises InvalidModel."""
    path = folder / RECIPE_FILE
    _, tables = _checked(path)
    return {**_environment(path, tables.get("environment", {})), **tables.get("resources", {})}


def _checked(path: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of a recipe and its tables, whose keys are known. Raises InvalidModel."""
    try:
        text = read_text(path)
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidModel(
            f"{path} can't be read: {error}.", hint="docs/reference/unshelf-toml.md shows a whole one."
        ) from error
    for section, values in tables.items():
        _check_section(path, text, section, values)
    return text, tables


def _check_network(path: Path, text: str, network: dict[str, Any]) -> None:
    where = place_in(path, text, "network", "allow")
    if network.get("allow") and network.get("access") == "full":
        raise InvalidModel(
            f"{where}: access in [network] is full, so there is nothing to allow.", hint="Leave one of them out."
        )
    try:
        read_grants(network.get("allow", []))
    except ValueError as error:
        raise InvalidModel(f"{where}: allow in [network]: {error}.") from None


def _signature(path: Path, text: str, words: dict[str, Any] | None) -> WrittenSignature | None:
    if words is None:
        return None
    try:
        return read_signature(words)
    except InvalidModel as error:
        place = error.detail.partition(":")[0].split(".", 2)
        where = _at_field(path, text, *place[1:]) if len(place) == 3 else place_in(path, text, "signature")
        raise InvalidModel(f"{where}: {error.detail}", hint=error.hint) from error


def _check_section(path: Path, text: str, section: str, values: Any) -> None:
    if section in ("monitors", "metrics"):
        if not isinstance(values, list) or not all(isinstance(each, dict) for each in values):
            where = place_in(path, text, section)
            raise InvalidModel(f"{where}: {section} are a list: write [[{section}]] above each of them.")
        return  # each is read with the bundle
    if section not in KEYS:
        raise _unknown(
            place_in(path, text, section),
            f"[{section}]",
            [*(f"[{name}]" for name in KEYS), "[[monitors]]", "[[metrics]]"],
        )
    if not isinstance(values, dict):
        raise InvalidModel(f"{path}: {section} is a section: write [{section}] on a line of its own.")
    if not KEYS[section]:
        return
    for key, value in values.items():
        where = place_in(path, text, section, key)
        rule = KEYS[section].get(key)
        if rule is None:
            raise _unknown(where, f"{key!r} in [{section}]", list(KEYS[section]), key)
        wrong = not isinstance(value, rule.types) or (isinstance(value, bool) and bool not in rule.types)
        if isinstance(value, list) and (section, key) != ("example", "inputs"):
            wrong = wrong or not all(isinstance(entry, str) for entry in value)
        if key == "env" and not wrong:
            wrong = not all(isinstance(entry, str) for entry in value.values())
        if key in ("input", "container") and not wrong:
            wrong = cast(str, value) not in get_args(Container)
        if (section, key) == ("model", "output") and not wrong:
            wrong = cast(str, value) not in get_args(AnswerForm)
        if (section, key) == ("monitoring", "task") and not wrong:
            wrong = cast(str, value) not in get_args(ModelTask)
        if (section, key) == ("network", "access") and not wrong:
            wrong = cast(str, value) not in get_args(NetworkKind)
        if wrong:
            raise InvalidModel(f"{where}: {key} in [{section}] is {rule.expected}, not {value!r}.")


def _environment(path: Path, section: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of [environment]. Raises InvalidModel where it names an environment and says what is in it, too."""
    others = section.keys() & {"python", "requirements", "lock"}
    if "name" in section and others:
        raise InvalidModel(
            f"{path}: [environment] names an environment of the server, and gives {', '.join(sorted(others))}, too.",
            hint="Leave one of them out. `unshelf environments add` adds packages to an environment.",
        )
    return {"environment" if key == "name" else key: value for key, value in section.items()}


def _unknown(where: str, what: str, known: list[str], key: str | None = None) -> InvalidModel:
    near = difflib.get_close_matches(key or what, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
    return InvalidModel(f"{where}: {what} is not known.", hint=hint)


def _at_field(path: Path, text: str, side: str, name: str) -> str:
    """Return `path:line` of a column or tensor of the signature; `path` alone when the line can't be found."""
    own = rf"""["']?{re.escape(name)}["']?\s*"""
    here = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            here = header[1]
            if re.fullmatch(rf"signature\.{side}\.{own}", here):
                return f"{path}:{number}"
        elif here == f"signature.{side}" and re.match(rf"\s*{own}[.=]", line):
            return f"{path}:{number}"
    return str(path)
