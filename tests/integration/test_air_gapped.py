"""A machine without any network, as the guide says: packages of models come from a mirror that is a folder, or from kept wheels."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.getuid() != 0, reason="a network of its own takes root"),
    pytest.mark.skipif(not all(map(shutil.which, ("unshare", "ip"))), reason="apt-get install util-linux iproute2"),
]
CHECKOUT = Path(__file__).parents[2]
GUIDE = CHECKOUT / "docs" / "guides" / "air-gapped.md"
WITHOUT_NETWORK = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
STORY = """
import contextlib, socket, subprocess, sys
from pathlib import Path
from tests.support.models import write_model
from tests.support.platform import running_platform
from tests.support.waiting import wait_until

place, way = Path(sys.argv[1]), sys.argv[2]
CODE = "import numpy\\n\\ndef predict(rows):\\n    return [float(numpy.hypot(row['a'], row['b'])) for row in rows]\\n"


def reached(host, port):
    try:
        return not socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False


assert not reached("1.1.1.1", 443), "this machine has a network"
with contextlib.ExitStack() as stack:
    if way == "mirror":
        command = [sys.executable, "-m", "http.server", "--directory", str(place / "mirror"), "--bind", "127.0.0.1", "8099"]
        server = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        stack.callback(server.kill)
        wait_until(lambda: reached("127.0.0.1", 8099), what="the mirror serves")
    platform = stack.enter_context(running_platform(place / "home", gateways="1"))
    folder = write_model(place / "far", name="far", code=CODE, example=[{"a": 3.0, "b": 4.0}], requirements=("numpy",))
    platform.cli("deploy", str(folder))
    assert platform.predict("far", [{"a": 3.0, "b": 4.0}]) == [5.0]
    odd = write_model(place / "odd", name="odd", requirements=("tiny-odd-package",))
    refused = platform.cli("deploy", str(odd), check=False)
    assert refused.returncode == 1 and "tiny-odd-package" in refused.stderr, refused.stderr
    print(refused.stderr, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with wheels that were fetched elsewhere, and the mirror that the guide's lines make of them."""
    folder = tmp_path_factory.mktemp("air-gapped")
    fetch = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--only-binary",
        ":all:",
        "-d",
        str(folder / "wheels"),
        "numpy",
    ]
    subprocess.run(fetch, check=True)
    (lines,) = re.findall(r"^for wheel in .*?^done$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    subprocess.run(["bash", "-euc", lines], cwd=folder, check=True)
    assert list((folder / "mirror" / "simple" / "numpy").glob("numpy-*.whl"))
    return folder


@pytest.mark.parametrize("way", ["mirror", "kept wheels"])
def test_a_model_is_deployed_where_nothing_is_reached(place: Path, tmp_path: Path, way: str) -> None:
    """Given no network but the loopback, then a model with packages is deployed and answers, and a package that is not there is named."""
    variables = (
        {"UV_DEFAULT_INDEX": "http://127.0.0.1:8099/simple"}
        if way == "mirror"
        else {"UV_FIND_LINKS": str(place / "wheels"), "UV_OFFLINE": "1"}
    )
    assert all(f"{name}=" in GUIDE.read_text() for name in variables)
    ours = ("UV_", "PIP_", "HTTP_", "HTTPS_", "ALL_", "NO_", "http_", "https_", "all_", "no_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    for name in ("wheels", "mirror"):
        (tmp_path / name).symlink_to(place / name)
    # Another cache: what other tests fetched is not there.
    environment |= {**variables, "UV_CACHE_DIR": str(tmp_path / "cache"), "UV_NO_CONFIG": "1"}
    command = [*WITHOUT_NETWORK, sys.executable, "-c", STORY, str(tmp_path), way]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
