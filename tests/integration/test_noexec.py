"""A home folder on a volume that is mounted with noexec: the deploy of compiled packages says so, and doctor does."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.getuid() != 0, reason="mounting takes root"),
    pytest.mark.skipif(not all(map(shutil.which, ("unshare", "mount"))), reason="apt-get install util-linux"),
]
MOUNTED = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o noexec tmpfs "$0" && exec "$@"')
STORY = """
import sys
from pathlib import Path
from tests.support.models import ADDER, write_model
from tests.support.platform import running_platform

place = Path(sys.argv[1])
with running_platform(place / "volume" / "home", gateways="1") as running:
    plain = write_model(place / "plain", name="plain")
    running.cli("deploy", str(plain))
    assert running.predict("plain", [{"a": 1.0, "b": 2.0}]) == [3.0]
    compiled = write_model(place / "compiled", name="compiled", code=f"import numpy{ADDER}", requirements=("numpy",))
    refused = running.cli("deploy", str(compiled), check=False)
    assert refused.returncode == 1 and "noexec" in refused.stderr, refused.stderr
    found = running.cli("doctor", check=False)
    assert found.returncode == 1 and "noexec" in found.stdout, found.stdout
"""


def test_what_can_not_be_loaded_from_the_volume_is_said_by_its_name(tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    command = [*MOUNTED, str(volume), sys.executable, "-c", STORY, str(tmp_path)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], env={**os.environ, "UV_CACHE_DIR": str(volume / "cache")},
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
