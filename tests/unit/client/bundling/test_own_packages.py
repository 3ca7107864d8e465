"""Packages that no index has become wheels in the bundle, by their hash, or are refused with a reason."""

import hashlib
import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.package_index import package_index
from tests.support.wheels import install, write_wheel
from unshelf.client.bundling.bundle import DeployOptions, bundle_model
from unshelf.client.bundling.own_packages import OwnPackage, installed_package, written_package
from unshelf.client.bundling.requirements import SeenPackages, choose_requirements
from unshelf.client.bundling.requirements_file import parse_requirements
from unshelf.client.errors import InvalidModel


def written(text: str, folder: Path) -> OwnPackage:
    return written_package(parse_requirements([text], folder=folder, origin="r.txt, line 1").requirements[0])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("./own-1.0-py3-none-any.whl", "own @ bundle:.unshelf/wheels/own-1.0-py3-none-any.whl"),
        ("own @ ./own-1.0-py3-none-any.whl", "own @ bundle:.unshelf/wheels/own-1.0-py3-none-any.whl"),
        (
            './own-1.0-py3-none-any.whl ; python_version > "3"',
            'own @ bundle:.unshelf/wheels/own-1.0-py3-none-any.whl ; python_version > "3"',
        ),
        ("own[fast] @ file://{here}/own-1.0-py3-none-any.whl", "own[fast] @ bundle:.unshelf/wheels/own-1.0-py3-none-any.whl"),
    ],
)  # fmt: skip
def test_a_local_wheel_goes_into_the_bundle(text: str, line: str, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "own")
    package = written(text.replace("{here}", str(tmp_path)), tmp_path)
    assert (package.name, package.version, package.line) == ("own", "1.0", line)
    assert package.wheel.sha256 == hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert package.wheel.sha256[:12] in package.note


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("./gone-1.0-py3-none-any.whl", "there is nothing at"),
        ("other @ ./own-1.0-py3-none-any.whl", "it asks for other"),
        (f"./own-1.0-py3-none-any.whl --hash=sha256:{'0' * 64}", "has none of the hashes"),
        ("own @ git+https://a.org/own --hash=sha256:" + "0" * 64, "a repository has no hash"),
        ("own @ http://127.0.0.1:1/own-1.0-py3-none-any.whl", "is not https"),
        ("own @ ftp://a.org/own-1.0-py3-none-any.whl", "is no address"),
        ("https://me:secret@127.0.0.1:1/own-1.0-py3-none-any.whl", "can't be fetched"),
    ],
)
def test_what_cant_be_taken_is_refused_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    write_wheel(tmp_path, "own")
    with pytest.raises(InvalidModel) as refused:
        written(text, tmp_path)
    assert "r.txt, line 1" in refused.value.detail
    assert told in refused.value.detail
    assert "secret" not in refused.value.detail


def test_a_wheel_at_an_address_is_fetched_and_held_to_its_hash(tmp_path: Path) -> None:
    with package_index() as index:
        address = f"{index.address.removesuffix('/simple')}/files/tiny-1.0-py3-none-any.whl"
        with pytest.raises(InvalidModel, match="has none of the hashes"):
            written(f"tiny @ {address}#sha256={'0' * 64}", tmp_path)
        digest = hashlib.sha256(index.wheel).hexdigest()
        package = written(f"tiny @ {address}#sha256={digest}", tmp_path)
    assert (package.version, package.wheel.sha256) == ("1.0", digest)


def test_a_fork_with_the_number_of_a_public_package_is_what_goes_with_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = {"url": "https://git.acme.org/fork", "vcs_info": {"vcs": "git", "commit_id": "ab" * 20}}
    install(tmp_path, "humanize", {"humanize.py": "FORK = 1\n"}, version="4.9.0", direct_url__json=json.dumps(address))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    found = choose_requirements(
        SeenPackages(names=["humanize", "numpy"]), parse_requirements([], folder=tmp_path, origin="a"), python=None
    )
    (wheel,) = found.wheels
    assert found.lines == [f"humanize @ bundle:{wheel.path}", f"numpy=={version('numpy')}"]
    assert "git+https://git.acme.org/fork" in found.notes[0]
    same = written("humanize @ git+https://git.acme.org/fork", tmp_path)
    assert same.wheel.sha256 == wheel.sha256
    assert installed_package("numpy") is None
    given = parse_requirements(["humanize==4.9.0"], folder=tmp_path, origin="a")
    assert choose_requirements(SeenPackages(names=["humanize"]), given, python=None).lines == ["humanize==4.9.0"]


@pytest.mark.parametrize(
    ("tag", "python", "fits"),
    [
        ("cp311-cp311-linux_x86_64", "3.11", True),
        ("cp311-cp311-linux_x86_64", "3.12", False),
        ("cp310-abi3-linux_x86_64", "3.12", True),
        ("cp312-abi3-linux_x86_64", "3.11", False),
        ("py2.py3-none-any", "3.12", True),
        ("py2-none-any", "3.12", False),
    ],
)
def test_a_wheel_for_another_python_is_refused(tag: str, python: str, fits: bool, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "own", tag=tag)
    given = parse_requirements([f"./{wheel.name}"], folder=tmp_path, origin="a")
    if fits:
        assert choose_requirements(SeenPackages(), given, python=python).wheels
        return
    with pytest.raises(InvalidModel, match=f"is not for Python {python}"):
        choose_requirements(SeenPackages(), given, python=python)


@pytest.mark.runs_program
def test_the_wheels_of_requirements_are_files_of_the_bundle_which_then_contains_code(tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "own")
    staging = tmp_path / "staging"
    staging.mkdir()
    bundle = bundle_model(_Model(), DeployOptions(requirements=[str(wheel)]), staging)
    path = f".unshelf/wheels/{wheel.name}"
    assert f"own @ bundle:{path}" in bundle.manifest.requirements
    assert path in {file.path for file in bundle.manifest.files}
    assert bundle.manifest.runs_code


class _Model:
    def predict(self, rows: list[object]) -> list[object]:
        return rows
