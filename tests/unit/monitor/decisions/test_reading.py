"""Situations are read from the registry, the releases, the records and earlier alerts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from tests.support.alerting import AlertWorld, drift
from unshelf.contracts.errors import NotFound
from unshelf.contracts.routing import Share
from unshelf.deploy.registry.values import VersionEntry
from unshelf.foundation.clock import now
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.decisions.reading import ReleaseOutlook, SituationReader, began_at
from unshelf.monitor.decisions.traffic import RequestCounts

RELEASED = now() - timedelta(hours=3)


def inspected(name: str) -> Any:
    if name != "churn":
        raise NotFound("None.")
    entries = [
        VersionEntry(
            version=number, created_at=RELEASED, created_by="ana", live_percent=100.0 * (number - 1), paused=False
        )
        for number in (1, 2)
    ]
    return SimpleNamespace(
        name=name,
        project="risk",
        paused=False,
        versions=entries,
        aliases={"champion": 2, "best": 2},
        version=SimpleNamespace(manifest=SimpleNamespace(runs_elsewhere=False)),
    )


def reader(world: AlertWorld, traffic: Mapping[int, RequestCounts] | None) -> SituationReader:
    return SituationReader(
        world.database, inspect=inspected, traffic_of=lambda _: traffic,
        outlook_of=lambda _session, _model, _versions: ReleaseOutlook(
            before=(Share(version=1, percent=100),), changed_at=RELEASED
        ),
        pipelines_of=lambda _session, project, model: [("p1", f"train-{model}-of-{project}")],
        has_labels=lambda _session, model: model == "churn",
    )  # fmt: skip


def raised(world: AlertWorld, model: str | None = "churn", **fields: Any) -> Alert:
    return world.found(world.raise_("inputs_drifted", model, **fields))


def test_a_situation_has_all_that_is_known(world: AlertWorld) -> None:
    counts = {
        2: RequestCounts(requests=100, failed=7, last_day=48),
        1: RequestCounts(requests=9, failed=0, last_day=0),
    }
    alert = raised(world, evidence=drift(2.0, since="2026-11-30T09:00:00+00:00"))
    found = reader(world, counts).read(alert)
    assert (found.model, found.version, found.ratio, found.columns) == ("churn", 2, 2.0, ("income",))
    assert found.since == datetime.fromisoformat("2026-11-30T09:00:00+00:00")
    assert (found.released_at, found.requests_an_hour) == (RELEASED, 2.0)
    current = found.current
    assert current is not None
    assert (current.number, current.failed, current.aliases) == (2, 7, ("best", "champion"))
    assert found.retrainings[0].name == "train-churn-of-risk"
    assert (found.has_labels, found.window) == (True, timedelta(hours=1))
    window = {"since": "2026-11-30T00:00:00+00:00", "until": "2026-12-01T00:00:00+00:00"}
    day = raised(world, evidence={**drift(2.0), "window": window})
    assert reader(world, counts).read(day).window == timedelta(days=1)


def test_records_that_can_not_be_read_leave_the_traffic_unknown(world: AlertWorld) -> None:
    found = reader(world, None).read(raised(world))
    assert (found.requests_an_hour, [each.requests for each in found.versions]) == (None, [0, 0])


def test_an_alert_of_the_installation_or_of_a_model_that_is_gone_stands_alone(world: AlertWorld) -> None:
    for model in (None, "iris"):
        found = reader(world, {}).read(raised(world, model))
        assert (found.model, found.versions, found.before) == (None, (), ())


def test_what_ended_without_a_decision_is_counted(world: AlertWorld) -> None:
    for _ in range(2):
        raised(world)
        world.alerts.over("inputs_drifted", "churn")
    world.raise_("inputs_drifted", "iris")
    assert reader(world, {}).read(raised(world)).ended_alone == 2


def test_a_beginning_that_is_no_moment_is_when_it_was_raised(world: AlertWorld) -> None:
    for since in ("yesterday", "2026-11-30T09:00:00", 3):
        alert = raised(world, evidence={"since": since})
        assert began_at(alert) == alert.raised_at


def test_columns_that_are_damaged_too_are_known_while_that_alert_is_open(world: AlertWorld) -> None:
    alert = raised(world, evidence=drift(2.0))
    assert reader(world, {}).read(alert).damaged == ()
    world.raise_("data_damaged", "iris", evidence=drift(2.0))
    assert reader(world, {}).read(alert).damaged == (), "of another model"
    damaged = world.found(world.raise_("data_damaged", "churn", evidence=drift(2.0)))
    assert reader(world, {}).read(alert).damaged == ("income",)
    assert reader(world, {}).read(damaged).damaged == (), "another alert, not this one"
    world.alerts.over("data_damaged", "churn")
    assert reader(world, {}).read(alert).damaged == ()
