"""Wheels made here from source: of a folder, an archive, a repository, by the tool that installs packages here."""

import subprocess
import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from unshelf.client.errors import InvalidModel
from unshelf.client.packages.installed import wheel_of, without_password

_SECONDS = 900
_LINES = 12


def build_wheel(source: str, folder: Path, *, shown: str) -> Path:
    """Make a wheel of `source`, a folder, archive or address as pip takes it, in the empty `folder`; the path of the wheel.

    `shown` is how messages call it. Raises InvalidModel with the last lines of the tool."""
    command = _command(source, folder)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise InvalidModel(f"{shown} was not built within {_SECONDS} seconds.") from error
    target = folder / "installed"
    if done.returncode == 0 and target.is_dir():
        _pack(target, folder)
    found = sorted(folder.glob("*.whl"))
    if done.returncode or len(found) != 1:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-_LINES:])
        raise InvalidModel(
            f"{shown} can't be made a wheel here:\n{said.replace(source, without_password(source))}",
            hint="Make it yourself (`python -m build --wheel`) and give the file: ./name-1.0-py3-none-any.whl.",
        )
    return found[0]


def _command(source: str, folder: Path) -> list[str]:
    if find_spec("pip") is not None:
        return [
            sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps", "--wheel-dir",
            str(folder), source,
        ]  # fmt: skip
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.is_file() else which("uv")
    if uv is None:
        raise InvalidModel(
            f"{without_password(source)} has to be made a wheel, and neither pip nor uv is here to do it.",
            hint="Install pip, or give a wheel: ./name-1.0-py3-none-any.whl.",
        )
    target = str(folder / "installed")
    return [uv, "pip", "install", "--quiet", "--python", sys.executable, "--no-deps", "--target", target, source]


def _pack(target: Path, folder: Path) -> None:
    """Make a wheel of what uv installed, which makes none of what has a repository's address."""
    for distribution in metadata.Distribution.discover(path=[str(target)]):
        name, content = wheel_of(distribution)
        (folder / name).write_bytes(content)


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder to build in, which goes when it is let go of."""
    return tempfile.TemporaryDirectory(prefix="unshelf-wheel-")
