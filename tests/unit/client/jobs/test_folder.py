"""A folder's own files say what its programs run in, and on what."""

from pathlib import Path

import pytest

from unshelf.client.errors import InvalidModel
from unshelf.client.jobs.folder import read_settings


def test_an_unshelf_toml_names_tier_packages_and_variables(tmp_path: Path) -> None:
    (tmp_path / "unshelf.toml").write_text(
        '[environment]\nrequirements = ["numpy==2.0"]\nenv = { MODE = "fast" }\n[resources]\ntier = "large"\n'
    )
    found = read_settings(tmp_path)
    assert found.packages is not None
    assert (found.packages.requirements, found.tier, found.variables) == (["numpy==2.0"], "large", {"MODE": "fast"})


def test_it_may_name_an_environment_of_the_server_instead(tmp_path: Path) -> None:
    (tmp_path / "unshelf.toml").write_text('[environment]\nname = "science:2"\n')
    (tmp_path / "requirements.txt").write_text("numpy\n")
    found = read_settings(tmp_path)
    assert (found.environment, found.packages) == ("science:2", None)


def test_without_one_the_project_files_say_which_packages(tmp_path: Path) -> None:
    assert read_settings(tmp_path).packages is None
    (tmp_path / "requirements.txt").write_text("numpy==2.0\n")
    found = read_settings(tmp_path).packages
    assert found is not None
    assert found.requirements == ["numpy==2.0"]


def test_a_lock_and_an_unknown_key_are_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "unshelf.toml").write_text('[environment]\nlock = "pylock.toml"\n')
    with pytest.raises(InvalidModel, match="names a lock"):
        read_settings(tmp_path)
    (tmp_path / "unshelf.toml").write_text('[resources]\nteir = "large"\n')
    with pytest.raises(InvalidModel, match="'teir' in"):
        read_settings(tmp_path)
