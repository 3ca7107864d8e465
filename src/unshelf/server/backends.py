"""Backends by name: the class behind each port. A backend's module, and the library it needs, is imported only when chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from unshelf.runtime.blobs.backends import BACKENDS as BLOB_BACKENDS
from unshelf.server.extras import ExtraMissing
from unshelf.server.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A class that stands behind a port, and what it needs."""

    target: str
    """`module:Class`. The module imports the backend's library at its top."""
    library: str | None = None
    """The module of the library that an extra brings; None: nothing beyond the platform's own."""
    extra: str | None = None
    """The extra to install when the library is missing."""


DATABASES: Mapping[str, Backend] = {
    "sqlite": Backend(target="unshelf.foundation.database.sqlite:SqliteDatabase"),
    "postgresql": Backend(
        target="unshelf.foundation.database.postgresql:PostgresqlDatabase", library="psycopg", extra="postgres"
    ),
}
BLOBS: Mapping[str, Backend] = {
    "files": Backend(target=BLOB_BACKENDS["files"]),
    "s3": Backend(target=BLOB_BACKENDS["s3"], library="s3fs", extra="s3"),
}
LAUNCHERS: Mapping[str, Backend] = {"process": Backend(target="unshelf.host.launch.launcher:Launcher")}
IDENTITIES: Mapping[str, Backend] = {"local": Backend(target="unshelf.manage.keys.service:KeysService")}
PREDICTIONS: Mapping[str, Backend] = {
    "files": Backend(target="unshelf.records.archive.files:Archive"),
    "s3": Backend(target="unshelf.records.archive.s3:S3Files", library="s3fs", extra="s3"),
}
PORTS: Mapping[str, Mapping[str, Backend]] = {
    "database": DATABASES,
    "blobs": BLOBS,
    "launcher": LAUNCHERS,
    "identity": IDENTITIES,
    "predictions": PREDICTIONS,
}
"""By the name of the setting that chooses."""


class UnknownBackend(Exception):
    """A setting chooses a backend that does not exist."""


def backend_of(port: str, setting: str) -> Backend:
    """Return the backend that a setting such as `s3://bucket/prefix` or `files` chooses. Raises UnknownBackend."""
    name = setting.partition(":")[0]
    try:
        return PORTS[port][name]
    except KeyError:
        known = " or ".join(PORTS[port])
        raise UnknownBackend(
            f"UNSHELF_{port.upper()} chooses {name[:40]!r}, which is no backend for {port}; choose {known}."
        ) from None


def load_backend(port: str, setting: str) -> Any:
    """Import the class that a setting chooses. Raises UnknownBackend, and ExtraMissing where its library is not installed."""
    backend = backend_of(port, setting)
    _refuse_missing_library(port, backend)
    module, _, name = backend.target.partition(":")
    return getattr(import_module(module), name)


def refuse_unusable_backends(settings: Settings) -> None:
    """Check every choice before anything starts: there is no fallback. Raises UnknownBackend or ExtraMissing."""
    for port in PORTS:
        _refuse_missing_library(port, backend_of(port, getattr(settings, port)))


def _refuse_missing_library(port: str, backend: Backend) -> None:
    if backend.library is not None and find_spec(backend.library) is None:
        raise ExtraMissing(
            f"UNSHELF_{port.upper()} needs the extra {backend.extra!r}, which is not installed; "
            f"install it: pip install 'unshelf[{backend.extra}]'"
        )
