"""Packages that were installed here from elsewhere than an index: where from, and their files as a wheel again."""

import base64
import configparser
import csv
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit, urlunsplit

from unshelf.client.errors import InvalidModel

_NOT_CARRIED = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Files of a package's metadata that tell of its installation here, not of the package."""
_CONDA_BUILD = re.compile(r"/croot/|/feedstock_root/|/conda-bld/")
_EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The place that a package was installed from, when that was no index (PEP 610)."""

    address: str
    """Without a password."""
    commit: str = ""
    revision: str = ""
    """The branch, tag or commit that was asked for."""
    folder: Path | None = None
    """The folder of its source, where it was installed from one."""
    editable: bool = False

    def __str__(self) -> str:
        return f"{self.address} at commit {self.commit[:12]}" if self.commit else self.address


def origin_of(name: str) -> Origin | None:
    """Return where an installed package comes from; None: from an index. Raises metadata.PackageNotFoundError."""
    distribution = metadata.distribution(name)
    text = distribution.read_text("direct_url.json")
    # conda's packages name the folder in which conda built them: a release that indexes have, built otherwise.
    if not text or (distribution.read_text("INSTALLER") or "").strip() == "conda" or _CONDA_BUILD.search(text):
        return None
    facts = json.loads(text)
    url = str(facts.get("url") or "")
    vcs, folder = facts.get("vcs_info") or {}, facts.get("dir_info")
    prefix = f"{vcs['vcs']}+" if vcs.get("vcs") else ""
    return Origin(
        address=prefix + without_password(url),
        commit=str(vcs.get("commit_id") or ""),
        revision=str(vcs.get("requested_revision") or ""),
        folder=Path(unquote(urlsplit(url).path)) if folder is not None else None,
        editable=bool((folder or {}).get("editable")),
    )


def without_password(url: str) -> str:
    """Return an address without user and password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host)) if host != parts.netloc else url


def wheel_of(distribution: metadata.Distribution) -> tuple[str, bytes]:
    """Return an installed distribution as a wheel: its file name, and its bytes, the same for the same files.

    The files are those that are installed, as they are now. Raises InvalidModel for a package without a list of them."""
    name, version = distribution.metadata["Name"], distribution.version
    tags = re.findall(r"^Tag:\s*(\S+)", distribution.read_text("WHEEL") or "", re.MULTILINE)
    if not tags or not distribution.files:
        raise InvalidModel(
            f"{name} {version} is no package of an index, and it was not installed as a wheel, so its files are not known.",
            hint="Install it again with pip or uv, or give a wheel of it: requirements=['./name-1.0-py3-none-any.whl'].",
        )
    info = f"{_in_file_name(name)}-{version}.dist-info"
    written = io.BytesIO()
    record = io.StringIO()
    lines = csv.writer(record, lineterminator="\n")
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content, executable in sorted(_files(distribution, info)):
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            lines.writerow([path, f"sha256={digest}", len(content)])
            _add(wheel, path, content, executable=executable)
        lines.writerow([f"{info}/RECORD", "", ""])
        _add(wheel, f"{info}/RECORD", record.getvalue().encode(), executable=False)
    return f"{_in_file_name(name)}-{version}-{_compressed(tags)}.whl", written.getvalue()


def _files(distribution: metadata.Distribution, info: str) -> Iterator[tuple[str, bytes, bool]]:
    """Yield the path in the wheel, the content, and whether it may be executed."""
    scripts = _generated_scripts(distribution)
    root = Path(str(distribution.locate_file("")))
    for path in distribution.files or []:
        place = PurePosixPath(str(path))
        if place.suffix in (".pyc", ".pyo") or "__pycache__" in place.parts:
            continue
        if place.parent.name.endswith(".dist-info"):
            if place.name in _NOT_CARRIED:
                continue
            place = PurePosixPath(info, place.name)
        elif place.parts[0].endswith(".dist-info"):
            place = PurePosixPath(info, *place.parts[1:])
        file = root / str(path)
        try:
            content, executable = file.read_bytes(), bool(file.stat().st_mode & 0o100)
        except OSError as error:
            raise InvalidModel(
                f"{distribution.metadata['Name']} is installed here, but its file {path} can't be read: {error.strerror}.",
                hint="Install the package again.",
            ) from error
        if ".." in place.parts or place.is_absolute():
            outside = _outside(file, info)
            if outside is None or file.name in scripts:
                continue
            place = outside
            content = re.sub(rb"\A#!\S*python\S*", b"#!python", content) if "scripts" in place.parts else content
        yield place.as_posix(), content, executable


def _outside(file: Path, info: str) -> PurePosixPath | None:
    """Return the place in a wheel of a file beside the folder of packages: a script, or data below the environment's root."""
    data = info.removesuffix(".dist-info") + ".data"
    whole = Path(file.parent.resolve(), file.name)
    prefix = Path(sys.prefix).resolve()
    if not whole.is_relative_to(prefix):
        return None
    inside = PurePosixPath(whole.relative_to(prefix).as_posix())
    if inside.parts[0] in ("bin", "Scripts"):
        return PurePosixPath(data, "scripts", *inside.parts[1:])
    return PurePosixPath(data, "data", *inside.parts)


def _generated_scripts(distribution: metadata.Distribution) -> set[str]:
    """Return the names of the scripts that an installer makes anew from the entry points."""
    points = configparser.ConfigParser(delimiters="=", strict=False)
    points.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    points.read_string(distribution.read_text("entry_points.txt") or "")
    sections = (each for each in ("console_scripts", "gui_scripts") if points.has_section(each))
    names = {name for section in sections for name in points.options(section)}
    return names | {f"{name}.exe" for name in names}


def _add(wheel: zipfile.ZipFile, path: str, content: bytes, *, executable: bool) -> None:
    entry = zipfile.ZipInfo(path, _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    wheel.writestr(entry, content)


def _compressed(tags: list[str]) -> str:
    """Return a wheel's tags as its name has them: `py2.py3-none-any`."""
    columns = zip(*(tag.split("-", 2) for tag in tags), strict=True)
    return "-".join(".".join(sorted(set(column))) for column in columns)


def _in_file_name(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()
