"""Questions of diagnoses: from an alert, and from what somebody names."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.actors import actor
from tests.support.diagnosing import DiagnosedRecords
from tests.support.windows import at
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.monitor.alerts.alert import Alert, Finding
from unshelf.monitor.diagnosis.questions import AskedFor

ADMIN = actor()


def alert(kind: str, **evidence: Any) -> Alert:
    finding = Finding(
        kind=kind, model="iris", severity="warning", summary="s", evidence=evidence, action="update", advice="a"
    )
    return Alert(id="a1", finding=finding, raised_at=at(0), seen_at=at(0))


def window(since: float, until: float) -> dict[str, Any]:
    return {"since": at(since).isoformat(), "until": at(until).isoformat(), "rows": 100}


def test_an_alert_of_drift_tells_version_time_reference_and_column(records: DiagnosedRecords) -> None:
    column = {"column": "x", "measure": "jensen_shannon", "value": 0.4, "threshold": 0.1}
    records.alerts["a1"] = alert(
        "inputs_drifted", version=3, window=window(48, 72), since=at(24).isoformat(), reference="the baseline",
        columns=[column],
    )  # fmt: skip
    found = records.diagnoses.resolve(ADMIN, AskedFor(model="iris", alert="a1"))
    asked = found.question
    assert (found.subject, found.column, asked.version, asked.against) == ("drift", "in:x", 3, "reference")
    assert (asked.since, asked.until, asked.step_hours) == (at(24), at(72), 2)
    nearer = records.diagnoses.resolve(ADMIN, AskedFor(model="iris", alert="a1", since=at(60), version=2)).question
    assert (nearer.since, nearer.until, nearer.version) == (at(60), at(72), 2)


@pytest.mark.parametrize(
    ("kind", "column", "reference", "expected"),
    [
        ("outputs_drifted", "output", "the window before", ("out:output", "previous")),
        ("data_damaged", "out:output", "version 4", ("out:output", "version:4")),
        ("errors_high", "requests", "", ("", "reference")),
    ],
)
def test_columns_and_references_of_each_kind(
    records: DiagnosedRecords, kind: str, column: str, reference: str, expected: tuple[str, str]
) -> None:
    records.alerts["a1"] = alert(kind, window=window(0, 24), reference=reference, columns=[{"column": column}])
    found = records.diagnoses.resolve(ADMIN, AskedFor(model="iris", alert="a1"))
    assert (found.column, found.question.against) == expected
    assert found.question.version == 1


def test_an_alert_of_quality_is_held_against_the_ninety_days_before(records: DiagnosedRecords) -> None:
    records.alerts["a1"] = alert(
        "performance_fell", version=1, window=window(0, 168), reference="the ninety days before"
    )
    found = records.diagnoses.resolve(ADMIN, AskedFor(model="iris", alert="a1"))
    assert (found.subject, found.question.since) == ("quality", at(0))
    assert found.question.before_since == at(0) - timedelta(days=90)


def test_alerts_that_no_window_is_about_are_refused(records: DiagnosedRecords) -> None:
    records.alerts["a1"] = alert("egress_refused", host="example.org")
    with pytest.raises(InvalidInput, match="not about a time"):
        records.diagnoses.resolve(ADMIN, AskedFor(model="iris", alert="a1"))
    with pytest.raises(NotFound, match="not about 'other'"):
        records.diagnoses.resolve(ADMIN, AskedFor(model="other", alert="a1"))
