"""`unshelf.steps`: the steps of a pipeline that the platform carries out, with the rights of who runs it."""

from typing import Any

from unshelf.client.errors import UnshelfError
from unshelf.client.pipelines.graph import StepGraph, Value, graph_in_hand


def deploy(
    model: Any, files: Any, *, file: str | None = None, example: str | None = None, alias: str | None = None,
    description: str | None = None, after: Any = None, name: str = "deploy",
) -> Value:  # fmt: skip
    """Deploy files that a step returned, one or a folder, as a new version of a model: a candidate without traffic.

    `file` and `example` name the model file and its example in a folder; unless given, the only file that may be it, and `example.json`.
    The version has the environment of the step. Its value is `{"version": "NAME:3"}`, which `compare`, `approval` and `release` take."""
    known = {
        "model": model,
        "files": files,
        "file": file,
        "example": example,
        "alias": alias,
        "description": description,
    }
    return _graph().add_platform_step("deploy", name, known, after)


def compare(
    candidate: Any, data: Any, *, label: str, current: Any = None, metric: str | None = None, require: str = "nothing",
    tolerance: float = 0.0, output: str | None = None, rows: int | None = None, after: Any = None, name: str = "compare",
) -> Value:  # fmt: skip
    """Ask a candidate and the version that is live (or `current`) for the same held-out rows, and keep the figures of both.

    `data`: a data frame that a step returned, or `data://NAME`; `label`: its column with the truth. `metric`: accuracy, mean_recall, auc,
    brier, r2, mean_absolute_error or root_mean_squared_error; the usual one of the outputs' kind unless given. `require`: `better` or
    `not_worse` (by more than `tolerance`) ends the run as rejected where that is not so. `rows`: the most rows to ask for, 10,000 unless
    given. The value has `better`, `gain`, `candidate` and `current`."""
    known = {
        "candidate": candidate, "data": data, "label": label, "current": current, "metric": metric, "require": require,
        "tolerance": tolerance, "output": output, "rows": rows,
    }  # fmt: skip
    return _graph().add_platform_step("compare", name, known, after)


def approval(
    question: Any, *, about: Any = None, details: Any = None, after: Any = None, name: str = "approval"
) -> Value:
    """Ask those who may release the model (or the project's models) for approval, and wait; a refusal ends the run as rejected.

    `about`: a model or a version; `details`: a value to decide by, such as that of `compare`. The value has `by` and `reason`."""
    known = {"question": question, "about": about, "details": details}
    return _graph().add_platform_step("approval", name, known, after)


def release(version: Any, *, percent: float = 100.0, after: Any = None, name: str = "release") -> Value:
    """Give a version its share of the traffic. The value is `{"version": "NAME:3"}`."""
    return _graph().add_platform_step("release", name, {"version": version, "percent": percent}, after)


def _graph() -> StepGraph:
    graph = graph_in_hand()
    if graph is None:
        raise UnshelfError(
            "The platform's own steps are only there inside of a pipeline.", code="invalid_input",
            hint="Call them in a function with `@unshelf.pipeline`, and run that on a server with `run` or `submit`.",
        )  # fmt: skip
    return graph
