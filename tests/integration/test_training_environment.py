"""The SDK in environments that people train in: old packages that the platform itself could not live with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.platform import Platform, running_platform

pytestmark = pytest.mark.long  # a whole platform for what unit and component tests prove of its parts

ROOT = Path(__file__).parents[2]
OLD = ("protobuf<5", "pydantic<2", "sqlalchemy<2", "pyarrow<16", "numpy<2", "pandas<2.3")
TENSORFLOW = ("tensorflow-cpu==2.17.*",)
CASES = [
    pytest.param("old-packages", (), id="old packages"),
    pytest.param("tensorflow", TENSORFLOW, id="tensorflow", marks=pytest.mark.heavy),
]
MODEL = """
def predict(rows):
    return [2 * row["a"] for row in rows]
"""
PROGRAM = """
import sys
{framework}
import google.protobuf, pyarrow, pydantic, sqlalchemy
import pandas
import unshelf

assert pydantic.VERSION.startswith("1.") and sqlalchemy.__version__.startswith("1.") and google.protobuf.__version__ < "5"

from scoring import predict

name = sys.argv[1]
deployed = unshelf.deploy(predict, name=name, example=[{{"a": 1.0}}], python=sys.argv[2], progress=False)
assert deployed.live
assert unshelf.predict(name, [{{"a": 4.0}}]) == [8.0]
assert unshelf.predict(name, pandas.DataFrame({{"a": [0.5, 1.5]}})) == [1.0, 3.0]
try:
    unshelf.predict(name, [{{"a": "five"}}])
except unshelf.InvalidInput as error:
    assert error.errors[0]["column"] == "a"
    print("right")
"""


def oldest_python() -> str:
    """A Python 3.10 where this machine has one, else the Python of the tests."""
    homes = [*(Path.home() / ".pyenv" / "versions").glob("3.10.*/bin/python3.10"), Path("/usr/bin/python3.10")]
    return next((str(python) for python in homes if python.exists()), sys.executable)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as people install it."""
    folder = tmp_path_factory.mktemp("wheel")
    _uv("build", "--wheel", "--out-dir", str(folder), str(ROOT))
    return next(folder.glob("unshelf-*.whl"))


@pytest.mark.parametrize(("name", "framework"), CASES)
def test_a_model_is_deployed_and_asked_from_a_training_environment(
    platform: Platform, wheel: Path, tmp_path: Path, name: str, framework: tuple[str, ...]
) -> None:
    """Given an environment with yesterday's packages, when unshelf is installed into it, then it deploys and predicts."""
    python = tmp_path / "environment" / "bin" / "python"
    _uv("venv", "--python", oldest_python(), str(tmp_path / "environment"))
    _uv("pip", "install", "--python", str(python), str(wheel), *OLD, *framework)
    installed = _uv("pip", "list", "--python", str(python))
    assert not {"fastapi", "granian", "duckdb", "uv"} & set(installed.split()), "the client brings the platform along"
    (tmp_path / "scoring.py").write_text(MODEL)
    program = tmp_path / "train.py"
    program.write_text(PROGRAM.format(framework="import tensorflow" if framework else ""))
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    done = subprocess.run(
        [str(python), str(program), name, mine], env=platform.environment(), capture_output=True, text=True,
        timeout=250, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "right"), done.stderr


def test_the_platform_runs_beside_numpy_1(wheel: Path, tmp_path: Path) -> None:
    """Given an environment with NumPy 1.26, when the platform is installed into it, then nothing conflicts and it predicts."""
    binaries = tmp_path / "environment" / "bin"
    _uv("venv", "--python", sys.executable, str(tmp_path / "environment"))
    _uv("pip", "install", "--python", str(binaries / "python"), "numpy==1.26.4", f"{wheel}[server]")
    assert "numpy==1.26.4" in _uv("pip", "freeze", "--python", str(binaries / "python"))
    model = tmp_path / "model"
    model.mkdir()
    (model / "predict.py").write_text(MODEL)
    (model / "unshelf.toml").write_text(
        '[model]\nname = "double"\npredict = "predict.py:predict"\n[example]\ninputs = [{ a = 1.0 }]\n'
    )
    with running_platform(tmp_path / "home", program=[str(binaries / "unshelf")]) as beside:
        beside.cli("deploy", str(model))
        assert beside.predict("double", [{"a": 4.0}]) == [8.0]
        assert [record["status"] for record in beside.records("double")] == [200]


def test_the_client_alone_says_how_to_get_the_platform(wheel: Path, tmp_path: Path) -> None:
    """Given `pip install unshelf`, when somebody types `unshelf up`, then one sentence says what to install."""
    _uv("venv", "--python", oldest_python(), str(tmp_path / "environment"))
    binaries = tmp_path / "environment" / "bin"
    _uv("pip", "install", "--python", str(binaries / "python"), str(wheel))
    done = subprocess.run([str(binaries / "unshelf"), "up"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "unshelf[server]" in done.stderr
    assert "Traceback" not in done.stderr


def _uv(*arguments: str) -> str:
    environment = os.environ | {
        "UV_FIND_LINKS": os.environ.get("UV_FIND_LINKS") or os.environ.get("PIP_FIND_LINKS", "")
    }
    done = subprocess.run(
        [str(Path(sys.executable).with_name("uv")), *arguments], env=environment, capture_output=True, text=True,
        timeout=250, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
