"""Packages that no index has, as wheels in a bundle: from a repository, a folder, an address, a file."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from unshelf.client.bundling.files import BundleSource, content_of_bytes
from unshelf.client.bundling.requirements_file import WrittenRequirement
from unshelf.client.errors import InvalidModel
from unshelf.client.packages.building import build_wheel, temporary_folder
from unshelf.client.packages.installed import origin_of, wheel_of, without_password

WHEELS = ".unshelf/wheels"
"""The folder of a bundle's wheels."""
_REPOSITORY = re.compile(r"(git|hg|svn|bzr)\+")
_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class OwnPackage:
    """A package as a file of the bundle."""

    name: str
    version: str
    line: str
    """The requirement: `humanize @ bundle:.unshelf/wheels/humanize-4.9.0-py3-none-any.whl`."""
    wheel: BundleSource
    note: str


def installed_package(name: str) -> OwnPackage | None:
    """Return an installed package as a wheel of its files, if it was not installed from an index. Raises InvalidModel."""
    try:
        origin = origin_of(name)
    except metadata.PackageNotFoundError:
        return None
    if origin is None:
        return None
    if origin.editable and origin.folder is not None:
        return _built(str(origin.folder), str(origin.folder), origin=f"the installed {name}")
    return _of_installed(name, str(origin))


def written_package(written: WrittenRequirement) -> OwnPackage:
    """Return the package that a requirement names by a path or address. Raises InvalidModel, which names its line."""
    source, extras, marker = _parts(written)
    parsed = urlsplit(source)
    if _REPOSITORY.match(source):
        if written.hashes:
            raise InvalidModel(f"{written.origin}: a repository has no hash; name the commit: …@COMMIT.")
        package = _same_installed(written, source) or _built(source, without_password(source), origin=written.origin)
    elif parsed.scheme in ("http", "https"):
        package = _fetched(written, source)
    elif parsed.scheme in ("", "file"):
        package = _local(written, Path(unquote(parsed.path) if parsed.scheme else source.partition("#")[0]))
    else:
        raise InvalidModel(
            f"{written.origin}: {parsed.scheme}: is no address that packages come from.",
            hint="Give git+https:, https:, or a path.",
        )
    if written.name and written.name != package.name:
        raise InvalidModel(f"{written.origin}: it asks for {written.name}, and {package.wheel.path} is {package.name}.")
    line = package.line.replace(" @ ", f"{extras} @ ", 1) + (f" ; {marker}" if marker else "")
    return OwnPackage(name=package.name, version=package.version, line=line, wheel=package.wheel, note=package.note)


def _parts(written: WrittenRequirement) -> tuple[str, str, str]:
    """Return the path or address, the extras in brackets, and the marker."""
    if written.parsed is not None:
        extras = f"[{','.join(sorted(written.parsed.extras))}]" if written.parsed.extras else ""
        return str(written.parsed.url), extras, str(written.parsed.marker or "")
    text, _, marker = written.text.partition(" ;")
    match = re.fullmatch(r"(.*?)(\[[\w.,\s-]+\])?(#.*)?", text.strip())
    if match is None:
        return text.strip(), "", marker.strip()
    return match[1] + (match[3] or ""), match[2] or "", marker.strip()


def _same_installed(written: WrittenRequirement, source: str) -> OwnPackage | None:
    """Return what is installed here from the same repository and revision: that is what the model was made with."""
    egg = re.search(r"[#&]egg=([\w.-]+)", source)
    name = written.name or (canonicalize_name(egg[1]) if egg else "")
    try:
        origin = origin_of(name) if name else None
    except metadata.PackageNotFoundError:
        return None
    address, _, revision = (
        source.partition("#")[0].rpartition("@") if "@" in _path_of(source) else (source.partition("#")[0], "", "")
    )
    if (
        origin is None
        or origin.address != without_password(address)
        or revision not in (origin.revision, origin.commit)
    ):
        return None
    return _of_installed(name, str(origin))


def _path_of(source: str) -> str:
    return urlsplit(source.partition("#")[0]).path


def _of_installed(name: str, origin: str) -> OwnPackage:
    file, content = wheel_of(metadata.distribution(name))
    return _package(file, content, f"is installed here from {origin}: its installed files go with the model as a wheel")


