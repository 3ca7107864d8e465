"""Builds the profile of a table in one pass over its batches, and merges the profiles of its parts."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.contracts.protocols.profiles import (
    AnyProfile,
    CategoryProfile,
    NumberProfile,
    TableProfile,
    TensorProfile,
    TextProfile,
    TimeProfile,
)
from unshelf.records.profiles.categories import CategoryBuilder, merged_categories, texts
from unshelf.records.profiles.kinds import ColumnKind
from unshelf.records.profiles.numbers import NumberBuilder, edges_for, merged_numbers
from unshelf.records.profiles.tensors import merged_tensors
from unshelf.records.profiles.times import TimeBuilder, merged_times
from unshelf.records.profiles.words import TextBuilder, merged_texts

BATCH_ROWS = 1 << 16
"""A good number of rows of a batch: its columns fit the processor's caches."""


class ColumnBuilder(Protocol):
    """Takes the values of a column, batch by batch, and makes their profile."""

    def add(self, column: Any) -> None:
        """Take an Arrow array."""

    def profile(self) -> AnyProfile:
        """Return the profile of all that was taken."""


class TableBuilder:
    """Takes the batches of a table. Memory does not grow with rows."""

    def __init__(
        self, kinds: Mapping[str, ColumnKind], baseline: TableProfile | None = None, *, threads: int = 1
    ) -> None:
        """`kinds`: the columns that are wanted. `baseline`: whose bins, values and words are counted."""
        known = {} if baseline is None else baseline.columns
        self._builders = {name: _builder(kind, known.get(name)) for name, kind in kinds.items()}
        self._rows = 0
        self._threads = ThreadPoolExecutor(threads) if threads > 1 else None

    def add(self, batch: Any) -> None:
        """Take an Arrow batch or table. A column that it does not have is a column of gaps."""
        self._rows += batch.num_rows
        names = set(batch.schema.names)

        def take(name: str) -> None:
            column = batch.column(name) if name in names else pa.nulls(batch.num_rows, pa.string())
            if isinstance(column, pa.ChunkedArray):
                column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
            self._builders[name].add(column)

        if self._threads is None:
            for name in self._builders:
                take(name)
        else:
            list(self._threads.map(take, self._builders))

    def profile(self) -> TableProfile:
        """Return the profile of all that was taken."""
        return TableProfile(rows=self._rows, columns={name: each.profile() for name, each in self._builders.items()})


def baseline_of(
    batches: Callable[[], Iterable[Any]], kinds: Mapping[str, ColumnKind], *, threads: int = 1
) -> TableProfile:
    """Return the profile of a baseline, with its own bins, values and words: two passes, for which `batches` is called twice."""
    first = profile_of(batches(), kinds, threads=threads)
    return profile_of(batches(), kinds, first, threads=threads)


def profile_of(
    batches: Iterable[Any], kinds: Mapping[str, ColumnKind], baseline: TableProfile | None = None, *, threads: int = 1
) -> TableProfile:
    """Return the profile of a table's batches."""
    builder = TableBuilder(kinds, baseline, threads=threads)
    for batch in batches:
        builder.add(batch)
    return builder.profile()


def merged(profiles: Sequence[TableProfile]) -> TableProfile:
    """Return the profile of all rows of some tables. A column that one of them has not, or has of another kind, is left out.

    Raises ValueError when there are none."""
    if not profiles:
        raise ValueError("no profiles to merge")
    columns: dict[str, AnyProfile] = {}
    for name in profiles[0].columns:
        found = [each.columns[name] for each in profiles if name in each.columns]
        if len(found) == len(profiles) and len({type(each) for each in found}) == 1:
            columns[name] = _MERGERS[type(found[0])](found)
    return TableProfile(rows=sum(each.rows for each in profiles), columns=columns)


_MERGERS: dict[type, Callable[[Any], AnyProfile]] = {
    NumberProfile: merged_numbers, CategoryProfile: merged_categories, TextProfile: merged_texts, TimeProfile: merged_times,
    TensorProfile: merged_tensors,
}  # fmt: skip


class _Numbers:
    def __init__(self, edges: Sequence[float] | None) -> None:
        self._builder = NumberBuilder(edges)

    def add(self, column: Any) -> None:
        present = column.drop_null() if column.null_count else column
        numbers, unreadable = _as_numbers(present)
        self._builder.add(numbers, column.null_count, unreadable=unreadable)

    def profile(self) -> NumberProfile:
        return self._builder.profile()


class _Categories:
    def __init__(self, values: Sequence[str] | None) -> None:
        self._builder = CategoryBuilder(values)

    def add(self, column: Any) -> None:
        self._builder.add(texts(column))

    def profile(self) -> CategoryProfile:
        return self._builder.profile()


class _Texts:
    def __init__(self, known: TextProfile | None) -> None:
        vocabulary = None if known is None else [each.value for each in known.vocabulary]
        self._builder = TextBuilder(vocabulary, _edges(None if known is None else known.lengths))

    def add(self, column: Any) -> None:
        self._builder.add(texts(column))

    def profile(self) -> TextProfile:
        return self._builder.profile()


def _builder(kind: ColumnKind, known: AnyProfile | None) -> ColumnBuilder:
    """Return a builder for a column, with what a baseline of the same kind has."""
    if kind == "number":
        return _Numbers(_edges(known if isinstance(known, NumberProfile) else None))
    if kind == "category":
        return _Categories([each.value for each in known.counts] if isinstance(known, CategoryProfile) else None)
    if kind == "time":
        return TimeBuilder(_edges(known.seconds if isinstance(known, TimeProfile) else None))
    return _Texts(known if isinstance(known, TextProfile) else None)


def _as_numbers(column: Any) -> tuple[Any, int]:
    """Return an Arrow array without nulls as float64, where what is no number is NaN; and how many texts are no number."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        read = [_number(text) for text in column.to_pylist()]
        numbers = np.array([math.nan if each is None else each for each in read], np.float64)
        return numbers, sum(each is None for each in read)
    if pa.types.is_decimal(column.type) or pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.float64(), safe=False)
    return column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False), 0


def _number(text: str) -> float | None:
    """Return the number that a text is, also NaN; None: it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def _edges(known: NumberProfile | None) -> list[float] | None:
    """Return the edges of a baseline's histogram, or those that its histogram gets."""
    if known is None:
        return None
    return known.histogram.edges if known.histogram is not None else edges_for(known)
