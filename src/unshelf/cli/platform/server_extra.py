"""The extra that brings the platform: `pip install unshelf` alone is a client."""

import sys
from importlib.util import find_spec

from unshelf.client.errors import UnshelfError

_OLDEST_PYTHON = (3, 11)
_PACKAGES = (
    "alembic", "cronsim", "cryptography", "datasketches", "duckdb", "fastapi", "granian", "grpc", "httptools", "inotify_simple",
    "joserfc", "numpy", "optuna", "prometheus_client", "google.protobuf", "pwdlib", "pyarrow", "pydantic_settings", "scipy",
    "sqlalchemy", "tzdata", "uv", "uvloop",
)  # fmt: skip
"""The modules of pyproject's extra `server`; tests/unit/cli holds both together."""


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


def _is_installed(module: str) -> bool:
    parent = module.partition(".")[0]
    return find_spec(parent) is not None and find_spec(module) is not None
