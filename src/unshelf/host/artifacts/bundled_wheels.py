"""Wheels of a bundle: packages that no index has, laid out while the environment is locked and built."""

import asyncio
import contextlib
import json
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from unshelf.contracts.bundle import Manifest
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.errors import HostFailure
from unshelf.host.temporary_folder import temporary_folder

FOLDER = "wheels"
"""The folder beside a lock that its paths of wheels lead into."""
_REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._,\s-]*\])?)\s*@\s*bundle:(?P<path>\S+)"
    r"(?:\s*;(?P<marker>[^\x00-\x1f$\\#@/]*))?"
)
_WHEEL = re.compile(r"[A-Za-z0-9_.!+-]{1,250}\.whl")


@dataclass(frozen=True, kw_only=True)
class BundledWheels:
    """The wheels of one bundle, in a folder of their own while they are needed."""

    folder: Path | None = None
    """None: the bundle has none."""
    lines: tuple[str, ...] = ()
    """Their requirements, as uv takes them."""

    def relative(self, lock: str) -> str:
        """Return a lock that was made with `lines`, with paths that do not tell where the wheels lay."""
        if self.folder is None:
            return lock
        return lock.replace(json.dumps(str(self.folder))[:-1] + "/", f'"{FOLDER}/')

    def put_beside(self, lock: Path) -> None:
        """Copy the wheels to where the paths of a lock lead."""
        if self.folder is not None:
            shutil.copytree(self.folder, lock.parent / FOLDER)


NO_WHEELS = BundledWheels()


@contextlib.asynccontextmanager
async def bundled_wheels(
    manifest: Manifest, bundles: BundleStore, run: Path, *, allowed: bool = True
) -> AsyncIterator[BundledWheels]:
    """Lay out the wheels that a manifest's requirements name, in a folder below `run` that goes at the end.

    Raises `lock_failed` for one that is no wheel among the files, and for any where they are not `allowed`."""
    named = [match for each in manifest.requirements if (match := _REQUIREMENT.fullmatch(each))]
    if not named:
        yield NO_WHEELS
        return
    if not allowed:
        raise HostFailure(
            "lock_failed",
            f"This server takes no packages with a bundle, and {named[0]['name'][:100]} is one that comes as a wheel.",
            hint="Publish it in an index of the server, or have the server started with UNSHELF_BUNDLE_WHEELS=true.",
            step="lock",
        )
    files = {file.path: file for file in manifest.files}
    for match in named:
        if match["path"] not in files or not _WHEEL.fullmatch(match["path"].rpartition("/")[2]):
            raise _no_wheel(match["path"])
    # uv reads it in a sandbox, as a user of its own.
    async with temporary_folder(run, prefix="wheels-", fill=lambda made: made.chmod(0o755)) as folder:
        lines = []
        for match in named:
            file = folder / match["path"].rpartition("/")[2]
            if not file.exists():
                await asyncio.to_thread(bundles.copy, files[match["path"]], file)
            marker = f" ;{match['marker']}" if match["marker"] else ""
            lines.append(f"{match['name']} @ file://{file}{marker}")
        yield BundledWheels(folder=folder, lines=tuple(lines))


def of_an_index(requirements: Sequence[str]) -> list[str]:
    """Return the requirements that name no wheel of the bundle."""
    return [each for each in requirements if not _REQUIREMENT.fullmatch(each)]


def _no_wheel(path: str) -> HostFailure:
    return HostFailure(
        "lock_failed",
        f"the requirements name {path[:200]!a}, which is no wheel of the bundle",
        hint="Deploy with this release's client, which puts packages that no index has into the bundle.",
        step="lock",
    )
