"""Profiles of texts."""

import pyarrow as pa
import pytest

from unshelf.contracts.protocols.profiles import TextProfile
from unshelf.records.profiles.categories import DistinctSketch, as_dict
from unshelf.records.profiles.words import VOCABULARY, TextBuilder, merged_texts, unknown_share


def profile(*batches: list[str | None], vocabulary: list[str] | None = None) -> TextProfile:
    builder = TextBuilder(vocabulary)
    for batch in batches:
        builder.add(pa.array(batch, pa.string()))
    return builder.profile()


def test_words_lengths_and_gaps() -> None:
    seen = profile(["The cat, the hat.", "", None, "Cat!"])
    assert (seen.rows, seen.gaps, seen.empty, seen.words) == (4, 1, 1, 5)
    assert as_dict(seen.vocabulary) == {"cat": 2, "the": 2, "hat": 1}
    assert (seen.lengths.minimum, seen.lengths.maximum, seen.lengths.gaps) == (0, 17, 1)
    assert DistinctSketch(seen.distinct).estimate() == 3


def test_words_that_a_baseline_has_not_are_unknown() -> None:
    seen = profile(["cat dog", "dog"], vocabulary=["cat", "bird"])
    assert as_dict(seen.vocabulary) == {"cat": 1, "bird": 0}
    assert unknown_share(seen) == pytest.approx(2 / 3)
    assert unknown_share(profile([], vocabulary=["cat"])) == 0


def test_merging_adds_up() -> None:
    one, two = profile(["cat dog"], vocabulary=["cat"]), profile(["cat", None], vocabulary=["cat"])
    merged = merged_texts([one, two])
    assert (merged.rows, merged.gaps, merged.words, as_dict(merged.vocabulary)) == (3, 1, 3, {"cat": 2})
    assert merged.known
    assert not merged_texts([one, profile(["cat"])]).known


def test_the_vocabulary_is_bounded() -> None:
    assert (
        len(profile([f"word{n}" for n in range(VOCABULARY + 500)][:2000], [f"w{n}" for n in range(900)]).vocabulary)
        == VOCABULARY
    )
