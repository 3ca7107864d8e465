"""Profiles of texts: how long they are, and how many of their words a baseline does not have."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unshelf.contracts.protocols.profiles import TextProfile, ValueCount
from unshelf.records.profiles.categories import DistinctSketch, as_dict, ranked, shortened
from unshelf.records.profiles.numbers import NumberBuilder, merged_numbers

VOCABULARY = 2000
"""The words of a baseline that are kept."""
ROWS_READ = 2000
"""The rows of a batch whose words are looked at: more would tell no more, and cost most of the time."""
_CHARACTERS_READ = 2000
_MOST_WORDS = 20_000


class TextBuilder:
    """Takes texts, batch by batch."""

    def __init__(self, vocabulary: Sequence[str] | None = None, edges: Sequence[float] | None = None) -> None:
        """`vocabulary`, `edges`: of the baseline, of its words and of the histogram of lengths; None: there is none yet."""
        self._known = vocabulary is not None
        self._counts: Counter[str] = Counter(dict.fromkeys(vocabulary or (), 0))
        self._lengths = NumberBuilder(edges)
        self._rows = self._gaps = self._empty = self._words = 0
        self._distinct = DistinctSketch()

    def add(self, column: Any) -> None:
        """Take an Arrow array of texts."""
        self._rows += len(column)
        self._gaps += column.null_count
        present = column.drop_null() if column.null_count else column
        lengths = pc.utf8_length(present).to_numpy(zero_copy_only=False).astype(np.float64)
        self._empty += int((lengths == 0).sum())
        self._lengths.add(lengths, nulls=column.null_count)
        self._distinct.add(pc.unique(present).to_pylist())
        self._add_words(present.slice(0, ROWS_READ))

    def profile(self) -> TextProfile:
        """Return the profile of all that was taken."""
        vocabulary = ranked(self._counts)
        return TextProfile(
            rows=self._rows, gaps=self._gaps, empty=self._empty, lengths=self._lengths.profile(), words=self._words,
            vocabulary=vocabulary if self._known else vocabulary[:VOCABULARY], known=self._known, distinct=self._distinct.kept(),
        )  # fmt: skip

    def _add_words(self, column: Any) -> None:
        beginnings = pc.utf8_slice_codeunits(column, 0, _CHARACTERS_READ)
        split = pc.utf8_split_whitespace(pc.utf8_lower(beginnings))
        words = pc.utf8_trim(split.flatten(), ".,;:!?\"'()[]{}<>")
        words = words.filter(pc.not_equal(words, ""))
        self._words += len(words)
        counted = pc.value_counts(words.cast(pa.string()))
        for whole, count in zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True):
            word = shortened(whole)
            if not self._known or word in self._counts:
                self._counts[word] += count
        if not self._known and len(self._counts) > _MOST_WORDS:
            self._counts = Counter(as_dict(ranked(self._counts)[: _MOST_WORDS // 2]))


def unknown_share(profile: TextProfile) -> float:
    """Return the share of the words that are none of the vocabulary; 0 where there are no words."""
    return 1 - sum(each.count for each in profile.vocabulary) / profile.words if profile.words else 0.0


def merged_texts(profiles: Sequence[TextProfile]) -> TextProfile:
    """Return the profile of all rows of some profiles."""
    first = profiles[0]
    words = {each.value for each in first.vocabulary}
    known = all(each.known and {one.value for one in each.vocabulary} == words for each in profiles)
    counts: Counter[str] = Counter()
    distinct = DistinctSketch(first.distinct)
    for profile in profiles:
        counts.update(as_dict(profile.vocabulary))
        if profile is not first:
            distinct.merge(profile.distinct)
    vocabulary: list[ValueCount] = ranked(counts)
    return TextProfile(
        rows=sum(each.rows for each in profiles), gaps=sum(each.gaps for each in profiles), empty=sum(each.empty for each in profiles),
        lengths=merged_numbers([each.lengths for each in profiles]), words=sum(each.words for each in profiles),
        vocabulary=vocabulary if known else vocabulary[:VOCABULARY], known=known, distinct=distinct.kept(),
    )  # fmt: skip
