"""Alerts as subjects: by id, with the place of their model; raised and resolved as events."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from tests.support.subjects import subject_world
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.clock import now
from unshelf.monitor.alerts.subjects import alert_kind
from unshelf.monitor.alerts.tables import AlertRow


def test_an_alert_has_the_place_of_its_model(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        of_model, of_none = world.alert("churn"), world.alert(None)
        with world.database.read() as session:
            facts, other = alert_kind().find(session, of_model), alert_kind().find(session, of_none)
            assert facts is not None
            assert other is not None
            assert (facts.title, facts.subject.model, facts.subject.project) == ("churn drifts.", "churn", "risk")
            assert (other.scope, other.subject.model, other.subject.project) == (INSTALLATION, None, None)
            assert alert_kind().find(session, "none") is None


def test_an_alert_is_an_event_when_it_is_raised_and_when_it_is_resolved_and_not_between(tmp_path: Path) -> None:
    with subject_world(tmp_path) as world:
        alert = world.alert("churn")
        world.alert("churn")
        world.alerts.over("drift", "churn")
        world.alerts.over("drift", "churn")
        told = [
            (event.action, event.subject.name, event.subject.project) for event in world.events.newest(limit=9).items
        ]
        assert told == [("alert.resolved", alert, "risk"), ("alert.raised", alert, "risk")]


def test_alerts_that_are_pruned_are_told_as_removed(tmp_path: Path) -> None:
    told: list[tuple[str, list[str]]] = []
    with subject_world(tmp_path) as world:
        world.subjects.on_removed(lambda session, kind, names: told.append((kind, names)))
        alert = world.alert("churn")
        world.alerts.over("drift", "churn")
        with world.database.transaction() as session:
            session.execute(update(AlertRow).values(resolved_at=now() - timedelta(days=9)))
        assert world.alerts.prune(7) == 1
    assert told == [("alert", [alert])]
