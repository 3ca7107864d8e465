"""scikit-learn: estimators and pipelines by skops, which holds no code; by pickle where skops can't."""

import importlib
import json
import re
import zipfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks import local_modules, pickles
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.client.frameworks.options import SaveOptions
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.contracts.bundle import Loader

_DATA_PACKAGES = frozenset({"sklearn", "numpy", "scipy", "xgboost", "lightgbm", "catboost"})
_PLAIN_TYPES = frozenset(
    f"builtins.{kind}"
    for kind in (
        "bool",
        "int",
        "float",
        "str",
        "bytes",
        "bytearray",
        "list",
        "tuple",
        "dict",
        "set",
        "frozenset",
        "slice",
    )
)
_DATA_TYPES = _PLAIN_TYPES | {"collections.OrderedDict", "collections.defaultdict"}
"""Types that skops makes from a file without running code of the file's author. Any other type or function that the file
needs marks the bundle as one that contains code."""

_VERSION_IN_STATE = re.compile(r'"_sklearn_version":\s*\{[^{}]*"content":\s*"\\"([\w.+-]+)\\""')


def save(model: Any, folder: Path, wanted: SaveOptions) -> SavedModel:
    """Save by skops, if it is installed and knows every type in the model; else as a pickle, with a note that says why."""
    if find_spec("skops") is None:
        why = "skops is not installed here, so the model was saved as a pickle, which is code: pip install skops"
        return _pickled(model, folder, wanted, why)
    path = folder / "model.skops"
    try:
        types = _write_skops(model, path)
    # skops raises whatever its walk through a foreign object runs into; the note carries it to the person who deploys.
    except Exception as error:
        path.unlink(missing_ok=True)
        why = f"skops can't hold this model ({_brief(error)}), so it was saved as a pickle, which is code"
        return _pickled(model, folder, wanted, why)
    modules = _modules_of_file(path)
    own = [module for module in modules if local_modules.is_local(module)]
    code = local_modules.copy(own, folder)
    saved = _as_skops(path, folder, wanted.method, types)
    return replace(
        saved,
        requirements=distributions_of(
            ["skops", "sklearn", *(each for each in modules if each not in own), *code.imports]
        ),
        feature_names=_feature_names(model),
    )


def from_file(path: Path, folder: Path, *, method: str) -> SavedModel:
    """Read a skops file, whose schema names its types; skops itself would have to import them all."""
    return _as_skops(path, folder, method, [name for name in _types_of_file(path) if name not in _PLAIN_TYPES])


def _as_skops(path: Path, folder: Path, method: str, types: list[str]) -> SavedModel:
    foreign = [name for name in types if name.partition(".")[0] not in _DATA_PACKAGES and name not in _DATA_TYPES]
    notes = [f"The file needs types that skops does not know: {', '.join(foreign)}."] if foreign else []
    return SavedModel(
        loader=Loader(
            kind="sklearn",
            file=path.relative_to(folder).as_posix(),
            format="skops",
            method=method,
            options={"trusted": types} if types else {},
        ),
        requirements=distributions_of(["skops", "sklearn", *_modules_of_file(path)]),
        made_with=_maker_versions(path),
        contains_code=bool(foreign),
        notes=notes,
    )


def _write_skops(model: Any, path: Path) -> list[str]:
    """Write the file, read it back, and return the types in it that skops does not trust by default."""
    skops = importlib.import_module("skops.io")
    skops.dump(model, path)
    types = _untrusted(path)
    if main := [name for name in types if name.startswith("__main__.")]:
        raise InvalidModel(f"{main[0]} is defined in a notebook or script")
    skops.load(path, trusted=types)
    return types


def _untrusted(path: Path) -> list[str]:
    types: list[str] = importlib.import_module("skops.io").get_untrusted_types(file=path)
    return sorted(types)


def _modules_of_file(path: Path) -> list[str]:
    return sorted({name.rpartition(".")[0] for name in _types_of_file(path)})


def _types_of_file(path: Path) -> list[str]:
    """Return every type and function named in a skops file, as `module.name`; skops is not needed to read them."""
    try:
        with zipfile.ZipFile(path) as archive:
            schema = json.loads(archive.read("schema.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InvalidModel(f"{path.name} is no skops file: {_brief(error)}.") from error
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(module := value.get("__module__"), str) and isinstance(name := value.get("__class__"), str):
                found.add(f"{module}.{name}")
            content = value.get("content")
            if isinstance(content, dict) and isinstance(module := content.get("module_path"), str):
                found.add(f"{module}.{content.get('function', '')}")
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return sorted(found)


def _maker_versions(path: Path) -> dict[str, str]:
    """Return the version of scikit-learn that the estimators in a skops file leave in their state."""
    with zipfile.ZipFile(path) as archive:
        found = _VERSION_IN_STATE.search(archive.read("schema.json").decode("utf-8", "replace"))
    return {"scikit-learn": found[1]} if found else {}


def _pickled(model: Any, folder: Path, wanted: SaveOptions, why: str) -> SavedModel:
    written = pickles.write(model, folder)
    return SavedModel(
        loader=Loader(kind="sklearn", file=written.file, format=written.format, method=wanted.method),
        requirements=distributions_of(["sklearn", *written.modules]),
        contains_code=True,
        notes=[f"{why}.", *written.notes],
        feature_names=_feature_names(model),
    )


def _feature_names(model: Any) -> list[str] | None:
    names = getattr(model, "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def _brief(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
