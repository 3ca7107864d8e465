"""Special functions, which are loaded when somebody needs them."""

import subprocess
import sys

import pytest

from unshelf.monitor.drift.special import special_functions

LOADED = (
    "import sys, unshelf.server.wiring.control; print([name for name in ('scipy', 'optuna') if name in sys.modules])"
)


def test_the_functions_are_scipy_s() -> None:
    assert special_functions().chdtrc(1, 0.0) == 1.0


@pytest.mark.runs_program
def test_control_starts_without_what_few_need() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
