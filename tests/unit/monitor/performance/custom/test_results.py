"""Values of days are put together by version, slice and range, of the version of the metric that counts."""

from typing import Any

import pytest

from tests.support.labelled import LabelledRecords
from tests.support.windows import at
from unshelf.foundation.clock import now
from unshelf.monitor.performance.custom.results import read_values
from unshelf.monitor.performance.custom.tables import CustomMetricDayRow, CustomMetricRow

DEFINITION = {"code": "", "function": "lost", "description": "", "better": "lower", "tier": "small"}


def keep(world: LabelledRecords, version: int, day: int, value: float, rows: int, *, number: int = 2) -> None:
    parts: dict[str, Any] = {"": {"value": value, "rows": rows}, "who=a": {"value": value * 2, "rows": 1}}
    with world.database.transaction() as session:
        session.add(
            CustomMetricDayRow(
                model="iris", version=version, metric="lost", day=f"2026-11-{day:02}", number=number, stamp="", labelled=rows,
                parts=parts, problem="", note="", seconds=0.0, evaluated_at=now(),
            )
        )  # fmt: skip


def test_days_are_weighted_by_their_rows(world: LabelledRecords) -> None:
    with world.database.transaction() as session:
        for number in (1, 2):
            session.add(
                CustomMetricRow(
                    model="iris", name="lost", number=number, definition=DEFINITION, created_at=now(), created_by="ann",
                    actor_id="ann", removed_at=None,
                )
            )  # fmt: skip
    keep(world, 1, 2, 1.0, 10)
    keep(world, 1, 3, 4.0, 30)
    keep(world, 2, 3, 10.0, 40)
    keep(world, 1, 4, 99.0, 500, number=1)
    with world.database.read() as session:
        values = read_values(session, "iris", at(0), at(72))
        first = read_values(session, "iris", at(0), at(24))
    (one,), (both,) = values.metrics(version=1), values.metrics()
    assert (one.name, one.value, one.low, one.custom) == ("lost", pytest.approx(3.25), None, True)
    assert both.value == pytest.approx((10 + 120 + 400) / 80)
    assert [each.value for each in values.metrics(version=1, slice="who=a")] == [5.0]
    assert [each.value for each in values.metrics(version=1, day=lambda day: day == "2026-11-03")] == [4.0]
    assert values.metrics(version=3) == [] and values.slices(1) == {"", "who=a"}
    assert values.labelled("lost", 1, "") == 40 and values.labelled("other", 1, "") == 0
    assert [each.value for each in first.metrics()] == [1.0], "the end of a range is no part of it"
