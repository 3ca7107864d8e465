"""Diagnoses in sentences."""

from tests.support.windows import at
from unshelf.monitor.diagnosis.diagnosis import (
    Change,
    DiagnosisQuestion,
    LossSlice,
    RankedColumn,
    SliceColumn,
    SlicePart,
    StepPart,
)
from unshelf.monitor.diagnosis.words import far_since, words_of_column, words_of_drift, words_of_quality

ASKED = DiagnosisQuestion(model="iris", version=1, since=at(0), until=at(24), against="reference", before_since=at(-24))
RELEASE = Change(time=at(2), kind="release", action="release.changed", say="Live: version 1", by="ada")
FAR = ((at(1), 0.0), (at(3), 0.4), (at(4), 0.5))


def column(name: str, share: float, *, drifted: bool = True) -> RankedColumn:
    return RankedColumn(
        column=f"in:{name}", name=name, side="input", divergence=share, distance=share, share=share, drifted=drifted, say="mean 2, was 1",
        distances=FAR,
    )  # fmt: skip


def test_the_columns_that_matter_since_when_and_what_was_changed_before() -> None:
    columns = [column("x", 0.7), column("y", 0.25), column("z", 0.05, drifted=False)]
    found = words_of_drift(ASKED, "the training data", columns, [RELEASE])
    assert found == (
        "2 of 3 columns of iris:1 are far from the training data. Most of it comes from x (70 %) and y (25 %).",
        "x: mean 2, was 1.", "y: mean 2, was 1.",
        "x has been far since 2 November 03:00 UTC. The last change before: Live: version 1 (2 November 02:00 UTC).",
    )  # fmt: skip
    assert words_of_drift(ASKED, "it", columns[2:], ()) == ("No column of iris:1 is far from it in this time.",)
    assert "look at what callers send" in words_of_drift(ASKED, "it", columns, ())[-1]


def test_far_since_is_when_it_became_far_for_good() -> None:
    assert far_since(FAR) == at(3)
    assert far_since([*FAR, (at(5), None)]) is None
    assert far_since(FAR[1:]) is None, "it was far from the beginning on"


def test_a_column_names_its_slice_and_its_hour_only_where_they_stand_out() -> None:
    part = SlicePart(value="b", rows=10, share_of_rows=0.1, part=0.9, share=0.9)
    uneven = SliceColumn(name="in:who", unevenness=0.8, parts=(part,))
    steps = [StepPart(start=at(each), rows=5, part=each / 10, share=each / 10) for each in (1, 9)]
    assert words_of_column("in:x", "mean 2, was 1", [uneven], steps) == (
        "x: mean 2, was 1.", "It comes mostly from who = b: 90 % of the drift in 10 % of the rows.",
        "90 % of it lies in the time from 2 November 09:00 UTC on.",
    )  # fmt: skip
    even = SliceColumn(name="in:who", unevenness=0.01, parts=(part,))
    assert words_of_column("in:x", "s", [even], ())[1] == "It is spread over all slices about as the rows are."


def test_quality_says_whether_a_slice_got_worse_or_there_is_more_of_it() -> None:
    def said(worse: float, mix: float) -> str:
        part = LossSlice(
            value="b", rows_before=5, rows=10, before=0.1, now=0.3, worse=worse, mix=mix, share=0.9, share_of_rows=0.2
        )
        slices = [SliceColumn(name="who", unevenness=0.7, parts=(part,))]
        words = words_of_quality(
            "wrong_answers", 0.1, 0.2, is_worse=True, slices=slices, changes=[RELEASE], since=at(9)
        )
        assert words[2].startswith("The last change before: Live: version 1")
        return words[1]

    assert "the slice itself got worse" in said(0.08, 0.01)
    assert "there is more of it" in said(0.01, 0.08)
    better = words_of_quality("mae", 4.0, 2.0, is_worse=False, slices=(), changes=(), since=at(0))
    assert better == ("The mean absolute error fell from 4 to 2.",)
    chance = words_of_quality("mae", 2.0, 2.1, is_worse=False, slices=(), changes=(), since=at(0))[0]
    assert chance == "The mean absolute error rose from 2 to 2.1, which may be chance."
