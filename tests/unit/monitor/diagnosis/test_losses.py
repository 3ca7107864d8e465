"""Diagnosis of quality: the slices, times and mistakes of a fall, and the rows that are wrong."""

from typing import Any

import pytest

from tests.support.actors import actor
from tests.support.diagnosing import DiagnosedRecords
from tests.support.windows import at
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.diagnosis.diagnosis import QualityDiagnosis
from unshelf.monitor.diagnosis.questions import AskedFor
from unshelf.monitor.diagnosis.service import RowsWanted
from unshelf.records.labels.label import LabelRule

ADMIN = actor()


def explained(records: DiagnosedRecords, since: float = 24, until: float = 48) -> QualityDiagnosis:
    wanted = AskedFor(model="iris", since=at(since), until=at(until))
    return records.diagnoses.quality(ADMIN, records.diagnoses.resolve(ADMIN, wanted).question)


def fallen(records: DiagnosedRecords) -> None:
    """On the second day answers for `b` are wrong from noon on."""
    calls, truths = [], []
    for number in range(400):
        hour, who = number * 48 / 400, "ab"[number % 2]
        calls.append(records.call(hour, [[1.0, who]], answer=1))
        truths.append(0 if who == "b" and hour >= 36 else 1)
    records.keep(*calls)
    for call, truth in zip(calls, truths, strict=True):
        records.label(call.id, truth)
    records.joined()


def test_a_fall_comes_from_its_slice_its_hours_and_its_mistake(records: DiagnosedRecords) -> None:
    fallen(records)
    found = explained(records)
    assert (found.measure, found.before, found.now) == ("wrong_answers", 0.0, pytest.approx(0.25))
    assert (found.labelled_before, found.labelled, found.is_worse) == (200, 200, True)
    (who,) = found.slices
    bad, fine = who.parts
    assert (bad.value, bad.share, bad.mix) == ("b", pytest.approx(1.0), pytest.approx(0.0))
    assert (bad.before, bad.now, fine.now) == (0.0, pytest.approx(0.5), 0.0)
    assert bad.worse + fine.worse == pytest.approx(0.25)
    assert sum(each.part for each in found.steps) == pytest.approx(0.25)
    assert sum(each.share for each in found.steps[12:]) == pytest.approx(1.0)
    assert (bad.steps[2], bad.steps[20]) == (0.0, 1.0)
    (mistake,) = found.mistakes
    assert (mistake.truth, mistake.answer, mistake.rows, mistake.share) == ("0", "1", 50, pytest.approx(1.0))
    assert found.words[0] == "The share of wrong answers rose from 0.0% to 25.0%."
    assert "who = b" in found.words[1]
    assert "the slice itself got worse" in found.words[1]
    assert "Nothing of the model was changed before" in found.words[2]


def test_the_wrong_rows_of_a_slice_are_listed_with_their_truth(records: DiagnosedRecords) -> None:
    fallen(records)
    wanted = AskedFor(model="iris", since=at(24), until=at(48))
    question = records.diagnoses.resolve(ADMIN, wanted).question
    found = records.diagnoses.rows(ADMIN, question, RowsWanted(slice="who=b", wrong=True, limit=20))
    assert found.columns[-2:] == ("truth", "wrong")
    assert (len(found.rows), found.truncated) == (20, True)
    assert {(row[-2], row[-1], row[3], row[4]) for row in found.rows} == {(0, True, 1, "b")}
    assert records.diagnoses.rows(ADMIN, question, RowsWanted(slice="who=a", wrong=True)).rows == ()
    all_rows = records.diagnoses.rows(ADMIN, question, RowsWanted(slice="who=a", limit=10))
    assert {row[-2:] for row in all_rows.rows} == {(1, False)}


def test_labels_by_key_and_rows_that_no_label_names(records: DiagnosedRecords) -> None:
    records.keep(*(records.call(25 + n / 10, [[1.0, "k1"], [2.0, "k2"]], answer=1) for n in range(2)))
    records.label("p1", 0)  # names none of its two rows
    records.label("p2", 0, row=1)
    records.label_key("k2", 1)  # later than that by id
    records.joined()
    question = records.diagnoses.resolve(ADMIN, AskedFor(model="iris", since=at(24), until=at(48))).question
    found = records.diagnoses.rows(ADMIN, question, RowsWanted())
    truths = {(row[1], row[2]): row[-2] for row in found.rows}
    assert truths == {("p1", 0): None, ("p1", 1): 1, ("p2", 0): None, ("p2", 1): 1}


def test_quantities_have_their_mean_absolute_error(records: DiagnosedRecords) -> None:
    records.roles = ColumnRoles(prediction="output", task="regression", slices=("who",))
    records.rule = LabelRule(kind="number")
    calls: list[Any] = [records.call(12 + n, [[1.0, "ab"[n % 2]]], answer=10) for n in range(24)]
    records.keep(*calls)
    for number, call in enumerate(calls):
        records.label(call.id, 10 + (4 if number >= 12 and number % 2 else 1))
    records.joined()
    found = explained(records)
    assert (found.measure, found.before, found.now) == ("mae", 1.0, pytest.approx(2.5))
    assert found.slices[0].parts[0].value == "b"
    assert found.mistakes == ()
    assert found.notes == (
        "Only 12 labelled rows in this time and 12 labelled rows before: parts of the change say little.",
    )
    question = records.diagnoses.resolve(ADMIN, AskedFor(model="iris", since=at(24), until=at(48))).question
    rows = records.diagnoses.rows(ADMIN, question, RowsWanted(wrong=True, limit=5))
    assert (rows.columns[-1], [row[-1] for row in rows.rows]) == ("error", [4.0] * 5)


def test_without_labels_in_either_time_it_says_which(records: DiagnosedRecords) -> None:
    assert explained(records).words == ("No prediction of this time has a label that could be used.",)
    records.keep(records.call(25, [[1.0, "a"]]))
    records.label("p1", 1)
    records.joined()
    found = explained(records)
    assert (found.measure, found.now, found.before) == ("", 0.0, None)
    assert found.words == ("No prediction of the time before has a label that could be used.",)
