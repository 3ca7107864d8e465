"""The backends that platforms under test run on: SQLite and files, or those that UNSHELF_TEST_BACKENDS names (`postgres`, `s3`)."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.support.object_store import ObjectStore

VARIABLE = "UNSHELF_TEST_BACKENDS"
KNOWN = ("postgres", "s3")


def chosen() -> list[str]:
    """The backends that are asked for; a name that is none fails the tests."""
    names = [name for name in os.environ.get(VARIABLE, "").split(",") if name]
    assert set(names) <= set(KNOWN), f"{VARIABLE} names {names}; there are {KNOWN}"
    return names


class Backends:
    """Gives each home folder a database and a bucket of its own, the same ones whenever a platform is started over it."""

    def __init__(self) -> None:
        self._create_database: Callable[[], str] | None = None
        self._store: ObjectStore | None = None
        self._settings: dict[Path, dict[str, str]] = {}

    def use(self, create_database: Callable[[], str] | None, store: ObjectStore | None) -> None:
        """From now on platforms run on these; None: on SQLite, on files."""
        self._create_database, self._store = create_database, store

    def settings(self, home: Path) -> dict[str, str]:
        """The settings, without UNSHELF_ and in small letters, that choose the backends of a home folder."""
        if home not in self._settings:
            made = {}
            if self._create_database is not None:
                made["database"] = self._create_database()
            if self._store is not None:
                bucket = self._store.bucket()
                made |= {
                    "blobs": f"s3://{bucket}/blobs", "predictions": f"s3://{bucket}/predictions",
                    "s3_endpoint": self._store.endpoint,
                }  # fmt: skip
            self._settings[home] = made
        return self._settings[home]

    def archive(self, home: Path) -> list[str]:
        """The Parquet files of predictions below a home folder and in its bucket, which they move to hourly: their paths from
        `model=…` on."""
        root = home / "predictions" / "parquet"
        local = [str(path.relative_to(root)) for path in root.rglob("*.parquet")]
        place = self.settings(home).get("predictions")
        if place is None or self._store is None:
            return local
        root_key = place.removeprefix("s3://")
        moved = [key.removeprefix(f"{root_key}/") for key in self._store.filesystem().find(root_key)]
        return list(dict.fromkeys([*local, *moved]))

    def remove_archived(self, home: Path, key: str) -> None:
        """Take a Parquet file of predictions away, past the product, wherever it lies."""
        local = home / "predictions" / "parquet" / key
        if local.exists():
            local.unlink()
        else:
            assert self._store is not None
            self._store.filesystem().rm(f"{self.settings(home)['predictions'].removeprefix('s3://')}/{key}")


BACKENDS = Backends()
