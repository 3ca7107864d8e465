"""Control as it is wired, over an empty home folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.configs import config_of
from unshelf.contracts.configs import ControlConfig
from unshelf.contracts.home import Home
from unshelf.server.home import make_home
from unshelf.server.wiring.control import Control, build_control


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = Home(tmp_path / "home")
    make_home(made)
    monkeypatch.chdir(made.run)
    return made


@pytest.fixture
def control(home: Home) -> Iterator[Control]:
    built = build_control(config_of(ControlConfig, home.folder, index=0, max_blob_bytes=10))
    built.start()
    yield built
    built.stop()
