"""The paths that settings for packages name: shown to builds, except what would show the platform's own."""

from pathlib import Path

import pytest

from unshelf.host.packages.visible_paths import package_paths, visible_paths


def test_paths_and_file_addresses_that_exist_are_shown(tmp_path: Path) -> None:
    for name in ("links", "more links", "index", "ca.pem"):
        (tmp_path / name).mkdir()
    environment = {
        "UV_FIND_LINKS": f"{tmp_path}/links,{tmp_path}/gone",
        "UV_INDEX": f"file://{tmp_path}/more%20links https://index.example/simple",
        "UV_DEFAULT_INDEX": f"file://{tmp_path}/index",
        "LD_LIBRARY_PATH": f"{tmp_path}/ca.pem:{tmp_path}/gone",
        "PATH": f"{tmp_path}/links",
    }
    found = visible_paths(environment, tmp_path / "home")
    assert found == [tmp_path / name for name in ("links", "more links", "index", "ca.pem")]


def test_a_folder_with_the_platforms_files_or_the_operators_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "operator")
    (tmp_path / "operator" / "links").mkdir(parents=True)
    named = f"{tmp_path},/,{tmp_path}/operator,{tmp_path}/operator/links"
    assert visible_paths({"UV_FIND_LINKS": named}, tmp_path / "home") == [tmp_path / "operator" / "links"]


def test_of_the_operators_settings_only_those_of_uv_are_shown_and_nothing_more_of_them_than_others_may_read(
    tmp_path: Path,
) -> None:
    """Given files of settings, which may have passwords, then they are no packages; the settings of other programs are not there."""
    (tmp_path / "config" / "uv").mkdir(parents=True)
    (tmp_path / "links").mkdir()
    environment = {"XDG_CONFIG_HOME": f"{tmp_path}/config", "UV_FIND_LINKS": f"{tmp_path}/links"}
    assert visible_paths(environment, tmp_path / "home") == [tmp_path / "config" / "uv", tmp_path / "links"]
    assert package_paths(environment) == {tmp_path / "links"}
