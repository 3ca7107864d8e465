"""MLflow model folders: whatever flavor they hold, through MLflow's own `pyfunc`."""

import importlib
import warnings
from pathlib import Path
from typing import Any

from ..errors import CannotLoad
from ..model import SignatureFields
from ..row_wise.estimators import mixing_step, own_code
from ..row_wise.names import METHODS
from ..row_wise.onnx_graph import mixing_node
from ..scores.source import ScoresSource, source_of

_BOOSTERS = frozenset({
    "mlflow.xgboost._XGBModelWrapper", "mlflow.lightgbm._LGBModelWrapper", "mlflow.catboost._CatboostModelWrapper",
})  # fmt: skip
"""MLflow's own classes around boosted trees."""
_PARAMETER_TYPES = {
    "boolean": "boolean", "integer": "integer", "long": "integer", "float": "number", "double": "number", "string": "string",
}  # fmt: skip
_BOUNDS = {"integer": {"min": -(2**31), "max": 2**31 - 1}}
"""Limits of a type that `integer` does not have."""


def load(bundle: Path, loader: dict[str, Any], _signature: SignatureFields | None) -> "PyFunc":
    """`file` is the folder that holds the MLmodel file; absent: the bundle itself."""
    if (loader.get("method") or "predict") != "predict":
        raise CannotLoad(
            f"an MLflow model has no method {loader['method']!r}", hint='MLflow models have one method, "predict".'
        )
    pyfunc = importlib.import_module("mlflow.pyfunc")
    folder = bundle / (loader.get("file") or ".")
    return PyFunc(pyfunc.load_model(str(folder)), folder)


class PyFunc:
    """A loaded pyfunc model."""

    def __init__(self, model: Any, folder: Path) -> None:
        self._model = model
        self._folder = folder

    def predict(self, inputs: Any, /, **parameters: Any) -> Any:
        """Call `predict` of the folder's flavor; MLflow holds the inputs against its own signature too."""
        return self._model.predict(inputs, params=parameters) if parameters else self._model.predict(inputs)

    def declared_parameters(self) -> list[dict[str, Any]]:
        """See TakesParameters: the `params` of the folder's signature."""
        signature = getattr(self._model.metadata, "signature", None)
        described = [_described(each) for each in getattr(signature, "params", None) or ()]
        return [each for each in described if each is not None]

    def scores_source(self, method: str) -> ScoresSource | None:
        """See GivesScores: a method of the estimator of MLflow's scikit-learn flavor."""
        estimator = getattr(getattr(self._model, "_model_impl", None), "sklearn_model", None)
        return None if estimator is None else source_of(estimator, method, answers_by="")

    def mixing_step(self) -> str:
        """See WorksByRow: of the flavors that MLflow's own classes hold, what they hold counts."""
        wrapper = getattr(self._model, "_model_impl", None)
        kind = f"{type(wrapper).__module__}.{type(wrapper).__qualname__}"
        method = getattr(getattr(self._model, "_predict_fn", None), "__name__", "")
        if method not in METHODS:
            return f"the method {method!r}"
        if kind == "mlflow.sklearn._SklearnModelWrapper":
            return mixing_step(wrapper.sklearn_model, method)  # type: ignore[union-attr]  # its class was just seen
        if kind == "mlflow.onnx._OnnxModelWrapper":
            graphs = list(self._folder.rglob("*.onnx"))
            ranks = {node.name: len(node.shape) for node in wrapper.rt.get_inputs()}  # type: ignore[union-attr]
            return mixing_node(graphs[0], ranks) if len(graphs) == 1 else "a graph that was not found"
        return "" if kind in _BOOSTERS else own_code(type(wrapper))


def _described(spec: Any) -> "dict[str, Any] | None":
    """A parameter as MLflow's signature has it; None, with a warning, for one that no request can give: it keeps its default."""
    name = getattr(spec.dtype, "name", "")
    kind = _PARAMETER_TYPES.get(name)
    if kind is None or tuple(spec.shape or (-1,)) != (-1,):
        warnings.warn(
            f"the parameter {spec.name!r} ({spec.dtype}) keeps its default: no request can give it", stacklevel=2
        )
        return None
    default = spec.default.tolist() if hasattr(spec.default, "tolist") else spec.default
    fields = {"name": spec.name, "type": kind if spec.shape is None else f"list[{kind}]", **_BOUNDS.get(name, {})}
    return fields if default is None else {**fields, "default": default}
