"""Ours under load: a platform as it ships, with the iris model deployed, authentication, validation and recording on."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.load import VersionTarget
from benchmarks.peers import CASES, Setting, encode
from benchmarks.running import check_answers
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

NAME = "iris"
OURS = Setting(
    name="as it ships",
    command=(),
    path=f"/models/{NAME}/predict",
    request=lambda row: {"inputs": [row]},
    answer=lambda body: body["outputs"][0],
)
_TRAIN = """
import json, sys
from pathlib import Path
import numpy, sklearn, skops, skops.io
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

folder = Path(sys.argv[1])
X, y = load_iris(return_X_y=True)
skops.io.dump(make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(X, y), folder / "model.skops")
(folder / "example.json").write_text(json.dumps({"inputs": X[::30].tolist()}))
requirements = [f"scikit-learn=={sklearn.__version__}", f"skops=={skops.__version__}", f"numpy=={numpy.__version__}", *sys.argv[3:]]
(folder / "unshelf.toml").write_text(
    f'[model]\\nname = "iris"\\nfile = "model.skops"\\n\\n[environment]\\nrequirements = {json.dumps(requirements)}\\n\\n'
    '[example]\\nfile = "example.json"\\n' + sys.argv[2]
)
"""


def train_iris(folder: Path, *, extra: str = "", requirements: tuple[str, ...] = ()) -> Path:
    """A model folder with the iris model, further `requirements`, and an unshelf.toml that ends with `extra`."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-c", _TRAIN, str(folder), extra, *requirements], check=True)
    return folder


@contextlib.contextmanager
def iris_platform(*, extra: str = "", requirements: tuple[str, ...] = (), **settings: str) -> Iterator[Platform]:
    """A platform in a scratch home with the iris model live and seen to answer right."""
    with tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch:
        model = train_iris(Path(scratch) / "model", extra=extra, requirements=requirements)
        with running_platform(Path(scratch) / "home", **settings) as platform:
            platform.cli("deploy", str(model))
            check(platform)
            yield platform


def target(platform: Platform) -> VersionTarget:
    """Where the load on ours goes: a key that may only predict, as a caller has."""
    return VersionTarget(url=platform.url + OURS.path, body=encode(OURS, CASES[0][0]), token=platform.key())


def check(platform: Platform) -> None:
    """Ask for every case; raises Unusable when an answer is wrong."""
    check_answers(platform.url + OURS.path, OURS, headers={"authorization": f"Bearer {platform.token}"})


def replicas(platform: Platform) -> list[int]:
    """The process ids of the workers that the host says it has."""
    answer = platform.http.get("/api/v1/machine")
    answer.raise_for_status()
    return [replica["pid"] for replica in answer.json()["replicas"]]


def await_sleep(platform: Platform, seconds: float) -> None:
    """Wait until no worker runs any more."""
    wait_until(lambda: not replicas(platform), seconds=seconds, what="all replicas asleep")


def seconds_in_process(folder: Path) -> float:
    """The median time of the bare call `model.predict(row)` in a process of its own: what no server can beat."""
    code = (
        "import sys, time, statistics, numpy as np, skops.io\n"
        "model = skops.io.load(sys.argv[1])\n"
        "row = np.array([[5.1, 3.5, 1.4, 0.2]])\n"
        "times = []\n"
        "for _ in range(3000):\n"
        "    begun = time.perf_counter(); model.predict(row); times.append(time.perf_counter() - begun)\n"
        "print(statistics.median(times[500:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "model.skops")], check=True, capture_output=True, text=True
    )
    return float(done.stdout)
