"""MLflow model folders: what their MLmodel file says, in our words. Only YAML and JSON are read."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.saved_model import FolderModel
from unshelf.contracts.bundle import Loader
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors

_COLUMN_TYPES: dict[str, Any] = {
    "boolean": "bool", "integer": "int32", "long": "int64", "float": "float32", "double": "float64", "string": "string",
    "datetime": "datetime", "array": "json", "object": "json", "map": "json", "any": "json",
}  # fmt: skip
_TENSOR_TYPES = frozenset({
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
})  # fmt: skip


def read(folder: Path) -> FolderModel:
    """Return the folder's `python_function` flavor: its requirements, Python version, signature and example. Raises InvalidModel."""
    facts = _yaml(folder / "MLmodel")
    flavor = (facts.get("flavors") or {}).get("python_function")
    if not isinstance(flavor, dict):
        raise InvalidModel(
            f"{folder} has no python_function flavor, so MLflow itself can't call it from Python.",
            hint="Save it with a flavor that has one (mlflow.sklearn, mlflow.pytorch, mlflow.pyfunc …).",
        )
    python, requirements, notes = _environment(folder)
    version = facts.get("mlflow_version")
    file = folder / "requirements.txt"
    signature, note = _signature(facts.get("signature"))
    return FolderModel(
        folder=folder,
        loader=Loader(kind="mlflow", format=str(flavor.get("loader_module", "pyfunc")).removeprefix("mlflow.")),
        requirements=requirements,
        requirements_file=file if file.is_file() else None,
        library=f"mlflow-skinny=={version}" if version else "mlflow-skinny",
        python=python or _version(flavor.get("python_version")),
        signature=signature,
        example=_example(folder, facts, signature),
        notes=[*notes, *note],
    )


def _environment(folder: Path) -> tuple[str | None, list[str], list[str]]:
    """Python version and requirements: of requirements.txt if there is one, else of conda.yaml."""
    python = None
    if (folder / "python_env.yaml").is_file():
        python = _version(_yaml(folder / "python_env.yaml").get("python"))
    conda: list[str] = []
    notes: list[str] = []
    if (folder / "conda.yaml").is_file():
        conda_python, conda, notes = _conda(_yaml(folder / "conda.yaml"))
        python = python or conda_python
    if (folder / "requirements.txt").is_file():
        return python, [], []
    if not conda:
        raise InvalidModel(
            f"{folder} has neither a requirements.txt nor a conda.yaml with packages.",
            hint="MLflow writes them when the model is saved; save it again, or add a requirements.txt.",
        )
    return python, conda, notes


def _conda(facts: dict[str, Any]) -> tuple[str | None, list[str], list[str]]:
    python, lines, left_out = None, [], []
    for entry in facts.get("dependencies") or []:
        if isinstance(entry, dict):
            lines += [str(line) for line in entry.get("pip") or []]
        elif match := re.fullmatch(r"(?:[\w.-]+::)?python\s*=+\s*(\d[\d.]*)(?:=.*)?", str(entry)):
            python = _version(match[1])
        elif _name(str(entry)) not in ("pip", "python"):
            left_out.append(str(entry))
    notes = []
    if left_out:
        notes.append(f"conda's own packages are not installed: {', '.join(left_out)}; name them in requirements.txt.")
    return python, lines, notes


def _signature(facts: Any) -> tuple[Signature | None, list[str]]:
    if not isinstance(facts, dict) or not facts.get("inputs"):
        return None, ["The model has no signature, so an example is needed: unshelf deploy … --example FILE."]
    entries = json.loads(facts["inputs"])
    if all(entry.get("type") == "tensor" for entry in entries):
        return Signature(inputs=Tensors(tensors=[_tensor(entry, len(entries)) for entry in entries])), []
    columns = [_column(entry, place) for place, entry in enumerate(entries)]
    return Signature(inputs=Columns(columns=columns, container="pandas")), []


def _column(entry: dict[str, Any], place: int) -> Column:
    kind = entry.get("type")
    if kind not in _COLUMN_TYPES:
        raise InvalidModel(f"The signature's column {entry.get('name', place)!r} is {kind}, which JSON can't carry.")
    optional = entry.get("required") is False
    # Floats may be missing in MLflow too: NaN is one of their values. Integers may not: the whole column is there or is not.
    nullable = kind in ("float", "double") or (optional and kind not in ("integer", "long"))
    unnamed: dict[str, Any] = {} if "name" in entry else {"label": place}
    objects: dict[str, Any] = (
        {"dtype": "object"} if nullable and kind == "boolean" else {}
    )  # in which MLflow takes None
    return Column(
        name=str(entry.get("name", place)), type=_COLUMN_TYPES[kind], nullable=nullable, optional=optional,
        **unnamed, **objects,
    )  # fmt: skip


def _tensor(entry: dict[str, Any], count: int) -> Tensor:
    spec = entry["tensor-spec"]
    kind: Any = "string" if spec["dtype"] in ("str", "object") else spec["dtype"]
    if kind != "string" and kind not in _TENSOR_TYPES:
        raise InvalidModel(f"The signature's tensor {entry.get('name', '')!r} is {kind}, which no request can hold.")
    name = str(entry.get("name") or "input")
    if count > 1 and "name" not in entry:
        raise InvalidModel(
            "The signature's tensors have no names.", hint="Save the model with a signature that names them."
        )
    return Tensor(name=name, type=kind, shape=[int(size) for size in spec["shape"]])


def _example(folder: Path, facts: dict[str, Any], signature: Signature | None) -> list[Any] | None:
    """Return the rows of the example saved with the model, where it is one that JSON tells whole."""
    info = facts.get("saved_input_example_info")
    if not isinstance(info, dict) or signature is None:
        return None
    path = folder / str(info.get("artifact_path", ""))
    if path.suffix != ".json" or not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        return None
    stored = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(stored, dict):
        for key in ("data", "inputs", "instances"):
            if isinstance(stored.get(key), list):
                rows: list[Any] = stored[key]
                return rows
        return None
    return stored if isinstance(stored, list) else None


def _yaml(path: Path) -> dict[str, Any]:
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidModel(f"{path} can't be read: {error}.") from error
    return value if isinstance(value, dict) else {}


def _version(text: Any) -> str | None:
    match = re.match(r"\d+\.\d+(\.\d+)?", str(text or ""))
    return match[0] if match else None


def _name(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;@(]", requirement.strip(), maxsplit=1)[0].lower().replace("_", "-")
