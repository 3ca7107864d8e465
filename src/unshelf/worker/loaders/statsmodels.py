"""statsmodels: fitted results; a forecast is asked by its number of steps, or by the regressors of the steps."""

import pickle
from pathlib import Path
from typing import Any

from ..errors import CannotLoad, RequestRefused, invalid
from ..inputs.columns import shown
from ..model import SignatureFields

_HOW = 'Ask for a forecast with one row, {"steps": 12}; with external regressors, with their values, a row a step.'
_MOST_STEPS = 1_000_000
_OWN = "a fitted result of statsmodels"


def load(bundle: Path, loader: "dict[str, Any]", _signature: "SignatureFields | None") -> "Results":
    """A pickle of results, and the method that answers."""
    with (bundle / loader["file"]).open("rb") as file:
        results = pickle.load(file)
    method = loader.get("method", "predict")
    if not callable(getattr(results, method, None)):
        raise CannotLoad(
            f"a {type(results).__name__} has no method {method!r}",
            hint='Regressions have "predict", time series "forecast".',
        )
    return Results(results, method)


class Results:
    """Fitted results."""

    def __init__(self, results: Any, method: str) -> None:
        self._results = results
        self._method = method
        model = getattr(results, "model", None)
        self._has_regressors = getattr(model, "exog", None) is not None

    def predict(self, inputs: Any) -> Any:
        """Predictions for rows, or the forecast of some steps; see LoadedModel."""
        answer = getattr(self._results, self._method)
        if self._method != "forecast":
            return answer(inputs)
        if self._has_regressors:
            return answer(len(inputs), exog=inputs)
        return answer(_steps(inputs))

    def mixing_step(self) -> str:
        """See WorksByRow."""
        return _OWN


def _steps(inputs: Any) -> int:
    """The number of steps that the inputs ask for. Raises RequestRefused (422)."""
    if hasattr(inputs, "columns"):
        inputs = inputs.to_numpy() if hasattr(inputs, "to_numpy") else inputs.rows()
    values = (
        inputs.tolist() if hasattr(inputs, "tolist") else list(inputs.values()) if isinstance(inputs, dict) else inputs
    )
    while isinstance(values, (list, tuple, dict)):
        if len(values) != 1:
            raise _refused(f"{len(values)} values")
        values = next(iter(values.values() if isinstance(values, dict) else values))
    if isinstance(values, bool) or not isinstance(values, (int, float)) or not 1 <= values <= _MOST_STEPS:
        raise _refused(shown(values))
    if values != int(values):
        raise _refused(shown(values))
    return int(values)


def _refused(got: str) -> RequestRefused:
    expected = f"one integer from 1 to {_MOST_STEPS}"
    fault = {"row": 0, "column": "steps", "expected": expected, "got": got}
    return invalid(f"The input `steps` must be {expected}, got {got}.", hint=_HOW, errors=[fault])
