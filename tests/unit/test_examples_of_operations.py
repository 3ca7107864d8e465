"""The examples of operations: the unit is one that systemd takes, and says what the guide says of it."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "operations"


def test_the_unit_notifies_and_has_time_to_drain() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(FOLDER / "unshelf.service")
    service = unit["Service"]
    assert (service["Type"], service["KillMode"], service["Delegate"]) == ("notify", "mixed", "yes")
    assert int(service["TimeoutStopSec"]) >= 30
    assert int(service["WatchdogSec"]) >= 30


@pytest.mark.long
@pytest.mark.runs_program
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "unshelf.service"
    unit.write_text((FOLDER / "unshelf.service").read_text().replace("/opt/unshelf/bin/unshelf up", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
    assert "Unknown" not in done.stderr and "ignoring" not in done.stderr, done.stderr
