"""The program of a job that is a function: sent with the function's code, it calls it and keeps the value that it returns.

Standard library only, for it runs in whatever environment the job has; the SDK reads and writes values with the same functions.
A value is a folder: `value.json` says of what it is made, tables are Parquet beside it, arrays `.npy`, files are as they were.
Nothing is pickled, so that reading a stranger's value runs none of the stranger's code."""

import importlib
import importlib.util
import inspect
import json
import math
import os
import shutil
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

VALUE = "value"
"""The folder of the value in a job's outputs."""
FACTS = "value.json"
PROGRAM = "unshelf_call.py"
"""The name under which this file is sent."""
ARGUMENTS = "unshelf_arguments"
"""The folder of arguments in the code that is sent."""
_USABLE = "numbers, texts, lists, dicts, pandas and polars data frames, pyarrow tables, NumPy arrays, and files as pathlib.Path"
_MOST_RESULTS = 1 << 20


class NoValue(TypeError):
    """A value can't be kept; the text says what to return instead."""


def write_value(value: Any, folder: Path) -> None:
    """Write a value into a new folder. Raises NoValue for what has no safe form."""
    folder.mkdir(parents=True)
    facts = _Writer(folder).node(value, "the value")
    (folder / FACTS).write_text(json.dumps(facts))


