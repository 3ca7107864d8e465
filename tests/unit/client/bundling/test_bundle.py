"""The same files make the same bundle."""

from pathlib import Path

import pytest

from tests.unit.client.bundling.test_folder import folder_with
from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.bundling.folder import bundle_path
from unshelf.client.errors import InvalidModel
from unshelf.contracts.bundle import NetworkAccess

pytestmark = pytest.mark.runs_program


def test_the_same_folder_gives_the_same_bundle(tmp_path: Path) -> None:
    folder_with(tmp_path, '[model]\npredict = "p.py:f"\n[example]\ninputs = [1.5]\n', p_py="def f(rows): ...")
    assert (
        bundle_path(tmp_path, DeployOptions()).manifest.digest == bundle_path(tmp_path, DeployOptions()).manifest.digest
    )


@pytest.mark.parametrize(
    ("section", "option", "network"),
    [
        ("", None, NetworkAccess(access="none")),
        ('allow = ["DB.example.org:5432"]', None, NetworkAccess(access="none", allow=["db.example.org:5432"])),
        ('access = "full"', None, NetworkAccess(access="full")),
        (
            'allow = ["db.example.org:5432"]',
            ["x.example.org:1"],
            NetworkAccess(access="none", allow=["x.example.org:1"]),
        ),
        ('allow = ["db.example.org:5432"]', "none", NetworkAccess(access="none")),
        ("", "full", NetworkAccess(access="full")),
    ],
)
def test_a_version_has_no_network_but_what_is_asked_for(
    tmp_path: Path, section: str, option: str | list[str] | None, network: NetworkAccess
) -> None:
    recipe = f'[model]\npredict = "p.py:f"\n[network]\n{section}\n[example]\ninputs = [1.5]\n'
    folder_with(tmp_path, recipe, p_py="def f(rows): ...")
    assert bundle_path(tmp_path, DeployOptions(network=option)).manifest.network == network


@pytest.mark.parametrize("option", ["some", ["db.example.org"]])
def test_what_is_no_network_is_refused(tmp_path: Path, option: str | list[str]) -> None:
    folder_with(tmp_path, '[model]\npredict = "p.py:f"\n[example]\ninputs = [1.5]\n', p_py="def f(rows): ...")
    with pytest.raises(InvalidModel, match="network"):
        bundle_path(tmp_path, DeployOptions(network=option))
