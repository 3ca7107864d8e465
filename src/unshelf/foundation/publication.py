"""Publication of the routing table: what gateways and host serve from, also while control is down."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
from sqlalchemy.orm import Session

from unshelf.contracts.routing import ROUTING_FILE, KeyRoute, ModelRoute, RoutingTable
from unshelf.foundation.database import Database
from unshelf.foundation.files import replace_file

Section = Literal["keys", "models", "warm"]


class Publisher:
    """Writes the routing table from what the wings contribute. A service publishes right after each committed change."""

    def __init__(self, database: Database, run_folder: Path) -> None:
        self._database = database
        self._path = run_folder / ROUTING_FILE
        self._keys: Callable[[Session], dict[str, KeyRoute]] | None = None
        self._models: Callable[[Session], dict[str, ModelRoute]] | None = None
        self._warm: Callable[[Session], dict[str, list[str]]] | None = None
        self._lock = threading.Lock()
        self._generation = _generation_of(self._path)

    def contribute(self, section: Section, build: Callable[[Session], dict[str, Any]]) -> None:
        """Have a section built by `build`: `keys` by the SHA-256 of the token, `models` by name, `warm` by environment."""
        if section == "keys":
            self._keys = build
        elif section == "models":
            self._models = build
        else:
            self._warm = build

    def publish(self) -> int:
        """Read every section in one state of the database and replace the table; gives its generation.

        When this returns, readers of the file see every change committed before the call. Tables are read and written
        under one lock, so that a later generation never holds an older state."""
        with self._lock:
            with self._database.read() as session:
                keys = self._keys(session) if self._keys else {}
                models = self._models(session) if self._models else {}
                warm = self._warm(session) if self._warm else {}
            # The clock keeps generations growing even when the file was lost; the counter, even when the clock went back.
            self._generation = max(self._generation + 1, time.time_ns() // 1_000_000)
            table = RoutingTable(generation=self._generation, keys=keys, models=models, warm=warm)
            replace_file(self._path, msgspec.json.encode(table))
            return self._generation


def _generation_of(path: Path) -> int:
    """The generation of the table that is there; 0 when there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=RoutingTable).generation
    except (FileNotFoundError, msgspec.MsgspecError):
        return 0
