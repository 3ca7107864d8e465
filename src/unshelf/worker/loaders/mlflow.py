"""MLflow model folders: whatever flavor they hold, through MLflow's own `pyfunc`."""

import importlib
from pathlib import Path
from typing import Any

from ..errors import CannotLoad
from ..model import SignatureFields


def load(bundle: Path, loader: dict[str, Any], _signature: SignatureFields | None) -> "PyFunc":
    """`file` is the folder that holds the MLmodel file; absent: the bundle itself."""
    if (loader.get("method") or "predict") != "predict":
        raise CannotLoad(
            f"an MLflow model has no method {loader['method']!r}", hint='MLflow models have one method, "predict".'
        )
    pyfunc = importlib.import_module("mlflow.pyfunc")
    return PyFunc(pyfunc.load_model(str(bundle / (loader.get("file") or "."))))


class PyFunc:
    """A loaded pyfunc model."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, inputs: Any) -> Any:
        """What `predict` of the folder's flavor returns; MLflow holds the inputs against its own signature too."""
        return self._model.predict(inputs)
