"""Methods for metrics of somebody's own: functions that the platform evaluates on labelled predictions."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from unshelf.client.bundling.monitoring import source_of
from unshelf.client.errors import InvalidInput
from unshelf.client.manage.methods import Methods, model_path


class MetricMethods(Methods):
    """Set, show and remove metrics of a model."""

    def set_metric(
        self, model: str, name: str, metric: Callable[..., float] | str | Path, *, function: str = "", description: str = "",
        better: Literal["higher", "lower", "neither"] = "neither", tier: str = "small", reason: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Set a metric of a model: `metric(truth, prediction, rows)` returns a number, for the labelled predictions of a day or a slice.

        `metric`: a Python file, or a function, of which the source is sent; a function imports inside itself what it needs. `truth` and
        `prediction` are NumPy arrays with a value a row (numbers; of a classifier what it answers), `rows` is a table of the inputs, a
        DataFrame where the version's environment has pandas. A parameter `scores` gets the probabilities, an array of rows × classes, and
        `groups` the number of each row's query. `function`: the one in the file, unless it has the metric's name. `better`: which values
        are better; then a fall raises an alert. Setting it again makes its next version. Raises InvalidInput."""
        if callable(metric):
            code, function = source_of(metric), function or metric.__name__
            if not code:
                raise InvalidInput(
                    f"The source of {metric.__name__!r} can't be found.", hint="Write it to a file, and give its path."
                )
        else:
            code = Path(metric).read_text("utf-8")
        body = {
            "code": code, "function": function or name, "description": description, "better": better, "tier": tier, "reason": reason,
        }  # fmt: skip
        return dict(self._http.send("PUT", _path(model, name), body))

    def metrics(self, model: str) -> list[dict[str, Any]]:
        """Return the metrics of a model with how their evaluation goes: `problem` says why the newest day has no value."""
        return list(self._http.get(f"{model_path(model)}/quality/metrics")["metrics"])

    def metric(self, model: str, name: str) -> dict[str, Any]:
        """Return a metric with the code of all its `versions`, the latest first. Its values are among the measures of `quality`."""
        return dict(self._http.get(_path(model, name)))

    def remove_metric(self, model: str, name: str) -> None:
        """Remove a metric with its values."""
        self._http.send("DELETE", _path(model, name))


def _path(model: str, name: str) -> str:
    return f"{model_path(model)}/quality/metrics/{name}"
