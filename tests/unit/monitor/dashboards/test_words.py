"""What a model did, in sentences."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.windows import BEGIN, at
from unshelf.monitor.dashboards.dashboard import ColumnState, Moment, ReferenceState
from unshelf.monitor.dashboards.words import SummaryFacts, duration, is_failing, listed, sentences, share, span
from unshelf.monitor.drift.comparison import ColumnDrift
from unshelf.monitor.windows.window import ColumnSummary, TimeQuantiles, WindowFacts

LATENCY = TimeQuantiles(p50=2.1, p95=20, p99=1500, mean=5, maximum=2000)
NO_REFERENCE = ReferenceState(kind=None, rows=0, made_at=None, first_requests=417, first_wanted=1000)
BASELINE = ReferenceState(kind="baseline", rows=500, made_at=BEGIN, first_requests=1000, first_wanted=1000)


def drift(name: str, *, drifted: bool) -> ColumnState:
    far = ColumnDrift(
        column=f"in:{name}",
        rows=9,
        distance=0.5,
        jensen_shannon=0.5,
        population_stability=1,
        chi_square=1,
        chance=0,
        drifted=drifted,
    )
    now = ColumnSummary(column=f"in:{name}", kind="number", rows=9, gaps=0)
    return ColumnState(
        column=f"in:{name}", side="input", name=name, now=now, before=now, reference="baseline", drift=far
    )


def said(**facts: Any) -> tuple[str, ...]:
    usual: dict[str, Any] = {
        "name": "iris", "since": at(0), "until": at(168), "requests_before": 0, "columns": [], "reads_records": True,
        "reference": BASELINE, "moments": [], "prediction": None, "latest": at(3),
        "facts": WindowFacts(requests=1000, rows=1000, errors={}, latency=LATENCY),
    }  # fmt: skip
    return sentences(SummaryFacts(**{**usual, **facts}))


def test_traffic_speed_and_failures() -> None:
    assert said() == (
        "iris was asked 1,000 times in 7 days.", "Every request was answered.",
        "Half of the answers took less than 2.1 ms, 99 % less than 1.5 s.",
    )  # fmt: skip
    unknown = TimeQuantiles(p50=0, p95=0, p99=0, mean=0, maximum=0)
    assert len(said(facts=WindowFacts(requests=1000, rows=1000, errors={}, latency=unknown))) == 2
    failing = WindowFacts(requests=1000, rows=4000, errors={"overloaded": 30, "invalid_input": 1})
    first, second = said(facts=failing, requests_before=2000)
    assert first == "iris was asked 1,000 times in 7 days, for 4,000 rows, 50 % less than in the time before."
    assert second == (
        "31 requests (3.1 %) were not answered, mostly `overloaded` (30); 1 of these were refused for a fault of the caller's."
    )
    refused = WindowFacts(requests=1000, rows=969, errors={"invalid_input": 31})
    assert (
        said(facts=refused)[1]
        == "31 requests (3.1 %) were refused for a fault of the caller's, all of them `invalid_input`."
    )
    assert not is_failing(refused)
    assert "20 times as often as in the time before" in said(requests_before=50)[0]
    assert is_failing(failing)
    one = WindowFacts(requests=1, rows=1, errors={"overloaded": 1})
    assert "all of them `overloaded`" in said(facts=one)[1]
    assert said(facts=one)[0].startswith("iris was asked once")


def test_silence_and_the_very_beginning() -> None:
    nothing = WindowFacts(requests=0, rows=0, errors={})
    assert said(facts=nothing) == ("iris was asked for nothing in 7 days.",)
    assert said(facts=nothing, latest=None) == ("iris has not been asked for anything yet.",)


def test_drift_names_the_columns_and_the_reference() -> None:
    assert "The inputs look like the training data." in said(columns=[drift("a", drifted=False)])
    columns = [drift(name, drifted=True) for name in "abcde"] + [drift("f", drifted=False)]
    assert "a, b, c and 2 more are no longer like the training data (5 of 6 inputs)." in said(columns=columns)
    missing = said(reference=NO_REFERENCE)[-1]
    assert "of which there are 417" in missing
    assert not any("reference" in each for each in said(reference=NO_REFERENCE, reads_records=False))


def answer(**summary: Any) -> ColumnState:
    now = ColumnSummary(column="out:y", kind=summary.pop("kind"), rows=10, gaps=0, **summary)
    return ColumnState(
        column="out:y", side="output", name="y", now=now, before=now, reference="first_requests", drift=None
    )


def test_answers_in_words() -> None:
    classes = answer(kind="category", top=(("approve", 6), ("decline", 4)))
    assert said(columns=[classes], prediction="y")[-1] == (
        "The most frequent answer was 'approve': 60 %; in the reference it was 60 %."
    )
    numbers = answer(kind="number", p10=1.0, p50=5.0, p90=9.0)
    assert (
        "The middle answer was 5, and eight of ten lay between 1 and 9" in said(columns=[numbers], prediction="y")[-1]
    )


def test_the_last_release_is_named() -> None:
    moments = [
        Moment(time=at(1), action="release.changed", say="Live: version 2", by="ana"),
        Moment(time=at(2), action="deploy.failed", say="A deploy failed", by="ana"),
    ]
    assert said(moments=moments)[-1] == "Live: version 2, since 2 November 01:00 UTC."


@pytest.mark.parametrize(
    ("hours", "expected"), [(0.5, "1 hour"), (1, "1 hour"), (24, "24 hours"), (72, "3 days"), (672, "28 days")]
)
def test_ranges(hours: float, expected: str) -> None:
    assert span(at(0), at(0) + timedelta(hours=hours)) == expected


def test_numbers_for_people() -> None:
    assert [duration(each) for each in (0.42, 12.34, 120.4, 1500)] == ["0.42 ms", "12.3 ms", "120 ms", "1.5 s"]
    assert [share(each) for each in (0, 0.0001, 0.031, 0.62)] == ["0.0 %", "less than 0.1 %", "3.1 %", "62 %"]
    assert [listed(list(names)) for names in ("a", "ab", "abcd", "abcde")] == [
        "a",
        "a and b",
        "a, b, c and d",
        "a, b, c and 2 more",
    ]
