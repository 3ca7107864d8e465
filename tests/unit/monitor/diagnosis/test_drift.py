"""Diagnosis of drift on real records: columns, bins, slices and times, and where nothing can be said."""

from typing import Any

import pytest

from tests.support.actors import actor
from tests.support.diagnosing import DiagnosedRecords
from tests.support.windows import at
from tests.unit.monitor.windows.test_service import stored
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.monitor.diagnosis.diagnosis import ColumnDiagnosis, DiagnosisQuestion, DriftDiagnosis
from unshelf.monitor.diagnosis.questions import AskedFor

ADMIN = actor()


def asked(records: DiagnosedRecords, since: float = 0, until: float = 24, **given: Any) -> DiagnosisQuestion:
    wanted = AskedFor(model="iris", since=at(since), until=at(until), **given)
    return records.diagnoses.resolve(ADMIN, wanted).question


def drift(records: DiagnosedRecords, **given: Any) -> DriftDiagnosis:
    return records.diagnoses.drift(ADMIN, asked(records, **given))


def column(records: DiagnosedRecords, name: str, slices: tuple[str, ...] = (), **given: Any) -> ColumnDiagnosis:
    return records.diagnoses.column(ADMIN, asked(records, **given), name, slices)


def shifted(records: DiagnosedRecords) -> None:
    """Of the callers `b` those after the twelfth hour send numbers that are far too large."""
    records.baselines[1] = stored(x=[float(n) for n in range(500)], who=["a", "b"] * 250)
    calls = []
    for number in range(240):
        who = "ab"[number % 2]
        far = who == "b" and number >= 120
        calls.append(records.call(number / 10, [[900.0 if far else float(number * 37 % 500), who]]))
    records.keep(*calls)
    records.intake.count_all()


def test_the_column_slice_and_time_that_changed_come_first(records: DiagnosedRecords) -> None:
    shifted(records)
    found = drift(records)
    assert (found.against, found.rows) == ("the training data", 240)
    first, *others = found.columns
    assert (first.column, first.drifted, first.share > 0.9) == ("in:x", True, True)
    assert sum(each.share for each in found.columns) == pytest.approx(1.0)
    assert found.words[0].startswith("1 of 2 columns of iris:1 is far from the training data. Most of it comes from x")
    assert others[0].name == "who"
    assert found.slices == ("in:who", "in:x")

    into = column(records, "in:x")
    assert into.rows == 240
    assert sum(each.divergence for each in into.bins) == pytest.approx(into.divergence)
    assert max(into.bins, key=lambda each: each.share).label.startswith("from")
    assert sum(each.part for each in into.steps) == pytest.approx(into.divergence)
    assert len(into.steps) == 24
    late = sum(each.share for each in into.steps[12:])
    assert late > 0.85
    (who,) = into.slices
    assert (who.name, who.parts[0].value, who.parts[0].rows) == ("in:who", "b", 120)
    assert who.parts[0].share > 0.9
    assert sum(each.part for each in who.parts) == pytest.approx(into.divergence)
    assert sum(who.parts[0].steps[12:]) > 0.9
    assert "It comes mostly from who = b" in into.words[1]
    assert into.notes == ()


def test_slices_may_be_any_input_and_numbers_are_slices_in_bands(records: DiagnosedRecords) -> None:
    shifted(records)
    found = column(records, "in:who", ("in:x",))
    (bands,) = found.slices
    assert bands.name == "in:x"
    assert len(bands.parts) == 4
    assert {each.value.split(" ")[0] for each in bands.parts} >= {"below", "from"}
    assert sum(each.rows for each in bands.parts) == 240
    none = column(records, "in:x", ("in:nobody",))
    assert (none.slices, none.notes) == ((), ("Rows can't be separated by nobody.",))


def test_the_time_before_and_another_version_are_references_too(records: DiagnosedRecords) -> None:
    records.keep(*(records.call(n / 10, [[5.0, "a"]]) for n in range(100)))
    records.keep(*(records.call(24 + n / 10, [[5.0, "b"]]) for n in range(100)))
    records.intake.count_all()
    found = drift(records, since=24, until=48, against="previous")
    assert (found.against, found.columns[0].column) == ("the time before", "in:who")
    assert found.columns[0].say == "'a' is 0.0% of its values, was 100.0%"
    missing = drift(records, since=24, until=48, against="version:7")
    assert (missing.words, missing.columns) == (("Version 7 was not asked in this time.",), ())
    first = drift(records, since=0, until=24)
    assert "too few requests" in first.words[0]
    nothing = drift(records, since=100, until=101)
    assert nothing.words == ("iris:1 was not asked in this time.",)
    with pytest.raises(NotFound, match="not asked in this time"):
        column(records, "in:x", since=100, until=101)
    with pytest.raises(InvalidInput, match="nothing to hold against"):
        asked(records, against="yesterday")
    records.live = None
    with pytest.raises(NotFound, match="has no version"):
        asked(records)


def test_records_that_are_away_or_gone_leave_what_profiles_say(records: DiagnosedRecords) -> None:
    shifted(records)
    records.queries.is_away = True
    found = column(records, "in:x")
    assert (found.rows, found.steps, found.slices) == (0, (), ())
    assert found.notes == ("Its slices and times are not known: Records are away.",)
    assert sum(each.share for each in found.bins) == pytest.approx(1.0)
    records.queries.is_away = False
    for file in records.archive.local_files():
        records.archive.path(file).unlink()
    assert "are not known" in column(records, "in:x").notes[0]
