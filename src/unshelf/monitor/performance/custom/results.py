"""Values of custom metrics as quality shows them: by version, days and slice."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.monitor.performance.custom.metric import PartValue, together
from unshelf.monitor.performance.custom.service import current
from unshelf.monitor.performance.custom.tables import CustomMetricDayRow
from unshelf.monitor.performance.metrics import Metric


class MetricValues:
    """The values of a model's metrics in a range of days, each with the version of its metric that counts now."""

    def __init__(self, rows: Collection[CustomMetricDayRow], names: Collection[str]) -> None:
        self._names = sorted(names)
        self._values: dict[str, list[tuple[int, str, dict[str, PartValue]]]] = {name: [] for name in self._names}
        for row in rows:
            self._values[row.metric].append((row.version, row.day, msgspec.convert(row.parts, dict[str, PartValue])))

    def metrics(
        self, *, version: int | None = None, slice: str = "", day: Callable[[str], bool] = lambda _day: True
    ) -> list[Metric]:
        """Return the metrics of some days that have a value, by name. `version` None: of all versions together."""
        found = []
        for name in self._names:
            parts = [
                parts[slice]
                for number, own, parts in self._values[name]
                if version in (None, number) and slice in parts and day(own)
            ]
            metric = together(name, parts)
            if metric is not None:
                found.append(metric)
        return found

    def slices(self, version: int) -> set[str]:
        """Return the slices of a version that have a value; empty text: all rows."""
        return {
            name
            for of_metric in self._values.values()
            for number, _, parts in of_metric
            if number == version
            for name in parts
        }

    def labelled(self, name: str, version: int, slice: str) -> int:
        """Return the rows that a metric's values of a slice are of."""
        return sum(
            parts[slice].rows for number, _, parts in self._values.get(name, ()) if number == version and slice in parts
        )


def read_values(session: Session, model: str, since: datetime, until: datetime) -> MetricValues:
    """Read the values of the days that a range touches, up to the moment at which it ends."""
    numbers = {metric.name: metric.number for metric in current(session, model)}
    first, last = since.date().isoformat(), (until - timedelta(microseconds=1)).date().isoformat()
    query = select(CustomMetricDayRow).where(
        CustomMetricDayRow.model == model, CustomMetricDayRow.day >= first, CustomMetricDayRow.day <= last,
        CustomMetricDayRow.metric.in_(numbers),
    )  # fmt: skip
    rows = [row for row in session.scalars(query) if numbers[row.metric] == row.number] if numbers else []
    return MetricValues(rows, numbers)
