"""The service of diagnoses: the rows behind a bar, and for whom it says anything."""

import pytest

from tests.support.actors import user
from tests.support.diagnosing import DiagnosedRecords
from tests.support.windows import at
from tests.unit.monitor.diagnosis.test_drift import ADMIN, asked, column, shifted
from tests.unit.monitor.windows.test_service import stored
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.model_scopes import place_model
from unshelf.monitor.diagnosis.questions import AskedFor
from unshelf.monitor.diagnosis.service import RowsWanted


def test_the_rows_behind_a_bar_are_listed_with_all_their_columns(records: DiagnosedRecords) -> None:
    shifted(records)
    question = asked(records)
    last = max(column(records, "in:x").bins, key=lambda each: each.share)
    found = records.diagnoses.rows(ADMIN, question, RowsWanted(column="in:x", bin=last.label, limit=1000))
    assert found.columns == ("time", "id", "row", "out:output", "in:who", "in:x")
    assert (len(found.rows), {row[4:] for row in found.rows}) == (60, {("b", 900.0)})
    assert found.rows[0][0] > found.rows[-1][0]
    assert len(found.rows) == last.rows
    of_slice = records.diagnoses.rows(ADMIN, question, RowsWanted(slice="who=a", limit=1000))
    assert {row[4] for row in of_slice.rows} == {"a"}
    hour = records.diagnoses.rows(ADMIN, question, RowsWanted(slice="in:who=b", step=at(13)))
    assert (len(hour.rows), hour.truncated) == (5, False)
    few = records.diagnoses.rows(ADMIN, question, RowsWanted(limit=3))
    assert (len(few.rows), few.truncated) == (3, True)
    assert records.queries.ask(few.sql, models=None, model="iris").rows == [list(row) for row in few.rows]
    for wrong in (RowsWanted(slice="nothing"), RowsWanted(column="in:x", bin="none of these")):
        with pytest.raises(InvalidInput):
            records.diagnoses.rows(ADMIN, question, wrong)
    with pytest.raises(NotFound):
        records.diagnoses.rows(ADMIN, question, RowsWanted(column="in:y", bin="1"))


def test_values_that_look_like_sql_are_values(records: DiagnosedRecords) -> None:
    odd = "o'Neil\"; drop table predictions --"
    records.baselines[1] = stored(x=[1.0, 2.0] * 50, who=[odd, "b"] * 50)
    records.keep(*(records.call(n / 10, [[1.0, odd]]) for n in range(60)))
    records.intake.count_all()
    found = column(records, "in:who")
    assert {each.label: each.rows for each in found.bins}[odd] == 60
    rows = records.diagnoses.rows(ADMIN, asked(records), RowsWanted(column="in:who", bin=odd, slice=f"who={odd}"))
    assert len(rows.rows) == 60


def test_who_may_not_read_records_sees_no_diagnosis(records: DiagnosedRecords) -> None:
    with records.database.transaction() as session:
        place_model(session, "iris", "risk")
    question = asked(records)
    business = user("ida", risk="viewer")
    with pytest.raises((Forbidden, NotFound)):
        records.diagnoses.resolve(business, AskedFor(model="iris"))
    for act in (records.diagnoses.drift, records.diagnoses.quality):
        with pytest.raises((Forbidden, NotFound)):
            act(business, question)
    with pytest.raises((Forbidden, NotFound)):
        records.diagnoses.rows(business, question, RowsWanted())


def test_a_time_without_records_has_no_rows(records: DiagnosedRecords) -> None:
    found = records.diagnoses.rows(ADMIN, asked(records, since=100, until=101), RowsWanted(slice="who=a"))
    assert (found.rows, found.truncated) == ((), False)
