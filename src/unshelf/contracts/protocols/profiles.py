"""Profiles of tables: one summary a column, fixed in size whatever the number of rows, and mergeable.

Counts, extremes and moments are exact and stay so when profiles are merged. Quantiles and numbers of different values are estimated by
sketches of Apache DataSketches, whose bytes are kept; their errors stand at the fields. Numbers are taken as 64-bit floats."""

import msgspec

FORMAT = 1
"""The format of a stored profile."""


class PowerSums(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of powers of the deviations from the mean, by which variance, skewness and kurtosis follow."""

    count: int
    mean: float
    second: float
    """Σ (x − mean)²"""
    third: float
    fourth: float


class Quantiles(msgspec.Struct, frozen=True, kw_only=True):
    """Two KLL sketches of one column's finite numbers."""

    near: bytes
    """The sketch of numbers that stand for themselves."""
    far: bytes
    """The sketch of every 16th number of sorted runs, each of which stands for 16."""


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """Exact counts of finite numbers in bins."""

    edges: list[float]
    """Ascending; n edges part n + 1 bins: below the first, from each edge on up to the next, and from the last on."""
    counts: list[int]


class NumberProfile(msgspec.Struct, frozen=True, kw_only=True, tag="number"):
    """Profile of a column of numbers."""

    rows: int
    gaps: int
    """Rows without a number: nulls, NaN, and texts that are none."""
    infinite: int
    minimum: float | None
    """The smallest finite number; None: there is none."""
    maximum: float | None
    zeros: int
    moments: PowerSums
    """PowerSums of the finite numbers."""
    quantiles: Quantiles
    histogram: Histogram | None
    """On the edges of the baseline; None: there were none yet."""
    unreadable: int = 0
    """Rows with a text that is no number; they are among the gaps."""


class ValueCount(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A value and the rows that have it."""

    value: str
    count: int


class CategoryProfile(msgspec.Struct, frozen=True, kw_only=True, tag="category"):
    """Profile of a column with few different values, which are kept as texts."""

    rows: int
    gaps: int
    counts: list[ValueCount]
    """Exact where `known`, or where `others` is 0. The most frequent first."""
    others: int
    """Rows with other values: where `known`, those that the baseline has not."""
    known: bool
    """Whether `counts` has the values of the baseline, and these alone."""
    newest: list[ValueCount]
    """Where `known`, the most frequent of the other values: at least this often."""
    distinct: bytes
    """A HyperLogLog sketch of the values: the number of different ones within 2 %, at one standard error."""


class TextProfile(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """Profile of a column of texts."""

    rows: int
    gaps: int
    empty: int
    lengths: NumberProfile
    """Numbers of characters."""
    words: int
    """Words that were looked at: those of the first rows of each batch."""
    vocabulary: list[ValueCount]
    """The most frequent words of the baseline, and how often they occur here."""
    known: bool
    """Whether `vocabulary` is that of the baseline."""
    distinct: bytes
    """A HyperLogLog sketch of the texts, as in CategoryProfile."""


class TimeProfile(msgspec.Struct, frozen=True, kw_only=True, tag="time"):
    """Profile of a column of dates or times."""

    seconds: NumberProfile
    """Unix times; a time without a zone is taken as UTC."""
    unreadable: int
    """Texts that are no ISO 8601 time, which are counted as gaps too."""


class TensorProfile(msgspec.Struct, frozen=True, kw_only=True, tag="tensor"):
    """Profile of tensors: of each one's mean, of its deviation, and of its projections on fixed random directions."""

    means: NumberProfile
    deviations: NumberProfile
    projections: list[NumberProfile]
    """On unit vectors that depend on nothing but the number of elements."""
    elements: int
    """The elements of a tensor; 0: they differ, and there are no projections."""


AnyProfile = NumberProfile | CategoryProfile | TextProfile | TimeProfile | TensorProfile


class TableProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Profile of a table."""

    rows: int
    columns: dict[str, AnyProfile]
    format: int = FORMAT
