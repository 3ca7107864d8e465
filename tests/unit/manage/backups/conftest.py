"""A small installation, and a folder for its backups."""

from pathlib import Path

import pytest

from tests.support.installations import SmallInstallation
from unshelf.manage.backups.store.places import FolderPlace
from unshelf.manage.backups.store.repository import Repository


@pytest.fixture
def installation(tmp_path: Path) -> SmallInstallation:
    return SmallInstallation(tmp_path / "home")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def repository(place: Path) -> Repository:
    return Repository(FolderPlace(place))
