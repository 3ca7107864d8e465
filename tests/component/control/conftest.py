"""Control as it is put together for real, over an empty home folder, called without a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asgi import AppCaller
from tests.support.configs import config_of
from tests.support.databases import write_migrated
from tests.support.in_process import await_first_event_of_records
from unshelf.contracts.configs import ControlConfig
from unshelf.contracts.home import Home
from unshelf.server.home import make_home
from unshelf.server.wiring.control import Control, build_control


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    make_home(made)
    return made


@pytest.fixture
def control(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    monkeypatch.chdir(home.run)
    write_migrated(home.folder / "unshelf.db")
    built = build_control(config_of(ControlConfig, home.folder, index=0, max_blob_bytes=3_000_000, start_seconds=1.0))
    built.start()
    await_first_event_of_records(AppCaller(built.app, home.admin_token.read_text().strip()))
    yield built
    built.stop()


@pytest.fixture
def admin(control: Control, home: Home) -> AppCaller:
    return AppCaller(control.app, home.admin_token.read_text().strip())


@pytest.fixture
def nobody(control: Control) -> AppCaller:
    return AppCaller(control.app)


@pytest.fixture
def stranger(control: Control, admin: AppCaller) -> AppCaller:
    """Somebody with a key to call one model, and nothing else."""
    made = admin("POST", "/api/v1/keys", json={"name": "stranger", "role": "predict", "models": ["elsewhere"]})
    return AppCaller(control.app, made.json()["token"])
