"""The peers: what each needs, and the settings in which it may be at its best. All serve the same model."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_IRIS = ("{python}", "{programs}/train.py")
_SCIKIT = ("scikit-learn", "joblib")

CASES: list[tuple[list[float], int]] = [
    ([5.1, 3.5, 1.4, 0.2], 0),
    ([6.1, 2.8, 4.0, 1.3], 1),
    ([6.3, 3.3, 6.0, 2.5], 2),
]
"""A flower of each kind: every system is asked for them before and after the load. The first is the load."""


def _rows(key: str) -> Callable[[list[float]], Any]:
    return lambda row: {key: [row]}


def _instances(row: list[float]) -> Any:
    return {"instances": [row]}


def _v2(row: list[float]) -> Any:
    return {"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP64", "data": row}]}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One way to run a system: `{python}`, `{bin}`, `{programs}` and `{port}` are filled in."""

    name: str
    command: tuple[str, ...]
    path: str
    files: dict[str, Any] = field(default_factory=dict)
    """JSON files that are written into its working folder before it starts."""
    environment: dict[str, str] = field(default_factory=dict)
    request: Callable[[list[float]], Any] = _instances
    """The JSON body for a row."""
    answer: Callable[[Any], Any] = lambda body: body["predictions"][0]
    """The class in a JSON answer."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One system to compare with."""

    key: str
    """Its name on the command line, and of its environment's folder."""
    title: str
    requirements: tuple[str, ...]
    shown: str
    """The distribution whose version is shown."""
    settings: tuple[Setting, ...]
    prepare: tuple[tuple[str, ...], ...] = ()
    """What is run once after the installation."""
    predicts: bool = True
    """False for the ceiling, which gives the same answer to everything."""


def _granian(workers: int) -> Setting:
    return Setting(
        name=f"{workers} worker{'s' * (workers > 1)}",
        command=(
            "{bin}/granian", "--interface", "rsgi", "--http", "1", "--loop", "uvloop", "--no-ws", "--workers", str(workers),
            "--host", "127.0.0.1", "--port", "{port}", "--log-level", "error", "--working-dir", "{programs}", "bare_granian:app",
        ),
        path="/predict",
    )  # fmt: skip


def _fastapi(name: str, path: str, workers: int) -> Setting:
    return Setting(
        name=name,
        command=(
            "{bin}/uvicorn", "fastapi_by_hand:app", "--app-dir", "{programs}", "--no-access-log", "--log-level", "error",
            "--workers", str(workers), "--host", "127.0.0.1", "--port", "{port}",
        ),
        path=path,
    )  # fmt: skip


def _litserve(name: str, *, batch: int, workers: int = 1, fast_queue: bool = False) -> Setting:
    numbers = (str(batch), str(workers), str(int(fast_queue)))
    return Setting(
        name=name, command=("{python}", "{programs}/litserve_app.py", "{port}", *numbers), path="/predict"
    )  # fmt: skip


def _bentoml(name: str, service: str, **more: Any) -> Setting:
    return Setting(
        name=name,
        command=(
            "{bin}/bentoml", "serve", f"bentoml_service:{service}", "--working-dir", "{work}",
            "--host", "127.0.0.1", "--port", "{port}",
        ),
        path="/predict",
        environment={"PYTHONPATH": "{programs}", "BENTOML_DO_NOT_TRACK": "True"},
        **more,
    )  # fmt: skip


def _mlserver(name: str, *, parallel_workers: int = 0, **model: Any) -> Setting:
    return Setting(
        name=name,
        command=("{bin}/mlserver", "start", "."),
        path="/v2/models/iris/infer",
        files={
            "settings.json": {
                "host": "127.0.0.1", "http_port": "{port}", "grpc_port": "{port2}", "metrics_port": "{port3}",
                "parallel_workers": parallel_workers, "debug": False,
            },
            "model-settings.json": {
                "name": "iris", "implementation": "mlserver_sklearn.SKLearnModel", "parameters": {"uri": "./iris.joblib"}, **model,
            },
        },
        request=_v2,
        answer=lambda body: body["outputs"][0]["data"][0],
    )  # fmt: skip


