"""Reading windows: ranges of hours and days, references, and what is not in the archive yet."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.support.segments import held, write
from tests.support.windows import CountedRecords, at
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.profiles import CategoryProfile, NumberProfile
from unshelf.monitor.drift.comparison import compare
from unshelf.monitor.windows.service import hours_touched, whole_days
from unshelf.records.profiles.building import baseline_of
from unshelf.records.profiles.storing import pack


def stored(**columns: list[Any]) -> bytes:
    """A stored baseline of these columns."""
    table = pa.table(columns)
    kinds = {name: "category" if isinstance(values[0], str) else "number" for name, values in columns.items()}
    return pack(baseline_of(lambda: [table], kinds))  # type: ignore[arg-type]


def test_a_range_covers_the_hours_that_it_touches() -> None:
    assert hours_touched(at(1.5), at(2)) == (at(1), at(2))
    assert hours_touched(at(1), at(2.01)) == (at(1), at(3))
    assert whole_days(at(1), at(23)) is None
    assert whole_days(at(-1), at(49)) == (at(0), at(48))
    for since, until in ((at(2), at(2)), (at(3), at(2)), (at(0), at(0) + timedelta(days=401))):
        with pytest.raises(InvalidInput, match="range of time"):
            hours_touched(since, until)
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    for since, until in ((datetime(1, 1, 1, tzinfo=UTC), last), (last - timedelta(minutes=5), last)):
        with pytest.raises(InvalidInput, match="between the years 2000 and 3000"):
            hours_touched(since, until)


def test_a_long_window_is_merged_from_days_and_hours_and_counts_each_record_once(records: CountedRecords) -> None:
    records.keep(*(records.call(hour + 0.5, [[float(hour), "a"]]) for hour in range(72)))
    records.intake.count_all()
    window = records.windows.window("iris", 1, at(5), at(61))
    assert window is not None
    assert (window.facts.requests, window.facts.rows) == (56, 56)
    x = window.profile.columns["in:x"]
    assert isinstance(x, NumberProfile)
    assert (x.minimum, x.maximum, x.rows) == (5.0, 60.0, 56)
    assert records.windows.window("iris", 1, at(200), at(300)) is None
    assert records.windows.latest("iris") == at(71)
    assert (records.windows.earliest("iris"), records.windows.earliest("iris", 2)) == (at(0), None)
    assert records.windows.latest("tulip") is None


def test_latency_is_of_answered_requests_and_merges(records: CountedRecords) -> None:
    records.keep(
        *(records.call(0.1, latency_us=1000 * (n + 1), queue_us=100) for n in range(100)),
        records.call(0.2, status=504, code="deadline_exceeded", latency_us=30_000_000),
    )
    records.intake.count_all()
    (hour,) = records.windows.hours("iris", 1, at(0), at(1))
    latency = hour.facts.latency
    assert latency is not None
    assert (latency.p50, latency.p95, latency.p99, latency.maximum) == (50.0, 95.0, 99.0, 100.0)
    assert hour.facts.queue is not None
    assert hour.facts.queue.p50 == pytest.approx(0.1)
    whole = records.windows.window("iris", None, at(0), at(24))
    assert whole is not None
    assert whole.facts.latency == latency


def test_without_a_baseline_the_first_requests_are_the_reference(
    records: CountedRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unshelf.monitor.windows.count_process.FIRST_REQUESTS", 20)
    records.keep(*(records.call(0.1, [[float(n), "a"]], answer=n % 3) for n in range(19)))
    records.intake.count_all()
    assert records.windows.reference_of("iris", 1) is None
    assert records.windows.first_requests("iris", 1)[0] == 19
    records.keep(*(records.call(1.1, [[100.0 + n, "b"]], answer=5) for n in range(30)))
    records.intake.count_all()
    reference = records.windows.reference_of("iris", 1)
    assert reference is not None
    assert (reference.kind, reference.rows, set(reference.kinds.values())) == ("first_requests", 20, {"first_requests"})
    x = reference.profile.columns["in:x"]
    assert isinstance(x, NumberProfile)
    assert x.histogram is not None
    assert (x.rows, x.maximum, sum(x.histogram.counts)) == (20, 100.0, 20)
    window = records.windows.window("iris", 1, at(1), at(2))
    assert window is not None
    assert window.profile.columns["in:x"].histogram.edges == x.histogram.edges  # type: ignore[union-attr]
    records.keep(*(records.call(2.1, [[0.0, "c"]]) for _ in range(50)))
    records.intake.count_all()
    assert records.windows.reference_of("iris", 1) == reference, "it is what it is for good"


def test_with_a_baseline_inputs_are_held_against_it_and_outputs_against_the_first_requests(
    records: CountedRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unshelf.monitor.windows.count_process.FIRST_REQUESTS", 10)
    records.baselines[1] = stored(x=[float(n) for n in range(200)], who=["a", "b"] * 100, truth=[0, 1] * 100)
    before = records.windows.reference_of("iris", 1)
    assert before is not None
    assert (before.kind, before.rows, sorted(before.profile.columns)) == (
        "baseline",
        200,
        ["in:truth", "in:who", "in:x"],
    )
    records.keep(*(records.call(0.1, [[500.0, "z"]], answer=n % 2) for n in range(10)))
    records.intake.count_all()
    reference = records.windows.reference_of("iris", 1)
    assert reference is not None
    assert reference.kinds == {"in:x": "baseline", "in:who": "baseline", "out:output": "first_requests"}
    window = records.windows.window("iris", 1, at(0), at(1))
    assert window is not None
    who = window.profile.columns["in:who"]
    assert isinstance(who, CategoryProfile)
    assert (who.known, who.others, [each.value for each in who.newest]) == (True, 10, ["z"])
    drift = {each.column: each for each in compare(reference.profile, window.profile)}
    assert drift["in:x"].jensen_shannon > 0.99
    assert drift["out:output"].jensen_shannon == 0
    (hour,) = records.windows.hours("iris", 1, at(0), at(1), columns=True)
    x = next(each for each in hour.columns if each.column == "in:x")
    assert (x.distance is not None and x.distance > 0.7, x.drifted) == (True, True)


def test_codes_of_classes_are_categories_where_the_roles_say_so(records: CountedRecords) -> None:
    records.categories = ["out:output"]
    records.keep(*(records.call(0.1, answer=n % 3) for n in range(9)))
    records.intake.count_all()
    window = records.windows.window("iris", 1, at(0), at(1))
    assert window is not None
    output = window.profile.columns["out:output"]
    assert isinstance(output, CategoryProfile)
    assert {each.value: each.count for each in output.counts} == {"0": 3, "1": 3, "2": 3}


def test_records_in_segments_are_shown_before_they_are_archived_and_once(records: CountedRecords) -> None:
    records.keep(records.call(0.1))
    records.intake.count_all()
    segment = records.folder / "20261102T000000000000001-0-b.seg"
    write(
        segment, records.call(0.2, [[7.0, "b"]]), records.call(1.1), records.call(1.2, model="tulip", reference="tulip")
    )
    with held(segment):
        window = records.windows.window("iris", 1, at(0), at(2), live=True)
    assert window is not None
    assert (window.facts.requests, window.profile.columns["in:x"].rows) == (3, 3)
    stored_alone = records.windows.window("iris", 1, at(0), at(2))
    assert stored_alone is not None
    assert stored_alone.facts.requests == 1
    hours = records.windows.hours("iris", 1, at(0), at(2), live=True)
    assert [each.facts.requests for each in hours] == [2, 1]
    (day,) = records.windows.hours("iris", 1, at(0), at(24), hours=24, live=True)
    assert day.facts.requests == 3
    archived = segment.stem
    from_it = [records.call(0.2), records.call(1.1)]
    segment.unlink()
    records.keep_as(archived, *from_it)
    records.intake.count_all()
    again = records.windows.window("iris", 1, at(0), at(2), live=True)
    assert again is not None
    assert again.facts.requests == 3


def test_a_window_of_nothing_but_failures_has_no_columns(records: CountedRecords) -> None:
    records.keep(records.call(0.1, status=500, code="model_failed"), records.call(1.1))
    records.intake.count_all()
    window = records.windows.window("iris", 1, at(0), at(1))
    assert window is not None
    assert (window.profile.columns, window.facts.latency, window.facts.rows) == ({}, None, 0)
    both = records.windows.window("iris", 1, at(0), at(2))
    assert both is not None
    assert both.profile.columns["in:x"].rows == 1
