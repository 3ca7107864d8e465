"""An installed package becomes a wheel of its files again, the same for the same files."""

import io
import json
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from tests.support.wheels import install
from unshelf.client.errors import InvalidModel
from unshelf.client.packages.installed import origin_of, wheel_of, without_password

GIT = {
    "url": "https://me:secret@git.acme.org/own",
    "vcs_info": {"vcs": "git", "commit_id": "4e33" * 10, "requested_revision": "v1"},
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "env" / "lib" / "python3" / "site-packages"
    folder.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    return folder


def test_the_files_go_into_the_wheel_and_what_tells_of_the_installation_does_not(site: Path) -> None:
    files = {
        "own/__init__.py": "VALUE = 1\n",
        "own/data.txt": "x",
        "own/__pycache__/__init__.cpython-311.pyc": "",
        "../../../bin/own": "#!/opt/env/bin/python3\n",
        "../../../bin/own-tool": "#!/opt/env/bin/python3\nprint(1)\n",
        "../../../share/own/page.1": "man",
    }
    points = "[console_scripts]\nown = own:main\n"
    install(site, "Own.Package", files, direct_url__json=json.dumps(GIT), entry_points__txt=points)
    name, content = wheel_of(metadata.distribution("own-package"))
    assert name == "own_package-1.0-py2.py3-none-any.whl"
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        names = set(wheel.namelist())
        assert wheel.read("own/__init__.py") == b"VALUE = 1\n"
        assert wheel.read("own_package-1.0.data/scripts/own-tool") == b"#!python\nprint(1)\n"
        record = wheel.read("own_package-1.0.dist-info/RECORD").decode()
    info = "own_package-1.0.dist-info"
    assert names == {
        "own/__init__.py", "own/data.txt", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD", f"{info}/entry_points.txt",
        "own_package-1.0.data/scripts/own-tool", "own_package-1.0.data/data/share/own/page.1",
    }  # fmt: skip
    assert {line.partition(",")[0] for line in record.splitlines()} == names
    assert wheel_of(metadata.distribution("own-package")) == (name, content)


def test_a_file_that_is_gone_and_a_package_that_was_no_wheel_are_refused(site: Path) -> None:
    install(site, "own", {"own.py": ""})
    (site / "own.py").unlink()
    with pytest.raises(InvalidModel, match=r"own\.py can't be read"):
        wheel_of(metadata.distribution("own"))
    (site / "own-1.0.dist-info" / "WHEEL").unlink()
    with pytest.raises(InvalidModel, match="was not installed as a wheel"):
        wheel_of(metadata.distribution("own"))


def test_a_package_tells_where_it_was_installed_from(site: Path) -> None:
    install(site, "git_one", {}, direct_url__json=json.dumps(GIT))
    install(site, "edited", {}, direct_url__json='{"url": "file:///home/me/my%20own", "dir_info": {"editable": true}}')
    install(site, "file_one", {}, direct_url__json='{"url": "file:///tmp/a.whl", "archive_info": {}}')
    install(site, "plain", {})
    origin = origin_of("git-one")
    assert origin is not None
    assert (origin.address, origin.revision) == ("git+https://git.acme.org/own", "v1")
    assert "secret" not in str(origin)
    edited = origin_of("edited")
    assert edited is not None
    assert (edited.editable, edited.folder) == (True, Path("/home/me/my own"))
    assert str(origin_of("file-one")) == "file:///tmp/a.whl"
    assert origin_of("plain") is None


@pytest.mark.parametrize("address", ["file:///croot/own_17/work", "file:///home/conda/feedstock_root/b/own"])
def test_a_package_of_conda_is_one_that_indexes_have(address: str, site: Path) -> None:
    install(site, "own", {}, direct_url__json=json.dumps({"url": address, "dir_info": {}}))
    assert origin_of("own") is None


def test_passwords_are_taken_out_of_addresses() -> None:
    assert without_password("git+https://me:secret@a.org/b?c#d") == "git+https://a.org/b?c#d"
    assert without_password("./here") == "./here"
