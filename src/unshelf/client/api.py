"""`unshelf.deploy`, `unshelf.predict` and `unshelf.stream`: one call each, with a client of their own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.bundling.monitoring import MetricGiven, monitoring_options
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError
from unshelf.client.progress import PlainProgress
from unshelf.client.results import Deployed
from unshelf.contracts.bundle import AnswerForm


def deploy(
    model: Any, *, name: str | None = None, example: Any = None, baseline: Any = None,
    requirements: Sequence[str] = (), code: Sequence[str | Path] = (), method: str | None = None,
    init: dict[str, Any] | None = None, release: bool | None = None, alias: str | None = None,
    project: str | None = None, tier: str | None = None, network: str | Sequence[str] | None = None, description: str | None = None,
    timeout: float | None = None, recording: dict[str, Any] | None = None, batching: dict[str, Any] | None = None,
    check: dict[str, Any] | None = None, output: AnswerForm | None = None, env: Mapping[str, str] | None = None,
    signature: Mapping[str, Any] | None = None, parameters: Mapping[str, Any] | None = None, python: str | None = None,
    environment: str | None = None, monitoring: Mapping[str, Any] | None = None, scores: str | None = None,
    monitors: Sequence[Mapping[str, Any]] | None = None, metrics: Sequence[MetricGiven] | None = None,
    dry_run: bool = False, progress: bool = True, url: str | None = None, token: str | None = None,
) -> Deployed:  # fmt: skip
    """Deploy a trained model and return when it answers at its address.

    `model`: a trained model, a function or object that predicts, or the path of a folder or model file.
    `name`: the model's name, part of its address; a second deploy of a name makes its version 2.
    `example`: a few rows as the model's method takes them; from it come the signature and the check's prediction.
    `signature`: what it takes and returns, in place of an example or beside it: `{"inputs": {"age": "integer"}}`.
    `baseline`: the training data; it shows which columns may have missing values, and the version keeps its profile. Both may be
    references to data: `data://orders@3`.
    `requirements`: PEP 508 requirements in place of, or beside, the pinned ones that the model is seen to need.
    `code`: files and folders of your own that the model imports, bundled under their own names.
    `method`: the model's method that answers, `predict` unless given (`predict_proba`, `transform` …).
    `init`: for PyTorch, the arguments with which the module's class is made again where it can't be exported.
    `release`: True makes the version live, False only registers it; unless given, a model's first version goes live.
    `alias`: a movable name that points at this version from now on. `project`: the project of a new model, else `default`.
    `tier`: the amount of hardware. `network`: the places that the model's code may connect to, such as `["db.example.org:5432",
    "*.example.org:443"]`, else none; "full": wherever the server can. `timeout`: seconds a prediction may take. `python`: the
    environment's Python version, else the running one's. `environment`: one of the server, taken as it is: `NAME`, `NAME:3`.
    `recording`: how predictions are recorded: `{"redact": ["ssn"], "durability": "disk", "on_failure": "serve"}`, each as it
    is in unshelf.toml. `batching`: what is predicted together: `{"max_rows": 64, "wait": 0.005, "share": True}`.
    `monitoring`: the roles of columns, where they can't be seen: `{"prediction": "class", "key": "order", "slices": ["region"]}`.
    `scores`: "predict_proba" records a classifier's probabilities beside its answer, for monitoring; callers never get them.
    `monitors`: those that the model has while callers get this version: `[{"name": "income-drift", "columns": ["income"]}]`.
    `metrics`: functions of labelled predictions, or tables with one: `[{"metric": lost_margin, "better": "lower"}]`.
    `check`: how much the check may ask of the model: `{"calls": 1}`. `output`: "table" where the answer is one for all rows.
    `parameters`: those of a prediction, each by name as its default or as `{"type": "number", "default": 1.0, "min": 0}`, in place
    of those that the model's own code declares. `env`: variables of the model's programs, no secrets: `{"TZ": "UTC"}`.
    `dry_run`: lock, build and check, and register nothing; `found` of what is returned says what the version would be.
    `progress`: print a line for each step.

    Interrupted (Ctrl-C, a notebook's stop), it cancels the deploy. A `Client`'s `deploy` leaves it running.

    Raises InvalidModel when the model can't be bundled, DeployFailed when a step fails on the server, UnshelfError."""
    options = DeployOptions(
        example=example, baseline=baseline, requirements=requirements, code=code, method=method, init=init, tier=tier, network=network,
        description=description, timeout=timeout, recording=recording, batching=batching, check=check, output=output,
        env=env, signature=signature, parameters=parameters, python=python, environment=environment,
        monitoring=monitoring_options(monitoring, scores=scores), monitors=monitors, metrics=metrics,
    )  # fmt: skip
    with Client(url, token) as client:
        report = PlainProgress() if progress else None
        with _cancelled_by_interrupt(client) as begun:
            deployed = client.deploy(
                model, name=name, options=options, release=release, alias=alias, project=project, report=report,
                dry_run=dry_run, begun=begun,
            )  # fmt: skip
    if progress:
        PlainProgress().close(deployed)
    return deployed


@contextmanager
def _cancelled_by_interrupt(client: Client) -> Iterator[Callable[[str], None]]:
    """Yield what is called with a deploy's id once it has begun; an interrupt cancels that deploy."""
    begun: list[str] = []
    try:
        yield begun.append
    except KeyboardInterrupt:
        with suppress(UnshelfError):  # it is over already, or nobody answers
            for deploy_id in begun:
                client.cancel_deploy(deploy_id)
        raise


def predict(
    ref: str, rows: Any, params: Mapping[str, Any] | None = None, *, url: str | None = None, token: str | None = None
) -> Any:
    """Return a deployed model's predictions: a list with one output per row; for a pyarrow Table, a Table with one column per output.

    `ref`: `NAME`, `NAME:3` or `NAME@alias`. `rows`: a list of rows, a NumPy array, a pandas or polars DataFrame, a dict of
    columns or of tensors, a pyarrow Table; a missing value is None or NaN. `params`: values of the model's parameters,
    by name. Each call opens a connection: use a `Client` for many."""
    with Client(url, token) as client:
        return client.predict(ref, rows, params)


def stream(
    ref: str, rows: Any, params: Mapping[str, Any] | None = None, *, url: str | None = None, token: str | None = None
) -> Iterator[Any]:
    """Yield the outputs of a streaming model as they come; for any other model, yield all of them at once.

    `ref`, `rows` and `params`: as for `predict`. Leaving the loop early ends the prediction."""
    with Client(url, token) as client, client.stream(ref, rows, params) as outputs:
        yield from outputs
