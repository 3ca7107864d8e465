"""A machine without any network, as the guide says: the platform and packages of models come from a mirror that is a folder, or from
kept wheels."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import unprivileged
from tests.integration.air_gapped import GUIDE, sort_wheels
from tests.support.wheels import keep_platform_wheels

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.getuid() != 0, reason="a network of its own takes root"),
    pytest.mark.skipif(not all(map(shutil.which, ("unshare", "ip"))), reason="apt-get install util-linux iproute2"),
]
CHECKOUT = Path(__file__).parents[2]
WITHOUT_NETWORK = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
MIRROR = {"UV_DEFAULT_INDEX": "http://127.0.0.1:8099/simple"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `wheels` that were fetched elsewhere, NumPy among them, and the mirror that the guide's lines make of them."""
    folder = tmp_path_factory.mktemp("air-gapped")
    keep_platform_wheels(folder / "wheels")
    sort_wheels(folder)
    assert list((folder / "mirror" / "simple" / "numpy").glob("numpy-*.whl"))
    return folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder of the other user."""
    made = Path(tempfile.mkdtemp(prefix="air-gapped-"))
    os.chown(made, unprivileged.USER, unprivileged.GROUP)
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("way", ["mirror", "kept wheels"])
def test_a_model_is_deployed_where_nothing_is_reached(kept: Path, tmp_path: Path, way: str) -> None:
    """Given no network but the loopback, then a model with packages is deployed and answers, and a package that is not there is named."""
    for name in ("wheels", "mirror"):
        (tmp_path / name).symlink_to(kept / name)
    # Another cache: what other tests fetched is not there.
    variables = MIRROR if way == "mirror" else {"UV_FIND_LINKS": str(kept / "wheels"), "UV_OFFLINE": "1"}
    play(way, tmp_path, **variables, UV_CACHE_DIR=str(tmp_path / "cache"), UV_NO_CONFIG="1")
    assert all(f"{name}=" in GUIDE.read_text() for name in variables)


@pytest.mark.timeout(600)
def test_the_platform_is_installed_and_upgraded_from_the_mirror(kept: Path, open_folder: Path) -> None:
    """Given no network but the loopback and a user without rights, when the platform is installed from the mirror by the guide's lines,
    then it deploys and answers from it, a wheel that is added is found by the next deploy, and a newer release replaces it under load."""
    (open_folder / "wheels").mkdir()
    for wheel in (kept / "wheels").iterdir():
        (open_folder / "wheels" / wheel.name).symlink_to(wheel)
    play("platform", open_folder, **MIRROR, HOME=str(open_folder), PIP_CONFIG_FILE=os.devnull)


def play(story: str, place: Path, **variables: str) -> None:
    """Play a story of air_gapped.py where no network is, with the variables that such a machine has."""
    ours = ("UV_", "PIP_", "UNSHELF_", "HTTP_", "HTTPS_", "ALL_", "NO_", "http_", "https_", "all_", "no_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = [*WITHOUT_NETWORK, sys.executable, "-m", "tests.integration.air_gapped", story, str(place)]
    done = subprocess.run(
        command, cwd=CHECKOUT, env={**environment, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
