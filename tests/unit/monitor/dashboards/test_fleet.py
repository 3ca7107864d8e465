"""The fleet: who needs attention comes first, and why."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.actors import actor, user
from tests.support.windows import CountedRecords
from unshelf.contracts.routing import Share
from unshelf.deploy.registry.tables import ModelRow
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.clock import now
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.monitor.alerts.alert import Finding
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.dashboards.fleet import FleetModel, FleetService
from unshelf.monitor.windows.tables import RecordWindowRow

ADMIN = actor()


class Models:
    """Models with windows of the last days."""

    def __init__(self, records: CountedRecords) -> None:
        self.database = records.database
        self.alerts = AlertService(records.database, EventStore(records.database), Subjects())
        self.live = [Share(version=1, percent=100.0)]
        self.service = FleetService(
            records.database, lambda _, names: dict.fromkeys(names, self.live), lambda: self.is_behind
        )
        self.is_behind = False

    def add(
        self, name: str, *hours_ago: float, requests: int = 100, failed: int = 0, far: dict[str, float] | None = None
    ) -> None:
        with self.database.transaction() as session:
            session.add(ModelRow(name=name, created_at=now()))
            place_model(session, name, "risk" if name != "secret" else "hidden")
            for ago in hours_ago:
                start = (now() - timedelta(hours=ago)).replace(minute=0, second=0, microsecond=0)
                session.add(_window(name, 1, start, (requests, failed), {}))
            if far is not None:
                session.add(
                    _window(name, 24, now().replace(hour=0, minute=0, second=0, microsecond=0), (requests, 0), far)
                )

    def shown(self, who: Any = ADMIN) -> dict[str, FleetModel]:
        return {each.name: each for each in self.service.show(who).models}


def _window(name: str, hours: int, start: Any, counts: tuple[int, int], far: dict[str, float]) -> RecordWindowRow:
    requests, failed = counts
    latency = {"p50": 1.0, "p95": 2.0, "p99": 3.0, "mean": 1.0, "maximum": 9.0}
    columns = [
        {
            "column": column,
            "kind": "number",
            "rows": requests,
            "gaps": 0,
            "distance": distance,
            "drifted": distance > 0.1,
        }
        for column, distance in far.items()
    ]
    return RecordWindowRow(
        model=name, version=1, hours=hours, start=start, requests=requests, rows=requests,
        errors={"overloaded": failed} if failed else {}, latency=latency, queue=None, columns=columns, timings=b"",
        profile=b"", counted_at=now(),
    )  # fmt: skip


@pytest.fixture
def models(records: CountedRecords) -> Models:
    return Models(records)


def test_who_needs_attention_comes_first_with_the_reason(models: Models) -> None:
    models.add("calm", 2, 3)
    models.add("drifting", 2, far={"in:bmi": 0.4, "in:age": 0.2, "in:sex": 0.01})
    models.add("failing", 2, failed=10)
    models.add("silent", 50, 70)
    models.add("new")
    found = models.shown()
    assert list(found)[:3] == ["failing", "silent", "drifting"]
    assert (found["failing"].state, found["failing"].reasons) == (
        "failing",
        ("10 % of its requests failed in the last 24 hours.",),
    )
    assert found["silent"].reasons == ("Nobody has asked it for 24 hours, after 200 requests in the week before.",)
    assert found["drifting"].reasons == ("bmi and age are far from the reference.",)
    assert found["drifting"].drifted == ("bmi", "age")
    assert (found["calm"].state, found["calm"].reasons, found["calm"].requests, found["calm"].p99) == (
        "ok",
        (),
        200,
        3.0,
    )
    assert (found["new"].state, found["new"].last_request) == ("unknown", None)


def test_days_of_few_rows_are_not_judged(models: Models) -> None:
    models.add("quiet", 2, requests=5, far={"in:bmi": 0.9})
    assert models.shown()["quiet"].reasons == ()


def test_open_alerts_count_the_most_and_those_that_are_over_not(models: Models) -> None:
    models.add("calm", 2)
    models.add("failing", 2, failed=10)
    models.alerts.report(
        Finding(kind="egress_refused", model="calm", severity="critical", summary="It was refused.", evidence={}, action="update",
                advice="Look.", owner="ana")
    )  # fmt: skip
    assert list(models.shown()) == ["calm", "failing"]
    assert (models.shown()["calm"].alerts, models.shown()["calm"].reasons) == (1, ("It was refused.",))
    models.alerts.over("egress_refused", "calm")
    assert models.shown()["calm"].alerts == 0


def test_each_sees_the_models_that_they_may_inspect(models: Models) -> None:
    models.add("open", 2)
    models.add("secret", 2)
    assert list(models.shown(user("vera", risk="viewer"))) == ["open"]
    fleet = models.service.show(ADMIN, project="hidden")
    assert ([each.name for each in fleet.models], fleet.total) == (["secret"], 1)
    assert fleet.counted_until is not None


def test_while_records_are_not_counted_silence_is_judged_at_the_end_of_what_is(models: Models) -> None:
    models.add("busy", 30, 40)
    models.add("silent", 60, 70)
    assert models.shown()["busy"].reasons != ()
    models.is_behind = True
    found = models.shown()
    assert (found["busy"].reasons, found["busy"].requests) == ((), 200)
    assert found["silent"].reasons != ()


def test_a_drift_of_a_version_that_was_rolled_back_needs_nobody(models: Models) -> None:
    models.add("flights", 2, far={"in:bmi": 0.02})
    day = now().replace(hour=0, minute=0, second=0, microsecond=0)
    with models.database.transaction() as session:
        gone = _window("flights", 24, day, (100, 0), {"in:bmi": 0.9})
        gone.version = 2
        session.add(gone)
    assert models.shown()["flights"].drifted == ()


def test_columns_of_all_live_versions_of_the_last_day_count_each_once(models: Models) -> None:
    models.live.append(Share(version=2, percent=10.0))
    models.add("flights", 2, far={"in:bmi": 0.2, "in:age": 0.3})
    day = now().replace(hour=0, minute=0, second=0, microsecond=0)
    with models.database.transaction() as session:
        for start, far in ((day, {"in:bmi": 0.4}), (day - timedelta(days=1), {"in:sex": 0.9})):
            canary = _window("flights", 24, start, (100, 0), far)
            canary.version = 2
            session.add(canary)
    assert models.shown()["flights"].drifted == ("bmi", "age")


def test_an_hour_that_is_not_over_is_counted_up_to_now(models: Models) -> None:
    models.add("flights", 0)
    counted = models.service.show(ADMIN).counted_until
    assert counted is not None
    assert counted <= now()
