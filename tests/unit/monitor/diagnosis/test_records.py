"""Queries of diagnoses: the window, its steps, and the rows that meet every condition."""

from tests.support.windows import at
from unshelf.monitor.diagnosis.diagnosis import DiagnosisQuestion
from unshelf.monitor.diagnosis.records import BarChoice, is_in_bin, is_in_slice, rows_sql, steps_of

ASKED = DiagnosisQuestion(
    model="iris", version=2, since=at(0), until=at(100), against="reference", before_since=at(-100)
)


def test_a_window_has_as_many_steps_as_a_chart_shows_well() -> None:
    assert (ASKED.step_hours, len(steps_of(ASKED))) == (3, 34)
    assert (steps_of(ASKED)[0], steps_of(ASKED)[1]) == (at(0), at(3))


def test_rows_are_of_the_version_the_time_and_every_condition() -> None:
    conditions = (is_in_bin("in:x", lambda value: f"floor({value})", 3), is_in_slice("in:who", None, "a"))
    sql = rows_sql(ASKED, BarChoice(conditions=conditions, step=at(3)), ["in:x", "in:who"], 7)
    for part in (
        "version = 2", "purpose in ('live', 'batch')", "time >= timestamp '2026-11-02 03:00:00'", "time < timestamp '2026-11-02 06:00:00'",
        '(floor("in_x")) = 3', "= 'a'", "limit 7",
    ):  # fmt: skip
        assert part in sql, part
    assert "where (" not in rows_sql(ASKED, BarChoice(), ["in:x"], 7)
