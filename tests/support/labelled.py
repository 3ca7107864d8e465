"""Records of a model with labels, joined by the process itself, which runs here."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.actors import actor
from tests.support.windows import LIMITS, CountedRecords
from unshelf.foundation.clock import now
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.intake import QualityIntake, QualitySources
from unshelf.monitor.performance.join_process import carry_out
from unshelf.monitor.performance.messages import DayJoined, JoinDayOrder, JoinOrder
from unshelf.monitor.performance.service import QualityService
from unshelf.monitor.performance.sums import QualitySums
from unshelf.records.labels.label import LabelRule, LabelsAdded, LabelSent
from unshelf.records.labels.service import LabelService

ADMIN = actor()
EVER = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))


class JoinsHere(QualityIntake):
    """An intake whose process is this one: what it does is the same, without the start of an interpreter."""

    orders = 0

    def order(self, scratch: Path, days: list[JoinDayOrder]) -> list[DayJoined]:
        self.orders += len(days)
        order = JoinOrder(
            folder=str(self.predictions),
            predictions="files",
            s3_endpoint="",
            scratch=str(scratch),
            limits=LIMITS,
            days=days,
        )
        return carry_out(order).days  # type: ignore[union-attr]


class LabelledRecords(CountedRecords):
    """A model `iris` whose version 1 classifies; its key and its slice is `who`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.roles = ColumnRoles(prediction="output", task="classification", key="who", slices=("who",))
        self.rule = LabelRule(kind="class")
        self.labels = LabelService(self.database, lambda _: self.rule)
        sources = QualitySources(
            predictions=self.folder, setting="files", s3_endpoint="", run=self.run, roles_of=lambda *_: self.roles
        )
        self.joins = JoinsHere(self.database, sources, self.loops)
        self.loops.add(self.joins.loop())
        self.labels.on_labels(self.joins.labelled, self.joins.wake)
        self.quality = QualityService(self.database, roles_of=lambda *_: self.roles, versions_of=lambda _: [1])

    def label(self, id: str, value: Any, *, row: int | None = None) -> LabelsAdded:
        """Send one label of a prediction."""
        return self.labels.add(ADMIN, "iris", [LabelSent(prediction_id=id, value=value, row=row)])

    def label_key(self, key: str, value: Any) -> LabelsAdded:
        """Send one label by key."""
        return self.labels.add(ADMIN, "iris", [LabelSent(key=key, value=value, at=now())])

    def joined(self) -> QualitySums:
        """Count and join whatever is new; gives the sums of all rows."""
        self.intake.count_all()
        self.joins.join_all()
        return self.quality.sums("iris", None, *EVER)
