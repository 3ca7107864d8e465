"""Export of an environment: its lock, and wheels of all its packages, from which it is built again without a network."""

import asyncio
import hashlib
import json
import tarfile
import tomllib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from unshelf.contracts.home import Home
from unshelf.contracts.protocols.environments import ArchiveChunk, ArchiveEnd, ExportEnvironment
from unshelf.contracts.protocols.host import FromHost, Progress
from unshelf.host.artifacts.pylock import platform_tag
from unshelf.host.artifacts.repacked_wheels import InstalledPackage, installed_packages, repack
from unshelf.host.errors import HostFailure
from unshelf.host.packages.fetch_process import WantedFile
from unshelf.host.packages.uv import Uv
from unshelf.host.prepare.environments import EnvironmentBuilder
from unshelf.host.prepare.progress import ProgressReporter
from unshelf.host.prepare.verdict import site_packages
from unshelf.host.temporary_folder import temporary_folder

EXPORT = "export-"
"""How the name of a folder begins that an archive is made in."""
_WHEELS = "wheels"
_CHUNK = 1 << 20
_BLOCK = 512
_README = """# The environment {name}

`{hash}`: Python {python}, {count} packages, made on {platform}.

Build it again on a machine like that one, without a network:

    uv venv --relocatable --python {python} .venv
    uv pip install --python .venv --no-index --find-links wheels --require-hashes --requirement requirements.txt

- `pylock.toml` is the lock that the environment was built from, and its hash is the environment's name.
- `requirements.txt` has every package with the hash of its wheel in `wheels/`.
{repacked}"""
_REPACKED = """- These were built from source, or are in no index any more, so their wheels were made of the installed files: {names}.
"""


class EnvironmentExporter:
    """Makes archives of environments, a few at once."""

    def __init__(self, builder: EnvironmentBuilder, *, home: Home, uv: Uv) -> None:
        self._builder = builder
        self._home = home
        self._uv = uv

    async def export(self, request: ExportEnvironment, say: Callable[[FromHost], Awaitable[None]]) -> ArchiveEnd:
        """Make the archive in a folder of its own, then send it, a piece at a time; raises HostFailure before the first piece."""
        environments, turns = self._builder.environments, self._builder.turns

        async def nothing(_progress: Progress) -> None:
            """Say nothing: the answer is the archive."""

        async with (
            environments.holds.hold(request.environment),
            turns.exports.turn(request.actor),
            temporary_folder(self._home.run, prefix=EXPORT) as folder,
        ):
            python = await self._builder.ensure(
                environment=request.environment, lock=request.lock, python=request.python, actor=request.actor,
                voice=ProgressReporter(request.id, nothing),
            )  # fmt: skip
            await self._fill(folder, request, python)
            chunks = tar_chunks(folder)
            while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
                await say(ArchiveChunk(id=request.id, data=chunk))
        return ArchiveEnd(id=request.id)

    async def _fill(self, folder: Path, request: ExportEnvironment, python: Path) -> None:
        wheels = folder / _WHEELS
        wheels.mkdir()
        installed = {each.name: each for each in await asyncio.to_thread(_installed, python)}
        locked = tomllib.loads(request.lock).get("packages", [])
        wanted = wanted_wheels(locked, installed.keys(), request.python)
        missing = await self._uv.fetch(wanted, wheels)
        fetched = {canonicalize_name(parse_wheel_filename(each.name)[0]) for each in wanted if each.name not in missing}
        left = [package for name, package in sorted(installed.items()) if name not in fetched]
        for package in left:
            await asyncio.to_thread(repack, package, wheels)
        await asyncio.to_thread(_write_texts, folder, request, [each.name for each in left])


def _installed(python: Path) -> list[InstalledPackage]:
    return [
        package
        for site in sorted({each.resolve() for each in site_packages(python)})
        for package in installed_packages(site)
    ]


def wanted_wheels(packages: list[dict[str, Any]], installed: Any, python: str) -> list[WantedFile]:
    """Choose the wheel of each installed package that an index has for this Python, as an installer does: the one whose tags fit best."""
    minor = (3, int(python.split(".")[1]))
    order = {tag: place for place, tag in enumerate([*cpython_tags(minor), *compatible_tags(minor, f"cp3{minor[1]}")])}
    chosen = []
    for package in packages:
        if canonicalize_name(package["name"]) not in installed:
            continue
        fitting = [
            (place, name, wheel)
            for wheel in package.get("wheels", [])
            if "url" in wheel and (place := _place(name := _name_of(wheel), order)) is not None
        ]
        if fitting:
            _, name, wheel = min(fitting, key=lambda each: each[:2])
            chosen.append(WantedFile(name=name, url=wheel["url"], hashes=wheel["hashes"]))
    return chosen


def _name_of(wheel: dict[str, Any]) -> str:
    return str(wheel.get("name") or unquote(urlsplit(wheel["url"]).path).rpartition("/")[2])


def _place(name: str, order: dict[Tag, int]) -> int | None:
    """Return how well a wheel fits, the least the best; None: not at all."""
    try:
        tags = parse_wheel_filename(name)[3]
    except InvalidWheelFilename:
        return None
    return min((order[tag] for tag in tags if tag in order), default=None)


def _write_texts(folder: Path, request: ExportEnvironment, repacked: list[str]) -> None:
    """Write the lock, the requirements with the hashes of the wheels, and what people need to know."""
    lines = []
    for wheel in sorted((folder / _WHEELS).iterdir()):
        name, version, _, _ = parse_wheel_filename(wheel.name)
        lines.append(f"{name}=={version} --hash=sha256:{_digest(wheel)}\n")
    (folder / "requirements.txt").write_text("".join(lines))
    (folder / "pylock.toml").write_text(request.lock)
    facts = {
        "environment": request.environment, "name": request.name, "python": request.python, "platform": platform_tag(),
        "repacked": repacked,
    }  # fmt: skip
    (folder / "environment.json").write_text(json.dumps(facts, indent=2) + "\n")
    readme = _README.format(
        name=request.name or request.environment[:12], hash=request.environment, python=request.python,
        count=len(lines), platform=platform_tag(),
        repacked=_REPACKED.format(names=", ".join(repacked)) if repacked else "",
    )  # fmt: skip
    (folder / "README.md").write_text(readme)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tar_chunks(folder: Path) -> Iterator[bytes]:
    """Yield a tar archive of the regular files below a folder, by their names, in pieces of about a mebibyte."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        info = tarfile.TarInfo(path.relative_to(folder).as_posix())
        info.size, info.mode = path.stat().st_size, 0o644
        yield info.tobuf(tarfile.PAX_FORMAT)
        with path.open("rb") as file:
            left = info.size
            while chunk := file.read(min(_CHUNK, left)):
                left -= len(chunk)
                yield chunk
        if left:
            raise HostFailure("internal_error", f"{path.name} changed while it was sent")
        yield bytes(-info.size % _BLOCK)
    yield bytes(2 * _BLOCK)