def _mlflow(workers: int) -> Setting:
    return Setting(
        name=f"{workers} worker{'s' * (workers > 1)}",
        command=(
            "{bin}/mlflow", "models", "serve", "-m", "iris_mlflow", "--env-manager", "local", "--workers", str(workers),
            "--host", "127.0.0.1", "--port", "{port}",
        ),
        path="/invocations",
        request=_rows("inputs"),
    )  # fmt: skip


def _ray(name: str, batch: int, **environment: str) -> Setting:
    return Setting(
        name=name,
        command=("{python}", "{programs}/ray_serve_app.py", "{port}", str(batch)),
        path="/",
        environment={"RAY_USAGE_STATS_ENABLED": "0", **environment},
    )


PEERS: tuple[Peer, ...] = (
    Peer(
        key="granian",
        title="bare Granian",
        requirements=("granian", "uvloop"),
        shown="granian",
        settings=(_granian(1), _granian(2)),
        predicts=False,
    ),
    Peer(
        key="mlserver",
        title="MLServer",
        requirements=(
            "mlserver",
            "mlserver-sklearn",
            "uvloop<0.22",
        ),  # its parallel workers do not start with a newer one
        shown="mlserver",
        settings=(
            _mlserver("no batching"),
            _mlserver("batches of 64, 2 ms", max_batch_size=64, max_batch_time=0.002),
            _mlserver("2 parallel workers", parallel_workers=2),
        ),
        prepare=(_IRIS,),
    ),
    Peer(
        key="litserve",
        title="LitServe",
        requirements=("litserve", *_SCIKIT),
        shown="litserve",
        settings=(
            _litserve("no batching", batch=1),
            _litserve("batches of 64, 2 ms", batch=64),
            _litserve("batches of 64, fast queue", batch=64, fast_queue=True),
            _litserve("no batching, 2 workers", batch=1, workers=2),
        ),
        prepare=(_IRIS,),
    ),
    Peer(
        key="fastapi",
        title="FastAPI by hand",
        requirements=("fastapi", "uvicorn[standard]", *_SCIKIT),
        shown="fastapi",
        settings=(
            _fastapi("thread pool, 1 process", "/predict", 1),
            _fastapi("in the loop, 1 process", "/predict-in-loop", 1),
            _fastapi("in the loop, 2 processes", "/predict-in-loop", 2),
        ),
        prepare=(_IRIS,),
    ),
    Peer(
        key="mlflow",
        title="MLflow",
        requirements=("mlflow", "scikit-learn"),
        shown="mlflow",
        settings=(_mlflow(1), _mlflow(2)),
        prepare=(_IRIS, ("{python}", "{programs}/mlflow_save.py")),
    ),
    Peer(
        key="bentoml",
        title="BentoML",
        requirements=("bentoml", *_SCIKIT),
        shown="bentoml",
        settings=(
            _bentoml("1 worker", "Iris"),
            _bentoml("2 workers", "IrisTwice"),
            _bentoml("its batching", "IrisBatched", request=_rows("x"), answer=lambda body: body[0]),
        ),
        prepare=(_IRIS,),
    ),
    Peer(
        key="ray",
        title="Ray Serve",
        requirements=("ray[serve]", *_SCIKIT),
        shown="ray",
        settings=(
            _ray("no batching", 1),
            _ray("batches of 64, 1 ms", 64),
            _ray("for throughput, batches", 64, RAY_SERVE_THROUGHPUT_OPTIMIZED="1"),
        ),
        prepare=(_IRIS,),
    ),
)


def encode(setting: Setting, row: list[float]) -> str:
    """The body of a request for this row."""
    return json.dumps(setting.request(row))
