"""Control as it is put together for real, over an empty home folder, called without a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asgi import AppCaller
from unshelf.server.control_config import ControlConfig
from unshelf.server.home import Home
from unshelf.server.wiring import Control, build_control


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


@pytest.fixture
def control(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    monkeypatch.chdir(home.run)
    built = build_control(ControlConfig(home=str(home.folder), max_blob_bytes=3_000_000, wake_seconds=1.0))
    built.start()
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
