"""Package indexes that ask for a password: it reaches the index, and nothing and nobody else."""

import os
import subprocess
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import uvloop

from tests.component.host.running import PYTHON
from tests.support.private_index import PASSWORD, USER, private_index
from unshelf.contracts.home import Home
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreter, Interpreters
from unshelf.host.artifacts.locks import Lock
from unshelf.host.errors import HostFailure
from unshelf.host.packages.uv import Uv

IN_ADDRESS = f"{USER}:{quote(PASSWORD, safe='')}@"


class Shop:
    """A home folder whose packages come from one index."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.home = Home(folder / "home")
        for path in (self.home.environments, self.home.run):
            path.mkdir(parents=True, exist_ok=True)
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "UV_HTTP_RETRIES": "0"} | variables
        self.uv = Uv(self.home.run, environment, cache=self.home.cache / "uv")
        self.environments = EnvironmentStore(self.home, self.uv)

    async def lock(self, *requirements: str) -> tuple[Lock, Interpreter]:
        interpreter = await Interpreters(self.uv).choose(PYTHON)
        return await self.environments.lock(requirements, interpreter), interpreter

    def build(self, *requirements: str) -> tuple[Lock, Path]:
        async def story() -> tuple[Lock, Path]:
            lock, interpreter = await self.lock(*requirements)
            name, _ = await self.environments.build(lock, interpreter)
            return lock, self.environments.python(name)

        return run(story())

    def refusal(self, *requirements: str) -> HostFailure:
        with pytest.raises(HostFailure) as raised:
            run(self.lock(*requirements))
        return raised.value

    def texts(self) -> str:
        """Everything that lies in the home folder, as text."""
        files = [path for path in self.home.folder.rglob("*") if path.is_file() and not path.is_symlink()]
        return "".join(path.read_bytes().decode(errors="replace") for path in files)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return uvloop.run(work)


def given(address: str, way: str, folder: Path) -> dict[str, str]:
    """The variables by which an operator gives an index and its password."""
    if way == "address":
        return {"UV_DEFAULT_INDEX": address.replace("//", f"//{IN_ADDRESS}")}
    if way == "pip":
        return {"PIP_INDEX_URL": address.replace("//", f"//{IN_ADDRESS}")}
    if way == "named":
        return {
            "UV_DEFAULT_INDEX": f"own-index={address}", "UV_INDEX_OWN_INDEX_USERNAME": USER, "UV_INDEX_OWN_INDEX_PASSWORD": PASSWORD,
        }  # fmt: skip
    (folder / ".netrc").write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    return {"UV_DEFAULT_INDEX": address}


@pytest.mark.parametrize(
    "way", ["address", *(pytest.param(each, marks=pytest.mark.long) for each in ("pip", "named", "netrc"))]
)
def test_a_private_package_is_installed_and_the_password_is_kept_nowhere(tmp_path: Path, way: str) -> None:
    with private_index() as index:
        shop = Shop(tmp_path, **given(index.address(), way, tmp_path))
        lock, python = shop.build("tiny")
        subprocess.run([python, "-I", "-c", "import tiny"], check=True)
        assert f'url = "http://{index.host}/files/tiny-1.0-py3-none-any.whl"' in lock.text
        for secret in (PASSWORD, quote(PASSWORD, safe=""), ".invalid"):
            assert secret not in lock.text
        assert PASSWORD not in shop.texts()
        assert quote(PASSWORD, safe="") not in shop.texts()


def test_a_build_gets_its_private_packages_and_never_sees_the_password(tmp_path: Path) -> None:
    """Given a source archive in a private index, when its build looks everywhere it can, then the password is not there."""
    seen = tmp_path / "seen"
    build = (
        "import glob, os\n"
        f"out = open({str(seen)!r}, 'ab')\n"
        "out.write(repr(dict(os.environ)).encode())\n"
        "pid = os.getpid()\n"
        "while pid > 1:\n"
        "    status = open(f'/proc/{pid}/status').read()\n"
        "    name = open(f'/proc/{pid}/comm').read().strip()\n"
        "    if name in ('uv', 'python', 'python3') and pid != os.getpid():\n"
        "        command = open(f'/proc/{pid}/cmdline', 'rb').read()\n"
        "        if b'pytest' not in command:\n"
        "            out.write(command + open(f'/proc/{pid}/environ', 'rb').read())\n"
        "    pid = int(status.split('PPid:')[1].split()[0])\n"
        "for top in (os.environ['HOME'], os.path.dirname(os.environ['HOME'])):\n"
        "    for path in glob.glob(top + '/**', recursive=True):\n"
        "        if os.path.isfile(path): out.write(open(path, 'rb').read())\n"
        "out.close()\n"
        "raise SystemExit(1)\n"
    )
    with private_index(build) as index:
        shop = Shop(tmp_path, **given(index.address(), "address", tmp_path))
        failure = shop.refusal("own")
    assert "Failed to build `own==1.0`" in failure.detail
    text = seen.read_bytes().decode(errors="replace")
    assert "HOME" in text
    for secret in (PASSWORD, quote(PASSWORD, safe=""), USER):
        assert secret not in text
        assert secret not in failure.log + failure.detail + failure.hint


def test_credentials_in_the_links_of_an_index_are_in_no_lock(tmp_path: Path) -> None:
    with private_index() as index:
        index.is_open, index.link_user = True, "tok:s3cr3tPW@"
        shop = Shop(tmp_path, UV_DEFAULT_INDEX=index.address())
        lock, python = shop.build("tiny")
        subprocess.run([python, "-I", "-c", "import tiny"], check=True)
        assert "s3cr3tPW" not in lock.text
        assert "s3cr3tPW" not in "".join(path.read_text() for path in shop.home.environments.rglob("pylock*.toml"))


@pytest.mark.long
def test_a_refusal_of_the_index_is_told_as_what_it_is(tmp_path: Path) -> None:
    with private_index() as index:
        nobody = Shop(tmp_path / "nobody", UV_DEFAULT_INDEX=index.address()).refusal("tiny")
        assert nobody.detail == (
            f"The package index http://{index.host}/simple refused the credentials for 'tiny' (401 Unauthorized)."
        )
        wrong = Shop(tmp_path / "wrong", UV_DEFAULT_INDEX=index.address("build-bot:wrong-one@")).refusal("tiny")
        assert wrong.detail == (
            f"The package index http://{index.host}/simple refused the credentials for 'tiny' (403 Forbidden)."
        )
        assert "wrong-one" not in wrong.detail + wrong.hint + wrong.log
        for way, folder in (("address", "a"), ("netrc", "b")):
            (tmp_path / folder).mkdir()
            shop = Shop(tmp_path / folder, **given(index.address(), way, tmp_path / folder))
            index.status = 500
            assert "answered 500 Internal Server Error" in shop.refusal("tiny").detail
            index.status = 200
            assert "no package named 'nothing'" in shop.refusal("nothing").detail


@pytest.mark.parametrize("user_info", ["", IN_ADDRESS])
def test_an_index_that_does_not_answer_is_told(tmp_path: Path, user_info: str) -> None:
    failure = Shop(tmp_path, UV_DEFAULT_INDEX=f"http://{user_info}127.0.0.1:9/simple").refusal("tiny")
    assert "The package index can't be reached: " in failure.detail
    assert "refused" in failure.detail
    assert ".invalid" not in failure.detail + failure.log
