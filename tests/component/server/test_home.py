"""A home folder whose holder was killed."""

import subprocess
import sys
from pathlib import Path

from unshelf.contracts.home import Home
from unshelf.server.home import hold_home, make_home

_HOLDER = """
import os, pathlib, sys
from unshelf.contracts.home import Home
from unshelf.server.home import hold_home
with hold_home(Home(pathlib.Path(sys.argv[1]))):
    os.kill(os.getpid(), 9)
"""


def test_a_holder_that_was_killed_has_let_go_and_is_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    make_home(home)
    assert subprocess.run([sys.executable, "-c", _HOLDER, str(home.folder)], check=False).returncode == -9
    with hold_home(home) as held:
        assert held.killed_before