def read_value(folder: Path, at: Sequence[str | int] = ()) -> Any:
    """Read a value that was written into a folder, or the part of it at some keys and positions; files are given as paths below it.

    Raises ValueError for a folder that holds none, KeyError or IndexError for a part that it has not."""
    try:
        facts = json.loads((folder / FACTS).read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{folder} holds no value: {error}") from None
    for key in at:
        facts = _part(facts, key)
    return _read(facts, folder)


def plain_value(facts: Mapping[str, Any]) -> Any:
    """Return a value that is JSON as a whole; None: it is not."""
    return facts.get("value") if facts.get("kind") == "json" else None


class _Writer:
    """Writes the parts of one value."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts = 0

    def node(self, value: Any, what: str) -> dict[str, Any]:
        kind = f"{type(value).__module__.partition('.')[0]}.{type(value).__name__}"
        if (
            type(value).__module__.partition(".")[0] == "numpy"
            and hasattr(value, "item")
            and not hasattr(value, "__len__")
        ):
            value = value.item()
        if value is None or isinstance(value, bool | int | float | str):
            return {"kind": "json", "value": value}
        if isinstance(value, list | tuple):
            return self._sequence(value, what)
        if isinstance(value, Mapping):
            return self._mapping(value, what)
        if isinstance(value, os.PathLike):
            return self._path(Path(value), what)
        if kind == "numpy.ndarray":
            return self._array(value, what)
        if kind in ("pandas.DataFrame", "polars.DataFrame", "pyarrow.Table"):
            return self._table(value, kind.partition(".")[0], what)
        raise NoValue(
            f"{what} is a {type(value).__module__}.{type(value).__qualname__}, which has no safe form. Possible are {_USABLE}. "
            "Write a model into a file, with joblib or skops, and return its path."
        )

    def _sequence(self, value: Sequence[Any], what: str) -> dict[str, Any]:
        items = [self.node(each, f"{what}[{index}]") for index, each in enumerate(value)]
        if type(value) is list and all(each["kind"] == "json" for each in items):
            return {"kind": "json", "value": [each["value"] for each in items]}
        return {"kind": "tuple" if isinstance(value, tuple) else "list", "items": items}

    def _mapping(self, value: Mapping[Any, Any], what: str) -> dict[str, Any]:
        odd = next((key for key in value if not isinstance(key, str)), None)
        if odd is not None:
            raise NoValue(f"{what} has the key {odd!r}; keys are texts.")
        items = {key: self.node(each, f"{what}[{key!r}]") for key, each in value.items()}
        if all(each["kind"] == "json" for each in items.values()):
            return {"kind": "json", "value": {key: each["value"] for key, each in items.items()}}
        return {"kind": "dict", "items": items}

    def _path(self, path: Path, what: str) -> dict[str, Any]:
        if not path.exists():
            raise NoValue(f"{what} is the path {path}, where nothing is.")
        place = f"{self._next()}/{path.resolve().name or 'files'}"
        target = self._folder / place
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            target.parent.mkdir()
            shutil.copyfile(path, target)
        return {"kind": "path", "path": place}

    def _array(self, value: Any, what: str) -> dict[str, Any]:
        file = f"{self._next()}.npy"
        try:
            importlib.import_module("numpy").save(self._folder / file, value, allow_pickle=False)
        except ValueError:
            raise NoValue(f"{what} is an array of Python objects; give it a type of numbers or texts.") from None
        return {"kind": "array", "file": file}

    def _table(self, value: Any, library: str, what: str) -> dict[str, Any]:
        file = f"{self._next()}.parquet"
        try:
            if library == "pandas":
                value.to_parquet(self._folder / file)
            elif library == "polars":
                value.write_parquet(self._folder / file)
            else:
                importlib.import_module("pyarrow.parquet").write_table(value, self._folder / file)
        except ImportError:
            raise NoValue(f"{what} is a data frame, and to keep it the environment needs pyarrow.") from None
        except (TypeError, ValueError, ArithmeticError) as error:
            raise NoValue(f"{what} is a data frame that Parquet can't hold: {error}") from None
        return {"kind": "table", "file": file, "library": library}

    def _next(self) -> int:
        self._parts += 1
        return self._parts


def _part(facts: Any, key: str | int) -> Any:
    """Return the facts of a part."""
    if facts["kind"] == "json":
        return {"kind": "json", "value": facts["value"][key]}
    if facts["kind"] in ("list", "tuple", "dict"):
        return facts["items"][key]
    raise KeyError(key)


def _read(facts: Any, folder: Path) -> Any:
    kind = facts["kind"]
    if kind == "json":
        return facts["value"]
    if kind in ("list", "tuple"):
        items = [_read(each, folder) for each in facts["items"]]
        return tuple(items) if kind == "tuple" else items
    if kind == "dict":
        return {key: _read(each, folder) for key, each in facts["items"].items()}
    if kind == "path":
        return _inside(folder, facts["path"])
    if kind == "array":
        return importlib.import_module("numpy").load(_inside(folder, facts["file"]), allow_pickle=False)
    if kind == "table":
        return _read_table(_inside(folder, facts["file"]), facts["library"])
    raise ValueError(f"the value has a part of the kind {kind!r}, which is not known here")


def _read_table(path: Path, library: str) -> Any:
    """Read a table as the library has it that it was written by; as a pyarrow Table where that is not installed."""
    if library == "polars" and importlib.util.find_spec("polars") is not None:
        return importlib.import_module("polars").read_parquet(path)
    if library == "pandas" and importlib.util.find_spec("pandas") is not None:
        return importlib.import_module("pandas").read_parquet(path)
    return importlib.import_module("pyarrow.parquet").read_table(path)


def _inside(folder: Path, place: str) -> Path:
    path = folder / place
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"the value has a part at {place!r}, which leads out of its folder")
    return path


def find_function(file: Path, name: str) -> Callable[..., Any]:
    """Import a file as scripts and packages are imported, and return its function as it was written, without our decorators."""
    root, parts = file.resolve().parent, [file.stem]
    while (root / "__init__.py").exists():
        root, parts = root.parent, [root.name, *parts]
    sys.path.insert(0, str(root))
    written = getattr(importlib.import_module(".".join(parts)), name, None)
    function: Callable[..., Any] | None = getattr(written, "__wrapped__", written)
    if not callable(function):
        raise SystemExit(f"{file.name} has no function {name!r}.")
    return function


def call_in_job(target: str, given: Mapping[str, Any]) -> None:
    """Call `FILE:FUNCTION` with the job's parameters and with what `given` leads to, and leave its value and results."""
    file, _, name = target.partition(":")
    here = Path(__file__).resolve().parent
    _have_unshelf()
    function = find_function(here / file, name)
    arguments: dict[str, Any] = json.loads(Path(os.environ["UNSHELF_PARAMETERS"]).read_text())
    for argument, value in given.get("values", {}).items():
        found = Path(os.environ[value["variable"]])
        arguments[argument] = read_value(found if found.is_dir() else found.parent, value["at"])
    for argument, variable in given.get("paths", {}).items():
        arguments[argument] = Path(os.environ[variable])
    for argument in given.get("sent", []):
        arguments[argument] = read_value(here / ARGUMENTS / argument)
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise SystemExit(f"{target} can't be called so: {error}.") from None
    value = function(**arguments)
    outputs = Path(os.environ["UNSHELF_OUTPUTS"])
    try:
        write_value(value, outputs / VALUE)
    except NoValue as error:
        raise SystemExit(f"{target} returned no value that can be kept: {error}") from None
    _leave_results(json.loads((outputs / VALUE / FACTS).read_text()), Path(os.environ["UNSHELF_RESULTS"]))


def _leave_results(facts: Mapping[str, Any], target: Path) -> None:
    """Show a plain value among the job's results, unless the function left results itself."""
    value = plain_value(facts)
    if value is None or target.exists():
        return
    text = json.dumps(_finite(value if isinstance(value, dict) else {VALUE: value}))
    if len(text) < _MOST_RESULTS:
        target.write_text(text)


def _finite(value: Any) -> Any:
    """Return a value as JSON can have it: what is no number is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list) else value


def _have_unshelf() -> None:
    """Where the environment lacks the SDK, have its decorators do nothing: the code that uses them imports it."""
    if importlib.util.find_spec("unshelf") is not None:
        return
    module: Any = types.ModuleType("unshelf")

    def decorator(function: Any = None, **_options: Any) -> Any:
        return (lambda decorated: decorated) if function is None else function

    def job_parameters(**defaults: Any) -> dict[str, Any]:
        return {**defaults, **json.loads(Path(os.environ["UNSHELF_PARAMETERS"]).read_text())}

    def job_result(results: Mapping[str, Any]) -> None:
        target = Path(os.environ["UNSHELF_RESULTS"])
        before = json.loads(target.read_text()) if target.exists() else {}
        target.write_text(json.dumps({**before, **results}))

    module.job = module.step = module.pipeline = decorator
    module.job_parameters, module.job_result = job_parameters, job_result
    module.steps = types.ModuleType("unshelf.steps")
    sys.modules["unshelf"] = module


if __name__ == "__main__":
    call_in_job(sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {})
