"""The same files make the same bundle."""

from pathlib import Path

import pytest

from tests.unit.client.bundling.test_folder import folder_with
from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.bundling.folder import bundle_path

pytestmark = pytest.mark.runs_program


def test_the_same_folder_gives_the_same_bundle(tmp_path: Path) -> None:
    folder_with(tmp_path, '[model]\npredict = "p.py:f"\n[example]\ninputs = [1.5]\n', p_py="def f(rows): ...")
    assert (
        bundle_path(tmp_path, DeployOptions()).manifest.digest == bundle_path(tmp_path, DeployOptions()).manifest.digest
    )
