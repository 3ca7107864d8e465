"""Profiles of dates and times, by their Unix time."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.contracts.protocols.profiles import TimeProfile
from unshelf.records.profiles.numbers import NumberBuilder, merged_numbers


class TimeBuilder:
    """Takes times, batch by batch."""

    def __init__(self, edges: Sequence[float] | None = None) -> None:
        """`edges`: those of the baseline's histogram; None: there is none yet."""
        self._seconds = NumberBuilder(edges)
        self._unreadable = 0

    def add(self, column: Any) -> None:
        """Take an Arrow array of dates, times, or texts as ISO 8601 has them."""
        if pa.types.is_string(column.type):
            seconds = np.fromiter((_seconds(text) for text in column.to_pylist()), np.float64, len(column))
            nulls = column.null_count
            self._unreadable += int(np.isnan(seconds).sum()) - nulls
            self._seconds.add(seconds)
            return
        present = column.drop_null()
        micros = pc.cast(present, pa.timestamp("us"), safe=False).cast(pa.int64())
        self._seconds.add(micros.to_numpy(zero_copy_only=False) / 1e6, nulls=column.null_count)

    def profile(self) -> TimeProfile:
        """Return the profile of all that was taken."""
        return TimeProfile(seconds=self._seconds.profile(), unreadable=self._unreadable)


def merged_times(profiles: Sequence[TimeProfile]) -> TimeProfile:
    """Return the profile of all rows of some profiles."""
    return TimeProfile(
        seconds=merged_numbers([each.seconds for each in profiles]),
        unreadable=sum(each.unreadable for each in profiles),
    )


def _seconds(text: str | None) -> float:
    if text is None:
        return math.nan
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
