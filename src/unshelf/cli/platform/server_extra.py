"""The extra that brings the platform: `pip install unshelf` alone is a client."""

import sys
from importlib import import_module, metadata
from importlib.util import find_spec

from packaging.requirements import Requirement

from unshelf.client.errors import UnshelfError

_OLDEST_PYTHON = (3, 11)
_PACKAGES = (
    "alembic", "cronsim", "cryptography", "datasketches", "duckdb", "fastapi", "granian", "grpc", "httptools", "inotify_simple",
    "joserfc", "numpy", "optuna", "prometheus_client", "google.protobuf", "pwdlib", "pyarrow", "pydantic_settings", "scipy",
    "sqlalchemy", "tzdata", "uv", "uvloop",
)  # fmt: skip
"""The modules of pyproject's extra `server`; tests/unit/cli holds both together."""
_IMPORTED_AS = {"grpcio": "grpc", "inotify-simple": "inotify_simple", "prometheus-client": "prometheus_client",
    "protobuf": "google.protobuf", "pydantic-settings": "pydantic_settings"}  # fmt: skip
_BELOW = ("<", "<=", "!=")


def require_server(command: str) -> None:
    """Raise UnshelfError, which says what to install, where the platform can't run."""
    if sys.version_info < _OLDEST_PYTHON:
        raise UnshelfError(
            f"`unshelf {command}` runs the platform, which needs Python 3.11 or newer; this is {sys.version.split()[0]}.",
            code="extra_missing",
            hint="Install it into a newer Python: pip install 'unshelf[server]'. The client works here.",
        )
    missing = [name for name in _PACKAGES if not _is_installed(name)]
    if missing:
        raise UnshelfError(
            f"`unshelf {command}` runs the platform, which is not installed here: {', '.join(missing)} can't be found.",
            code="extra_missing",
            hint="Run `pip install 'unshelf[server]'`.",
        )
    unusable = [said for requirement in _requirements() if (said := _unusable(requirement))]
    if unusable:
        raise UnshelfError(
            f"`unshelf {command}` runs the platform, which can't work with packages of this environment: {'; '.join(unusable)}.",
            code="extra_missing",
            hint="Run `pip install 'unshelf[server]'`, best in an environment of its own: models have their own packages.",
        )


def _requirements() -> list[Requirement]:
    """Return the requirements of this release's extra `server`; none where unshelf runs without being installed."""
    try:
        lines = metadata.requires("unshelf") or []
    except metadata.PackageNotFoundError:
        return []
    read = [Requirement(line) for line in lines]
    return [each for each in read if each.marker is not None and each.marker.evaluate({"extra": "server"})]


def _unusable(requirement: Requirement) -> str:
    """Say why an installed package can't be used: older than needed, or newer than known and not to be imported; empty: it can."""
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return ""
    if requirement.specifier.contains(version, prereleases=True):
        return ""
    said = f"{requirement.name} is {version}, wanted is {requirement.specifier}"
    if any(
        not each.contains(version, prereleases=True) for each in requirement.specifier if each.operator not in _BELOW
    ):
        return said
    try:
        import_module(_IMPORTED_AS.get(requirement.name, requirement.name))
    except ImportError as error:
        return f"{said} ({error})"
    return ""


def _is_installed(module: str) -> bool:
    parent = module.partition(".")[0]
    return find_spec(parent) is not None and find_spec(module) is not None
