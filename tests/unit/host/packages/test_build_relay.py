"""The relay of a build's output: short ones pass as they are, long ones within bounds, and the end is the build's."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from unshelf.host.packages.build_relay import install_relay

pytestmark = pytest.mark.runs_program


def build(folder: Path, code: str, *, in_uv: bool = True) -> subprocess.CompletedProcess[str]:
    """Run code as uv runs a package's build."""
    install_relay(folder)
    environment = {"PYTHONPATH": str(folder), "PATH": os.environ["PATH"]}
    if in_uv:
        environment["UV_INTERNAL__BUILD_DIR"] = "x"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_a_short_output_passes_as_it_is_and_nothing_of_the_relay_is_seen(tmp_path: Path) -> None:
    code = "import os, sys; print('out', 'PYTHONPATH' in os.environ); print('err', file=sys.stderr); sys.exit(3)"
    done = build(tmp_path, code)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out False\n", "err\n")
    assert build(tmp_path, code, in_uv=False).stdout == "out False\n"


def test_of_a_long_output_the_beginning_and_the_end_pass(tmp_path: Path) -> None:
    done = build(tmp_path, "print('first'); [print('y' * 1000) for _ in range(5000)]; print('last')")
    assert done.returncode == 0
    assert done.stdout.startswith("first\n")
    assert done.stdout.endswith("y\nlast\n")
    assert "bytes left out]" in done.stdout
    assert len(done.stdout) < 70_000


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGTERM])
def test_a_build_that_is_killed_ends_as_killed(tmp_path: Path, number: signal.Signals) -> None:
    assert build(tmp_path, f"import os; os.kill(os.getpid(), {int(number)})").returncode == -number


def test_what_outlives_a_build_with_its_output_keeps_nobody_waiting(tmp_path: Path) -> None:
    done = build(tmp_path, "import subprocess; print('built'); subprocess.Popen(['sleep', '20'])")
    assert (done.returncode, done.stdout) == (0, "built\n")
