"""`unshelf.deploy`, `unshelf.predict` and `unshelf.stream`: one call each, with a client of their own."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from unshelf.client.answers import Deployed
from unshelf.client.bundle import Wishes
from unshelf.client.client import Client
from unshelf.client.progress import PlainProgress


def deploy(
    model: Any,
    *,
    name: str | None = None,
    example: Any = None,
    baseline: Any = None,
    requirements: Sequence[str] = (),
    code: Sequence[str | Path] = (),
    method: str | None = None,
    init: dict[str, Any] | None = None,
    release: bool | None = None,
    alias: str | None = None,
    tier: str | None = None,
    description: str | None = None,
    timeout: float | None = None,
    recording: dict[str, Any] | None = None,
    batching: dict[str, Any] | None = None,
    python: str | None = None,
    progress: bool = True,
    url: str | None = None,
    token: str | None = None,
) -> Deployed:
    """Take a trained model off the shelf: returns when it answers at its address.

    `model`: a trained model, a function or object that predicts, or the path of a folder or model file.
    `name`: the model's name, part of its address; a second deploy of a name makes its version 2.
    `example`: a few rows as the model's method takes them; from it come the signature and the check's prediction.
    `baseline`: the training data, which tells of each column whether values may be missing.
    `requirements`: PEP 508 requirements in place of, or beside, the pinned ones that the model is seen to need.
    `code`: files and folders of your own that the model imports, bundled under their own names.
    `method`: the model's method that answers, `predict` unless given (`predict_proba`, `transform` …).
    `init`: for PyTorch, the arguments with which the module's class is made again where it can't be exported.
    `release`: True makes the version live, False only registers it; unless given, a model's first version goes live.
    `alias`: a movable name that points at this version from now on. `tier`: the amount of hardware.
    `timeout`: seconds a prediction may take. `python`: the environment's Python version, else the running one's.
    `recording`: what is kept of predictions: `{"redact": ["ssn"], "durability": "disk", "on_failure": "serve"}`, each as it
    is in unshelf.toml. `batching`: how much is predicted together: `{"max_rows": 64, "wait": 0.005}`.
    `progress`: print a line for each step.

    Raises InvalidModel for what can't be bundled, DeployFailed when a step fails on the server, UnshelfError."""
    wishes = Wishes(
        example=example,
        baseline=baseline,
        requirements=requirements,
        code=code,
        method=method,
        init=init,
        tier=tier,
        description=description,
        timeout=timeout,
        recording=recording,
        batching=batching,
        python=python,
    )
    with Client(url, token) as client:
        deployed = client.deploy(
            model, name=name, wishes=wishes, release=release, alias=alias, report=PlainProgress() if progress else None
        )
    if progress:
        PlainProgress().close(deployed)
    return deployed


def predict(ref: str, rows: Any, *, url: str | None = None, token: str | None = None) -> Any:
    """Ask a deployed model: a list of one output a row; for a pyarrow Table a pyarrow Table of one column an output.

    `ref`: `NAME`, `NAME:3` or `NAME@alias`. `rows`: a list of rows, a NumPy array, a pandas or polars DataFrame, a dict of
    columns or of tensors, a pyarrow Table; a missing value is None or NaN. Makes a connection a call: use a `Client` for many."""
    with Client(url, token) as client:
        return client.predict(ref, rows)


def stream(ref: str, rows: Any, *, url: str | None = None, token: str | None = None) -> Iterator[Any]:
    """Ask a deployed model that yields: each output as it comes; of any other model, all of them as the only one.

    `ref` and `rows`: as for `predict`. Leaving the loop early ends the prediction."""
    with Client(url, token) as client, client.stream(ref, rows) as outputs:
        yield from outputs