def _built(source: str, shown: str, *, origin: str) -> OwnPackage:
    with temporary_folder() as folder:
        path = build_wheel(source, Path(folder), shown=f"{origin}: {shown}")
        return _package(path.name, path.read_bytes(), f"was made a wheel here from {shown}, which goes with the model")


def _fetched(written: WrittenRequirement, source: str) -> OwnPackage:
    """Fetch an archive and check its hash: that of the address (`#sha256=…`) and those of the line."""
    address, _, fragment = source.partition("#")
    shown = without_password(address)
    hashes = [
        *written.hashes,
        *(f"sha256:{each.lower()}" for each in re.findall(r"sha256=([0-9a-fA-F]{64})", fragment)),
    ]
    if urlsplit(address).scheme == "http" and not hashes:
        raise InvalidModel(f"{written.origin}: {shown} is not https.", hint="Give its hash too: …#sha256=….")
    name = unquote(urlsplit(address).path.rpartition("/")[2])
    try:
        with httpx.Client(follow_redirects=True, timeout=_SECONDS) as client:
            response = client.get(address)
            response.raise_for_status()
    except httpx.HTTPError as error:
        raise InvalidModel(
            f"{written.origin}: {shown} can't be fetched: {without_password(str(error)) or type(error).__name__}."
        ) from error
    _check_hashes(response.content, hashes, f"{written.origin}: {shown}")
    if name.endswith(".whl"):
        return _package(name, response.content, f"was fetched from {shown} and goes with the model")
    with temporary_folder() as folder:
        archive = Path(folder, name)
        archive.write_bytes(response.content)
        return _built(str(archive), shown, origin=written.origin)


def _local(written: WrittenRequirement, path: Path) -> OwnPackage:
    place = (written.folder / path.expanduser()).resolve()
    if not place.exists():
        raise InvalidModel(
            f"{written.origin}: there is nothing at {place}.", hint="Mend the path; it counts from the file's folder."
        )
    if place.is_file():
        _check_hashes(place.read_bytes(), written.hashes, f"{written.origin}: {path}")
        if place.suffix == ".whl":
            return _package(
                place.name, place.read_bytes(), "is a file given with the requirements, which goes with the model"
            )
    return _built(str(place), str(path), origin=written.origin)


def _check_hashes(content: bytes, hashes: Sequence[str], shown: str) -> None:
    for each in hashes:
        algorithm, _, wanted = each.partition(":")
        if hashlib.new(algorithm, content).hexdigest() == wanted:
            return
    if hashes:
        raise InvalidModel(
            f"{shown} has none of the hashes that are given: it is another file.", hint="Compare the two."
        )


def refuse_other_python(package: OwnPackage, minor: str) -> None:
    """Raise InvalidModel for a wheel that is made for another Python than 3.`minor`."""
    tags = parse_wheel_filename(package.wheel.path.rpartition("/")[2])[3]
    number = int(minor.partition(".")[2])
    for tag in tags:
        match = re.fullmatch(r"(cp|py)3(\d+)?|py2", tag.interpreter)
        if match is None or match[1] is None:
            continue
        made_for = int(match[2]) if match[2] else 0
        if made_for == number or (made_for <= number and (match[1] == "py" or tag.abi == "abi3")):
            return
    raise InvalidModel(
        f"{package.wheel.path.rpartition('/')[2]} is not for Python {minor}, which the environment has.",
        hint="Deploy with the Python that the wheel is for, or give a wheel for the other.",
    )


def _package(file: str, content: bytes, note: str) -> OwnPackage:
    try:
        name, version, _, _ = parse_wheel_filename(file)
        path = f"{WHEELS}/{file}"
        line = f"{name} @ bundle:{path}"
        Requirement(line)
    except (InvalidWheelFilename, InvalidRequirement) as error:
        raise InvalidModel(f"{file} is no wheel's name: {error}.") from error
    wheel = content_of_bytes(path, content)
    said = f"{name} {version} {note} (sha256 {wheel.sha256[:12]}…)."
    return OwnPackage(name=name, version=str(version), line=line, wheel=wheel, note=said)
