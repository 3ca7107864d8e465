"""Verdicts: the worst first, and an alarm where something is bad."""

from unshelf.monitor.monitors.judging.verdict import MOST_COLUMNS, MeasuredColumn, not_judged, verdict_of


def measured(column: str, value: float, *, bad: bool = False, threshold: float = 0.1) -> MeasuredColumn:
    return MeasuredColumn(column=column, measure="gaps", value=value, threshold=threshold, bad=bad)


def test_the_worst_comes_first_by_how_far_it_is_over_its_threshold() -> None:
    verdict = verdict_of(
        [measured("a", 0.5), measured("b", 0.3, bad=True, threshold=0.2), measured("c", 0.2, bad=True)],
        rows=50,
        threshold=0.1,
    )
    assert [each.column for each in verdict.columns] == ["c", "b", "a"]
    assert (verdict.status, verdict.value) == ("alarm", 0.2)


def test_nothing_bad_is_fine_and_columns_are_bounded() -> None:
    verdict = verdict_of([measured(f"c{number}", 0.01) for number in range(MOST_COLUMNS + 5)], rows=50, threshold=0.1)
    assert (verdict.status, len(verdict.columns)) == ("ok", MOST_COLUMNS)
    assert verdict_of([], rows=50, threshold=0.1).value == 0.0
    assert not_judged("few", rows=1, threshold=0.1).value is None


def test_a_measure_is_plain_json() -> None:
    assert measured("a", 0.12345678).plain() == {
        "column": "a", "measure": "gaps", "value": 0.123457, "threshold": 0.1, "bad": False, "say": ""
    }  # fmt: skip
