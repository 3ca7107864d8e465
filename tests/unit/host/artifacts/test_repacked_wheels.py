"""Wheels of installed packages: the files that were installed, without what the installer made."""

import zipfile
from pathlib import Path

import pytest

from unshelf.host.artifacts.repacked_wheels import installed_packages, repack

RELOCATABLE = (
    "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\nprint(1)\n"
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An environment with one package: a module, compiled, a script, a script of an entry point, a data file."""
    site = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    facts = site / "Own_Thing-1.0.dist-info"
    files = {
        site / "own" / "__init__.py": "x = 1\n",
        site / "own" / "__pycache__" / "__init__.pyc": "compiled",
        tmp_path / "env" / "bin" / "measure": RELOCATABLE,
        tmp_path / "env" / "bin" / "plain": "#!/somewhere/bin/python3\nprint(2)\n",
        tmp_path / "env" / "bin" / "own": "made by the installer",
        tmp_path / "env" / "share" / "own.txt": "data",
        facts / "METADATA": "Metadata-Version: 2.1\nName: Own.Thing\nVersion: 1.0\n\nName: not this\n",
        facts / "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n",
        facts / "entry_points.txt": "[console_scripts]\nown = own:main\n",
        facts / "INSTALLER": "uv",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    names = [
        str(path.relative_to(site)) if path.is_relative_to(site) else f"../../../{path.relative_to(tmp_path / 'env')}"
        for path in files
    ]
    (facts / "RECORD").write_text("".join(f"{name},,\n" for name in [*names, "Own_Thing-1.0.dist-info/RECORD"]))
    return site


def test_a_wheel_has_what_the_package_installed(site: Path, tmp_path: Path) -> None:
    (package,) = installed_packages(site)
    assert (package.name, package.version) == ("own-thing", "1.0")
    wheel = repack(package, tmp_path)
    assert wheel.name == "Own_Thing-1.0-py2.py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        content = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(content) == [
        "Own_Thing-1.0.data/data/share/own.txt", "Own_Thing-1.0.data/scripts/measure", "Own_Thing-1.0.data/scripts/plain",
        "Own_Thing-1.0.dist-info/METADATA", "Own_Thing-1.0.dist-info/RECORD", "Own_Thing-1.0.dist-info/WHEEL",
        "Own_Thing-1.0.dist-info/entry_points.txt", "own/__init__.py",
    ]  # fmt: skip
    assert content["Own_Thing-1.0.data/scripts/measure"] == "#!python\nprint(1)\n"
    assert content["Own_Thing-1.0.data/scripts/plain"] == "#!python\nprint(2)\n"
    assert content["Own_Thing-1.0.dist-info/RECORD"].count("sha256=") == 7


def test_the_same_package_makes_the_same_bytes(site: Path, tmp_path: Path) -> None:
    (package,) = installed_packages(site)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    assert repack(package, tmp_path / "one").read_bytes() == repack(package, tmp_path / "two").read_bytes()
