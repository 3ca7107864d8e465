"""Folders of packages that only the operator may enter: the sandboxed lock and build find what lies in them."""

import os
import tarfile
from pathlib import Path

import pytest
import uvloop

from tests.component.host.running import PYTHON
from tests.support.wheels import write_source, write_wheel
from unshelf.contracts.home import Home
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreters
from unshelf.host.launch.network.relays import Relays
from unshelf.host.packages.uv import Uv
from unshelf.host.sandbox.backends import open_sandbox

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")


def close(folder: Path, owner: int) -> None:
    """Nobody but this owner may read the folder and what is in it, as umask 077 has it."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.chown(path, owner, owner)


def archive(folder: Path, work: Path, name: str) -> Path:
    """A source distribution, which can't be had without running its build."""
    folder.mkdir(parents=True, exist_ok=True)
    source = write_source(work / name, name, code=f"NAME = {name!r}\n")
    (source / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    with tarfile.open(folder / f"{name}-1.0.tar.gz", "w:gz") as sources:
        sources.add(source, f"{name}-1.0")
    return folder / f"{name}-1.0.tar.gz"


async def built(folder: Path, variables: dict[str, str], *requirements: str) -> list[str]:
    """The modules of an environment with these requirements."""
    home = Home(folder / "home")
    for path in (home.environments, home.run, home.worker_logs):
        path.mkdir(parents=True, exist_ok=True)
    sandbox = open_sandbox("require", "", home.folder)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    relays = Relays(home, sandbox, [])
    uv = Uv(home.run, environment, cache=home.cache / "uv", sandbox=sandbox, ways_out=relays)
    store = EnvironmentStore(home, uv)
    interpreter = await Interpreters(uv).choose(PYTHON)
    name, _ = await store.build(await store.lock(requirements, interpreter), interpreter)
    await relays.stop()
    return sorted(path.stem for path in store.python(name).parent.parent.glob("lib/*/site-packages/*.py"))


@pytest.mark.parametrize("owner", [0, 1234])
def test_a_folder_of_wheels_and_sources_that_only_its_owner_may_enter(tmp_path: Path, owner: int) -> None:
    links = tmp_path / "wheel house"
    write_wheel(links, "closed_wheel")
    archive(links, tmp_path / "work", "closed_source")
    close(links, owner)
    variables = {"UV_FIND_LINKS": f"file://{tmp_path}/wheel%20house", "UV_NO_INDEX": "1"}
    found = uvloop.run(built(tmp_path, variables, "closed-wheel", "closed-source"))
    assert {"closed_wheel", "closed_source"} <= set(found)


@pytest.mark.long
@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "PIP_INDEX_URL", "PIP_FIND_LINKS"])
def test_an_index_of_files_that_only_root_may_enter(tmp_path: Path, name: str) -> None:
    index = tmp_path / "index"
    for package in ("shut_wheel", "shut_source"):
        folder = index / package.replace("_", "-")
        file = write_wheel(folder, package) if package == "shut_wheel" else archive(folder, tmp_path / "work", package)
        (folder / "index.html").write_text(f'<a href="{file.name}">{file.name}</a>')
        (index / file.name).write_bytes(file.read_bytes())
    close(index, 0)
    variables = {name: str(index), "UV_NO_INDEX": "1"} if "LINKS" in name else {name: f"file://{index}"}
    found = uvloop.run(built(tmp_path, variables, "shut-wheel", "shut-source"))
    assert {"shut_wheel", "shut_source"} <= set(found)
