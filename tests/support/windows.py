"""Records of a model in an archive, and the windows that are counted from them, without a control."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support import archive
from tests.support.segments import record
from unshelf.contracts.protocols.data import DataLimits
from unshelf.contracts.records import PredictionRecord
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.monitor.windows.count_process import carry_out
from unshelf.monitor.windows.intake import WindowIntake, WindowSources
from unshelf.monitor.windows.messages import CountOrder, DayCounted, DayOrder
from unshelf.monitor.windows.service import WindowService
from unshelf.records.archive.compaction import write_parquet
from unshelf.records.archive.files import Archive

HOUR = 3600
BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
"""The midnight at which the records begin."""
LIMITS = DataLimits(seconds=60, memory_bytes=1 << 29, threads=1, rows=0, output_bytes=0)


def at(hours: float) -> datetime:
    """A moment so many hours after the beginning."""
    return datetime.fromtimestamp(BEGIN.timestamp() + hours * HOUR, UTC)


class CountedRecords:
    """A model `iris` whose version 1 takes `x` and `who` and returns a whole number."""

    def __init__(self, folder: Path) -> None:
        self.folder = archive.folder(folder)
        self.run = folder
        self.database = SqliteDatabase(f"sqlite:///{folder}/windows.db")
        Base.metadata.create_all(self.database.engine)
        self.archive = Archive(self.folder)
        self.signature = archive.SIGNATURE
        self.baselines: dict[int, bytes] = {}
        self.categories: list[str] = []
        self.loops = Loops(self.database, LoopMetrics(folder / "metrics", 0), owner="test")
        self.intake = self.another()
        self.loops.add(self.intake.loop())
        self.windows = WindowService(
            self.database, self.intake, baseline_of=lambda _, version: self.baselines.get(version), made_at=lambda *_: BEGIN
        )  # fmt: skip
        self._segments = 0
        self._ids = 0

    def another(self) -> "IntakeHere":
        """The intake of one more control."""
        sources = WindowSources(
            predictions=self.folder, setting="files", s3_endpoint="", run=self.run, archive=self.archive,
            baseline_of=lambda _, version: self.baselines.get(version), categories_of=lambda *_: self.categories,
        )  # fmt: skip
        return IntakeHere(self.database, sources, self.loops)

    def call(
        self, hours: float, rows: list[list[Any]] | None = None, answer: Any = 1, **facts: Any
    ) -> PredictionRecord:
        """A request of some hours after the beginning; each row is `x` and `who`."""
        self._ids += 1
        given = [[1.0, "a"]] if rows is None else rows
        body = {"input": json.dumps({"inputs": given}).encode(), "output": json.dumps([answer] * len(given)).encode()}
        return record(round(BEGIN.timestamp() + hours * HOUR), **{"id": f"p{self._ids}", **body, **facts})

    def keep(self, *calls: PredictionRecord) -> str:
        """Have these in the archive, as a segment of their own leaves them; gives its name."""
        self._segments += 1
        return self.keep_as(f"20261102T{self._segments:06d}-0-a", *calls)

    def keep_as(self, name: str, *calls: PredictionRecord) -> str:
        """The same, as the segment of this name."""
        segment = self.folder / f"{name}.seg"
        archive.write(segment, *calls)
        write_parquet(segment, self.folder, {("iris", 1): self.signature}, known={"iris"}, lasting=False)
        segment.unlink()
        return name

    def close(self) -> None:
        self.database.dispose()


class IntakeHere(WindowIntake):
    """An intake whose process is this one: what it does is the same, without the start of an interpreter."""

    orders = 0

    def order(self, scratch: Path, days: list[DayOrder], *, live: bool = False) -> list[DayCounted]:
        self.orders += 1
        order = CountOrder(
            folder=str(self.predictions), predictions="files", s3_endpoint="", run_folder=str(self.predictions.parent),
            scratch=str(scratch), limits=LIMITS, days=days, live=live,
        )  # fmt: skip
        return carry_out(order).days  # type: ignore[union-attr]


def names(days: Collection[Any]) -> list[str]:
    """Days as texts."""
    return [f"{each.model}:{each.version} {each.day}" for each in days]
