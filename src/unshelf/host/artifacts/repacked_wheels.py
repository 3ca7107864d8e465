"""Wheels made of installed packages: what was built from source, or came as a file, installed once more with the same files."""

import base64
import configparser
import csv
import email.parser
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.tags import parse_tag
from packaging.utils import NormalizedName, canonicalize_name

_LEFT_OUT = frozenset({"INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json", "uv_build.json"})
"""Files of a `.dist-info` folder that the installer writes."""
_MOMENT = (1980, 1, 1, 0, 0, 0)
_SHEBANG = re.compile(rb"\A#!(?:[^\n]*python[^\n]*|/bin/sh\n'''exec' [^\n]*\n' ''')\n")
"""The beginning of a script whose interpreter the installer put in, also in an environment that may be moved."""
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class InstalledPackage:
    """A package in an environment."""

    name: NormalizedName
    version: str
    folder: Path
    """The `.dist-info` folder."""


def installed_packages(site: Path) -> list[InstalledPackage]:
    """Find the packages in a `site-packages` folder."""
    found = []
    for folder in sorted(site.glob("*.dist-info")):
        facts = email.parser.Parser().parsestr((folder / "METADATA").read_text(errors="replace"), headersonly=True)
        found.append(
            InstalledPackage(name=canonicalize_name(facts["Name"]), version=str(facts["Version"]), folder=folder)
        )
    return found


def repack(package: InstalledPackage, target: Path) -> Path:
    """Write the wheel of an installed package into the folder `target`, the same bytes each time; returns its path."""
    stem = package.folder.name.removesuffix(".dist-info")
    wheel = target / f"{stem}-{_tag_of(package.folder)}.whl"
    rows = []
    with zipfile.ZipFile(wheel, "x", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(_members(package.folder, stem)):
            digest, size = _add(archive, name, path)
            rows.append((name, f"sha256={digest}", str(size)))
        record = f"{package.folder.name}/RECORD"
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([*rows, (record, "", "")])
        archive.writestr(zipfile.ZipInfo(record, _MOMENT), text.getvalue())
    return wheel


def _members(folder: Path, stem: str) -> Iterator[tuple[str, Path]]:
    """Yield the name in the wheel and the path of each file that the package installed."""
    site = folder.parent
    root = site.parents[2]  # lib/python3.11/site-packages
    made_by_installer = _entry_points(folder)
    with (folder / "RECORD").open(newline="") as record:
        names = [row[0] for row in csv.reader(record) if row]
    for name in names:
        path = (site / name).absolute()
        if path.suffix == ".pyc" or not path.is_file() or path.is_symlink():
            continue
        if not name.startswith(("../", "/")):
            if not (path.parent == folder and path.name in _LEFT_OUT):
                yield name, path
            continue
        inside = Path(_normal(site / name)).relative_to(root)
        if inside.parts[0] == "bin":
            if inside.name not in made_by_installer:
                yield f"{stem}.data/scripts/{inside.name}", path
        else:
            yield f"{stem}.data/data/{inside.as_posix()}", path


def _normal(path: Path) -> Path:
    """Return a path without `..`, no link followed."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return Path(*parts)


def _entry_points(folder: Path) -> set[str]:
    """Find the names of the scripts that an installer makes."""
    file = folder / "entry_points.txt"
    parsed = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    if file.is_file():
        parsed.read_string(file.read_text())
    sections = [section for section in ("console_scripts", "gui_scripts") if parsed.has_section(section)]
    return {name for section in sections for name in parsed[section]}


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[str, int]:
    """Add a file; returns its digest as RECORD has it, and its size."""
    info = zipfile.ZipInfo(name, _MOMENT)
    info.external_attr = (path.stat().st_mode & 0o777 | 0o100000) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    digest, size = hashlib.sha256(), 0
    is_script = ".data/scripts/" in name
    with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
        while chunk := source.read(_CHUNK):
            if is_script and not size:
                chunk = _SHEBANG.sub(b"#!python\n", chunk)
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("="), size


def _tag_of(folder: Path) -> str:
    """Return the compressed tag of a wheel's name, from the tags that it was installed with."""
    facts = email.parser.Parser().parsestr((folder / "WHEEL").read_text(), headersonly=True)
    tags = {tag for line in facts.get_all("Tag", ["py3-none-any"]) for tag in parse_tag(line)}
    parts = [sorted({getattr(tag, part) for tag in tags}) for part in ("interpreter", "abi", "platform")]
    return "-".join(".".join(each) for each in parts)
