"""Description of a model that a framework has saved or recognised: how to load it and what that needs."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from unshelf.contracts.bundle import Loader
from unshelf.contracts.signature import Signature, Tensor

ContainerHint = Literal["columns", "tensors"]
"""Meaning of a two-dimensional array to the model: a table of columns, or a tensor."""


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """A model as files in a bundle.

    `frameworks.save(model, folder, …)` writes its files into `folder`, the root of the bundle to be.
    `from_file(path, folder)` copies nothing: `path` lies inside `folder`, the root of the bundle to be."""

    loader: Loader
    """How to load the model; `file` is relative to the folder."""
    requirements: list[str]
    """Names of the distributions that loading and predicting need, without versions: `scikit-learn`."""
    made_with: dict[str, str] = field(default_factory=dict)
    """The versions of distributions that the model's file says it was made with: `{"scikit-learn": "1.5.2"}`."""
    contains_code: bool = False
    """Whether loading runs code from the bundle."""
    notes: list[str] = field(default_factory=list)
    """Sentences for the person who deploys, e.g. why pickle was used."""
    container_hint: ContainerHint = "columns"
    feature_names: list[str] | None = None
    """The names of the columns, where the model remembers them."""
    tensors: list[Tensor] | None = None
    """The tensors it takes, where its file tells them: their names and types count more than those of an example."""

    def with_tensors(self, tensors: list[Tensor] | None) -> "SavedModel":
        """Return the same with these tensors."""
        return replace(self, tensors=tensors)


@dataclass(frozen=True, kw_only=True)
class FolderModel:
    """A model folder of a foreign format (MLflow's), as it describes itself. Its files are bundled as they are."""

    folder: Path
    loader: Loader
    requirements: list[str]
    """PEP 508 requirements, with versions; empty where there is a file of them."""
    requirements_file: Path | None = None
    library: str
    """The requirement on the library that opens the folder: `mlflow-skinny==3.0.1`."""
    python: str | None = None
    """The Python version it was made with, `3.11` or `3.11.7`, where it says so."""
    signature: Signature | None = None
    example: list[Any] | None = None
    """Rows as in a native predict call."""
    contains_code: bool = True
    notes: list[str] = field(default_factory=list)
