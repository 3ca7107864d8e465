"""Profiles of columns with few different values: exact counts of the baseline's values, and the most frequent of all others."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import datasketches
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.contracts.protocols.profiles import CategoryProfile, ValueCount

MOST_VALUES = 1000
"""The most values that are kept of a column."""
NEWEST = 20
"""The most values that are kept of those that a baseline has not."""
LONGEST = 200
"""Longer values are kept cut, with a mark of their own."""
_EMPTY = "\0"
"""The empty text as the sketch takes it, which passes over empty ones."""
_LG_SKETCH = 11
_SKETCH_KIND = datasketches.tgt_hll_type.HLL_8
_MOST_AT_ONCE = 20_000
"""The most different values of a batch that are looked at one by one; the rest of them are `others`, but never values of a baseline."""


class CategoryBuilder:
    """Takes values, batch by batch."""

    def __init__(self, values: Sequence[str] | None = None) -> None:
        """`values`: those of the baseline; None: there is none yet."""
        self._known = values is not None
        self._counts: Counter[str] = Counter(dict.fromkeys(values or (), 0))
        self._newest: Counter[str] = Counter()
        self._rows = self._gaps = self._others = 0
        self._distinct = DistinctSketch()

    def add(self, column: Any) -> None:
        """Take an Arrow array of texts."""
        self._rows += len(column)
        self._gaps += column.null_count
        counted = pc.value_counts(column.drop_null() if column.null_count else column)
        values = counted.field("values").to_pylist()
        counts = counted.field("counts").to_pylist()
        self._distinct.add(values)
        if self._known:
            self._add_known(values, counts)
            return
        for value, count in zip(values, counts, strict=True):
            self._counts[shortened(value)] += count
        if len(self._counts) > _MOST_AT_ONCE:
            self._others += _trim(self._counts, _MOST_AT_ONCE // 2)

    def profile(self) -> CategoryProfile:
        """Return the profile of all that was taken."""
        counts, others = Counter(self._counts), self._others
        if not self._known:
            others += _trim(counts, MOST_VALUES)
        return CategoryProfile(
            rows=self._rows, gaps=self._gaps, counts=ranked(counts), others=others, known=self._known,
            newest=ranked(self._newest)[:NEWEST], distinct=self._distinct.kept(),
        )  # fmt: skip

    def _add_known(self, values: list[str], counts: list[int]) -> None:
        strangers: Counter[str] = Counter()
        for whole, count in zip(values, counts, strict=True):
            value = shortened(whole)
            if value in self._counts:
                self._counts[value] += count
            else:
                strangers[value] += count
        self._others += strangers.total()
        self._newest.update(dict(strangers.most_common(NEWEST * 5)))
        if len(self._newest) > _MOST_AT_ONCE:
            _trim(self._newest, _MOST_AT_ONCE // 2)


class DistinctSketch:
    """Estimates how many different values a column has.

    Source: P. Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm", AofA 2007."""

    def __init__(self, kept: bytes | None = None) -> None:
        self._sketch = (
            datasketches.hll_sketch(_LG_SKETCH, _SKETCH_KIND)
            if kept is None
            else datasketches.hll_sketch.deserialize(kept)
        )

    def add(self, values: Iterable[str]) -> None:
        """Take values, each once or more often."""
        update = self._sketch.update
        for value in values:
            update(value or _EMPTY)

    def merge(self, other: bytes) -> None:
        """Take all values of a stored one."""
        union = datasketches.hll_union(_LG_SKETCH)
        union.update(self._sketch)
        union.update(datasketches.hll_sketch.deserialize(other))
        self._sketch = union.get_result(_SKETCH_KIND)

    def estimate(self) -> int:
        """Return the number of different values."""
        return round(float(self._sketch.get_estimate()))

    def kept(self) -> bytes:
        """Return what is stored."""
        kept: bytes = self._sketch.serialize_compact()
        return kept


def merged_categories(profiles: Sequence[CategoryProfile]) -> CategoryProfile:
    """Return the profile of all rows of some profiles: exact where all have the values of one baseline."""
    first = profiles[0]
    values = {each.value for each in first.counts}
    known = all(each.known and {one.value for one in each.counts} == values for each in profiles)
    counts: Counter[str] = Counter()
    newest: Counter[str] = Counter()
    distinct = DistinctSketch(first.distinct)
    others = sum(each.others for each in profiles)
    for profile in profiles:
        counts.update(as_dict(profile.counts))
        newest.update(as_dict(profile.newest))
        if profile is not first:
            distinct.merge(profile.distinct)
    if not known:
        counts.update(newest)
        others += _trim(counts, MOST_VALUES) - newest.total()
        newest.clear()
    return CategoryProfile(
        rows=sum(each.rows for each in profiles), gaps=sum(each.gaps for each in profiles), counts=ranked(counts),
        others=max(0, others), known=known, newest=ranked(newest)[:NEWEST], distinct=distinct.kept(),
    )  # fmt: skip


def as_dict(counts: Sequence[ValueCount]) -> dict[str, int]:
    """Value → rows."""
    return {each.value: each.count for each in counts}


def ranked(counts: Counter[str]) -> list[ValueCount]:
    """Return counted values, the most frequent first, those of the same frequency by name."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [ValueCount(value=value, count=count) for value, count in ordered]


def shortened(value: str) -> str:
    """Return a value as it is kept: one that is too long by its beginning and its length."""
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}… ({len(value)} characters)"


def texts(column: Any) -> Any:
    """Return an Arrow array of scalars as one of texts: booleans as `true` and `false`, numbers as JSON has them."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_floating(column.type):
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), 2.0**53))
        if pc.all(whole).as_py():  # codes that became floats since some were missing
            column = column.cast(pa.int64())
    return column.cast(pa.string())


def _trim(counts: Counter[str], most: int) -> int:
    """Forget all but the most frequent values, and return how many rows the others had."""
    if len(counts) <= most:
        return 0
    kept = ranked(counts)[:most]
    total = counts.total()
    counts.clear()
    counts.update(as_dict(kept))
    return total - counts.total()
