"""Exports of environments: an archive from which the same files are installed again, without a network."""

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from tests.component.host.running import RunningHost, Sender, running_host
from tests.support.package_index import source_archive
from tests.support.waiting import wait_until
from unshelf.contracts.protocols.environments import (
    ArchiveChunk,
    ArchiveEnd,
    BuildEnvironment,
    EnvironmentBuilt,
    ExportEnvironment,
)
from unshelf.contracts.protocols.host import Failed

_BACKEND = """
import zipfile
FILES = {
    "homemade/__init__.py": "SIZE = 1\\n",
    "homemade-1.0.data/scripts/measure": "#!python\\nprint(1)\\n",
    "homemade-1.0.data/data/share/homemade.txt": "data\\n",
    "homemade-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: homemade\\nVersion: 1.0\\n",
    "homemade-1.0.dist-info/entry_points.txt": "[console_scripts]\\nhomemade = homemade:main\\n",
    "homemade-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "homemade-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        for path, text in FILES.items():
            wheel.writestr(path, text)
        wheel.writestr("homemade-1.0.dist-info/RECORD", "".join(path + ",,\\n" for path in FILES))
    return name
"""
_MADE_BY_INSTALLERS = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package that there is as a source archive alone."""
    folder = tmp_path_factory.mktemp("links")
    (folder / "homemade-1.0.tar.gz").write_bytes(source_archive("homemade", _BACKEND))
    return folder


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, links: Path) -> Iterator[RunningHost]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_FIND_LINKS", str(links))
        with running_host(tmp_path_factory.mktemp("host") / "home") as running:
            yield running


def built(host: RunningHost, *requirements: str) -> EnvironmentBuilt:
    answer = host.sender().ask(BuildEnvironment(id=1, requirements=list(requirements)))
    assert isinstance(answer, EnvironmentBuilt), answer
    return answer


def ask(host: RunningHost, environment: EnvironmentBuilt, **other: Any) -> Sender:
    sender = host.sender()
    facts = {"environment": environment.environment, "lock": environment.lock, "python": environment.python}
    sender.send(ExportEnvironment(id=1, name="base:1", **{**facts, **other}))
    return sender


def archive(sender: Sender) -> dict[str, bytes]:
    """Read an archive to its end: path → content."""
    content = b""
    while not isinstance(answer := sender.receive(), ArchiveEnd):
        assert isinstance(answer, ArchiveChunk), answer
        content += answer.data
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def files_in(environment: Path) -> dict[str, str]:
    """What the packages of an environment installed: path → digest."""
    (site,) = environment.glob("lib/python*/site-packages")
    places = [*site.rglob("*"), *environment.glob("share/*")]
    found = {
        str(path.relative_to(environment)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in places
        if path.is_file() and path.suffix != ".pyc" and path.name not in _MADE_BY_INSTALLERS
    }  # fmt: skip
    scripts = [path for path in environment.glob("bin/*") if path.name in ("measure", "homemade")]
    return found | {path.name: path.read_text().partition("\n")[2] for path in scripts}


def without_a_network(*command: str | Path) -> None:
    """Run a command where there is no network at all, if the kernel lets us make such a place."""
    outside = ["unshare", "--map-root-user", "--net"] if shutil.which("unshare") else []
    if outside and subprocess.run([*outside, "true"], check=False, capture_output=True).returncode:
        outside = []
    done = subprocess.run([*outside, *map(str, command)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_environment_is_built_again_from_its_archive_without_a_network(host: RunningHost, tmp_path: Path) -> None:
    """Given packages of an index and one that was built here, when they are exported, then the two commands of the README make an
    environment with the same files, and the lock is that of the same hash."""
    environment = built(host, "six==1.17.0", "homemade")

    content = archive(ask(host, environment))

    for name, data in content.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    assert content["pylock.toml"].decode() == environment.lock
    facts = json.loads(content["environment.json"])
    assert (facts["environment"], facts["name"], facts["repacked"]) == (environment.environment, "base:1", ["homemade"])
    assert {name for name in content if name.endswith(".whl")} == {
        "wheels/six-1.17.0-py2.py3-none-any.whl", "wheels/homemade-1.0-py3-none-any.whl",
    }  # fmt: skip
    uv = find_uv_bin()
    commands = [line.split()[1:] for line in content["README.md"].decode().splitlines() if line.startswith("    uv ")]
    assert len(commands) == 2
    nowhere = ["--no-config", "--cache-dir", tmp_path / "cache", "--directory", tmp_path]
    for command in commands:
        without_a_network(uv, *command, *nowhere)
    assert files_in(tmp_path / ".venv") == files_in(host.home / "environments" / environment.environment)


def test_two_archives_of_an_environment_are_the_same(host: RunningHost) -> None:
    environment = built(host, "six==1.17.0", "homemade")
    assert archive(ask(host, environment)) == archive(ask(host, environment))


def test_a_package_that_no_index_has_any_more_is_in_the_archive_too(host: RunningHost) -> None:
    environment = built(host, "six==1.16.0")
    gone = environment.lock.replace("https://", "file:///gone/").replace("file:///opt", "file:///gone")
    content = archive(ask(host, environment, lock=gone))
    assert "wheels/six-1.16.0-py2.py3-none-any.whl" in content
    assert json.loads(content["environment.json"])["repacked"] == ["six"]


def test_an_environment_that_can_not_be_built_any_more_is_a_failure_before_the_first_byte(host: RunningHost) -> None:
    environment = built(host, "six==1.15.0")
    shutil.rmtree(host.home / "environments" / environment.environment)
    answer = ask(host, environment, lock=environment.lock.replace("1.15.0", "1.14.0")).receive()
    assert isinstance(answer, Failed)
    assert answer.code == "build_failed"


def test_who_hangs_up_leaves_nothing(host: RunningHost) -> None:
    sender = ask(host, built(host, "six==1.17.0"))
    sender.close()
    wait_until(lambda: not list(host.run.glob("export-*")))
